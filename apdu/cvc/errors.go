package cvc

import "errors"

// Errors. Each rule has one.
var (
	// ErrFormat: malformed, too long, or an object is missing or double.
	ErrFormat = errors.New("cvc: malformed")
	// ErrProfile: a profile identifier other than 0.
	ErrProfile = errors.New("cvc: unknown certificate profile")
	// ErrReference: an authority or holder reference that is none.
	ErrReference = errors.New("cvc: malformed reference")
	// ErrDate: no date, or a validity that ends before it begins.
	ErrDate = errors.New("cvc: wrong date")
	// ErrCHAT: a malformed authorization template.
	ErrCHAT = errors.New("cvc: malformed authorization")
	// ErrAlgorithm: an unknown signature algorithm, or one that is not its
	// issuer's.
	ErrAlgorithm = errors.New("cvc: unfit signature algorithm")
	// ErrKey: an invalid or unfit public key, or one that is not the signer's.
	ErrKey = errors.New("cvc: unfit public key")
	// ErrDomain: domain parameters unknown, incomplete, missing where they are
	// needed or present where they are forbidden.
	ErrDomain = errors.New("cvc: wrong domain parameters")
	// ErrIssuer: the authority reference does not name the key, or names one
	// that nobody has.
	ErrIssuer = errors.New("cvc: unknown issuer")
	// ErrSignature: the signature does not verify.
	ErrSignature = errors.New("cvc: wrong signature")
	// ErrRole: the issuer may not issue a certificate of this role.
	ErrRole = errors.New("cvc: role not for this issuer to give")
	// ErrTerminalType: holder and issuer are of different terminal types.
	ErrTerminalType = errors.New("cvc: terminal types differ")
	// ErrExpired: the certificate ended before the current date.
	ErrExpired = errors.New("cvc: certificate expired")
	// ErrIssuerExpired: the issuer's key ended before the current date.
	ErrIssuerExpired = errors.New("cvc: key of the issuer expired")
	// ErrKnown: the holder reference names a trust point already.
	ErrKnown = errors.New("cvc: holder reference is a trust point already")
)
