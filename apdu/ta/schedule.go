package ta

import (
	"crypto/sha1"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Commands and data objects (TR-03110-3 v2.21, B.14).
const (
	insMSE          byte = 0x22
	insPSO          byte = 0x2A
	insGetChallenge byte = 0x84
	insExternal     byte = 0x82

	mseSet    byte = 0x81
	mseDST    byte = 0xB6
	mseAT     byte = 0xA4
	psoVerify byte = 0xBE

	tagReference tlv.Tag = 0x83

	// challengeLen is the length of the chip's challenge in bytes (B.14.6).
	challengeLen = 8
)

// Errors of a run.
var (
	// ErrChain: the certificates do not lead from what the chip trusts to this
	// terminal. It comes with the reason from package cvc.
	ErrChain = errors.New("ta: no certificate chain for this chip")
	// ErrBinding: the identifier of the chip or the ephemeral key is missing or
	// malformed.
	ErrBinding = errors.New("ta: incomplete binding to the session")
	// ErrCertificate: the chip refuses a certificate; see [CertificateError].
	ErrCertificate = errors.New("ta: chip refuses a certificate")
	// ErrKeyRefused: the chip does not let the terminal's key be selected. It
	// comes with the status.
	ErrKeyRefused = errors.New("ta: chip refuses the terminal's key")
	// ErrChallenge: the chip gives no challenge, or one of another length.
	ErrChallenge = errors.New("ta: no challenge from the chip")
	// ErrSigner: whoever signs failed, or gave what is no signature of this
	// challenge with this terminal's key.
	ErrSigner = errors.New("ta: no signature of the challenge")
	// ErrDenied: the chip refuses the signature. It comes with the status.
	ErrDenied = errors.New("ta: chip denies terminal authentication")
)

// CertificateError is a certificate that the chip refuses. It matches
// ErrCertificate and the apdu.Status.
type CertificateError struct {
	// Holder is the certificate's, Index its place in the chain, from 0.
	Holder cvc.Reference
	Index  int
	// Selection says that the chip did not even know the issuer's key.
	Selection bool
	SW        apdu.Status
}

func (e *CertificateError) Error() string {
	what := "certificate"
	if e.Selection {
		what = "issuer of certificate"
	}
	return fmt.Sprintf("%v: %s %d, %v: %v", ErrCertificate, what, e.Index+1, e.Holder, e.SW)
}

// Unwrap gives ErrCertificate and the status.
func (e *CertificateError) Unwrap() []error { return []error{ErrCertificate, e.SW} }

// Challenge is what a terminal signs, and with which key.
type Challenge struct {
	// Holder names the terminal's key, and Algorithm is how it signs.
	Holder    cvc.Reference
	Algorithm cvc.Algorithm
	// ChipID is the chip's identifier: it says which chip this is about. For a
	// chip under BAC it holds the document number: handle it as personal data.
	ChipID []byte
	// Nonce is the chip's challenge, 8 bytes.
	Nonce []byte
	// Ephemeral is the terminal's compressed ephemeral public key.
	Ephemeral []byte
}

// Data is the whole that is signed, not yet hashed (TR-03110-1 v2.20, 3.5.1,
// step 4).
func (c Challenge) Data() []byte {
	b := make([]byte, 0, len(c.ChipID)+len(c.Nonce)+len(c.Ephemeral))
	b = append(b, c.ChipID...)
	b = append(b, c.Nonce...)
	return append(b, c.Ephemeral...)
}

// String names the terminal and nothing of the chip.
func (c Challenge) String() string { return fmt.Sprintf("challenge for %v, %v", c.Holder, c.Algorithm) }

// Format prints what String says for every verb: the chip's identifier may be
// a document number.
func (c Challenge) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// CompressPoint is the compressed form of an elliptic curve public key,
// 04 || X || Y: its x coordinate (TR-03110-3 v2.21, A.2.2.3). As ephemeral key
// of the chip under PACE it is the chip's identifier. ErrBinding.
func CompressPoint(point []byte) ([]byte, error) {
	if len(point) < 3 || len(point)%2 == 0 || point[0] != 4 {
		return nil, fmt.Errorf("%w: not an uncompressed point", ErrBinding)
	}
	half := len(point) / 2
	return append([]byte(nil), point[1:1+half]...), nil
}

// CompressNumber is the compressed form of a Diffie-Hellman public value: its
// SHA-1 hash (TR-03110-3 v2.21, A.2.2.3). The value is an unsigned integer
// without leading zeros. ErrBinding.
func CompressNumber(y []byte) ([]byte, error) {
	if len(y) == 0 || y[0] == 0 {
		return nil, fmt.Errorf("%w: not an unsigned integer in its shortest form", ErrBinding)
	}
	h := sha1.Sum(y)
	return h[:], nil
}

// Compress is CompressPoint for a public key on a curve, else CompressNumber.
func Compress(curve bool, public []byte) ([]byte, error) {
	if curve {
		return CompressPoint(public)
	}
	return CompressNumber(public)
}

// mrzDates is the length of birth and expiry dates in the MRZ information, each
// with its check digit.
const mrzDates = 14

// ChipIDOfMRZ is the chip's identifier under BAC: the document number with its
// check digit (TR-03110-1 v2.20, 3.5), from the MRZ information that BAC takes
// (Doc 9303-11 (8th ed.), 4.3.2). ErrBinding.
func ChipIDOfMRZ(mrzInfo string) ([]byte, error) {
	n := len(mrzInfo) - mrzDates
	if n < 10 {
		return nil, fmt.Errorf("%w: MRZ information too short", ErrBinding)
	}
	return []byte(mrzInfo[:n]), nil
}
