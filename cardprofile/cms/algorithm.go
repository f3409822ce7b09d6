package cms

import (
	"crypto"
	_ "crypto/sha1" // registers the digests that documents use
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

var errEncoding = errors.New("cms: malformed encoding")

// Algorithm is an AlgorithmIdentifier as it came.
type Algorithm struct {
	Raw    []byte
	OID    string
	Params []byte // the parameters element; nil when absent
}

// String is the dotted identifier, with the parameters in hexadecimal where there
// are any.
func (a Algorithm) String() string {
	if a.Params == nil {
		return a.OID
	}
	return a.OID + " (" + hex.EncodeToString(a.Params) + ")"
}

// isNull reports parameters that are exactly 05 00.
func (a Algorithm) isNull() bool { return string(a.Params) == "\x05\x00" }

// ReadAlgorithm reads one AlgorithmIdentifier from the front of s.
func ReadAlgorithm(s *cryptobyte.String) (Algorithm, error) {
	var raw, body, oid cryptobyte.String
	if !s.ReadASN1Element(&raw, asn1.SEQUENCE) {
		return Algorithm{}, errEncoding
	}
	inner := raw
	if !inner.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) {
		return Algorithm{}, errEncoding
	}
	id, ok := OIDString(oid)
	if !ok {
		return Algorithm{}, errEncoding
	}
	a := Algorithm{Raw: raw, OID: id}
	if len(body) > 0 {
		a.Params = body
		var one cryptobyte.String
		var tag asn1.Tag
		if !body.ReadAnyASN1Element(&one, &tag) || len(body) != 0 {
			return Algorithm{}, errEncoding
		}
	}
	return a, nil
}

// Dotted identifiers of the digests (RFC 5754, 2; FIPS 180-4).
const (
	oidSHA1   = "1.3.14.3.2.26"
	oidSHA224 = "2.16.840.1.101.3.4.2.4"
	oidSHA256 = "2.16.840.1.101.3.4.2.1"
	oidSHA384 = "2.16.840.1.101.3.4.2.2"
	oidSHA512 = "2.16.840.1.101.3.4.2.3"
)

var digests = map[string]crypto.Hash{
	oidSHA1: crypto.SHA1, oidSHA224: crypto.SHA224, oidSHA256: crypto.SHA256,
	oidSHA384: crypto.SHA384, oidSHA512: crypto.SHA512,
}

// Digest returns the hash function of a digest algorithm identifier. Parameters
// may be absent or exactly NULL (Doc 9303-10 (8th ed.), 4.6.2.3, Note 2).
func (a Algorithm) Digest() (crypto.Hash, error) {
	h, ok := digests[a.OID]
	if !ok {
		return 0, fmt.Errorf("digest algorithm %s: %w", a.OID, ErrUnsupported)
	}
	if a.Params != nil && !a.isNull() {
		return 0, fmt.Errorf("cms: digest algorithm %s has parameters that are not NULL", a.OID)
	}
	return h, nil
}

// MarshalDigest writes the digest algorithm identifier of h without parameters, as
// issuers must (Doc 9303-10 (8th ed.), 4.6.2.3, Note 2).
func MarshalDigest(h crypto.Hash) ([]byte, error) {
	for id, hash := range digests {
		if hash == h {
			return encode(0x30, MarshalOID(id)), nil
		}
	}
	return nil, fmt.Errorf("digest %v: %w", h, ErrUnsupported)
}

// scheme is a kind of signature.
type scheme int

const (
	schemeRSA scheme = iota + 1 // RSASSA-PKCS1-v1_5
	schemePSS
	schemeECDSA      // DER
	schemeECDSAPlain // r || s, BSI TR-03111 v2.1, 5.2.1.1
)

// The hash is 0 where the identifier leaves it to the digest algorithm.
var signatureSchemes = map[string]struct {
	scheme scheme
	hash   crypto.Hash
}{
	oidRSA:                  {schemeRSA, 0},
	"1.2.840.113549.1.1.5":  {schemeRSA, crypto.SHA1},
	"1.2.840.113549.1.1.14": {schemeRSA, crypto.SHA224},
	"1.2.840.113549.1.1.11": {schemeRSA, crypto.SHA256},
	"1.2.840.113549.1.1.12": {schemeRSA, crypto.SHA384},
	"1.2.840.113549.1.1.13": {schemeRSA, crypto.SHA512},
	oidPSS:                  {schemePSS, 0},
	oidECPublicKey:          {schemeECDSA, 0},
	"1.2.840.10045.4.1":     {schemeECDSA, crypto.SHA1},
	"1.2.840.10045.4.3.1":   {schemeECDSA, crypto.SHA224},
	"1.2.840.10045.4.3.2":   {schemeECDSA, crypto.SHA256},
	"1.2.840.10045.4.3.3":   {schemeECDSA, crypto.SHA384},
	"1.2.840.10045.4.3.4":   {schemeECDSA, crypto.SHA512},
	// BSI TR-03111 v2.1, 5.2.1.1: ecdsa-plain-signatures.
	"0.4.0.127.0.7.1.1.4.1.1": {schemeECDSAPlain, crypto.SHA1},
	"0.4.0.127.0.7.1.1.4.1.2": {schemeECDSAPlain, crypto.SHA224},
	"0.4.0.127.0.7.1.1.4.1.3": {schemeECDSAPlain, crypto.SHA256},
	"0.4.0.127.0.7.1.1.4.1.4": {schemeECDSAPlain, crypto.SHA384},
	"0.4.0.127.0.7.1.1.4.1.5": {schemeECDSAPlain, crypto.SHA512},
}

const (
	oidRSA         = "1.2.840.113549.1.1.1"
	oidPSS         = "1.2.840.113549.1.1.10"
	oidMGF1        = "1.2.840.113549.1.1.8"
	oidECPublicKey = "1.2.840.10045.2.1"
)

// verifier is a signature algorithm with all its parameters decided.
type verifier struct {
	scheme  scheme
	hash    crypto.Hash
	mgfHash crypto.Hash // PSS only
	saltLen int         // PSS only
}

// verifier decides the algorithm of a signature from its identifier alone; digest
// is the object's digest algorithm, 0 for one that has none (a certificate).
func (a Algorithm) verifier(digest crypto.Hash, note func(rule, text string)) (verifier, error) {
	s, ok := signatureSchemes[a.OID]
	if !ok {
		return verifier{}, fmt.Errorf("signature algorithm %s: %w", a.OID, ErrUnsupported)
	}
	v := verifier{scheme: s.scheme, hash: s.hash}
	switch s.scheme {
	case schemePSS:
		if err := v.readPSS(a.Params, note); err != nil {
			return verifier{}, err
		}
	case schemeRSA:
		// RFC 4055, 5: the parameters of these identifiers are NULL.
		if a.Params == nil {
			note("cms.rsa.null", "the RSA signature algorithm lacks its NULL parameters")
		} else if !a.isNull() {
			return verifier{}, fmt.Errorf("cms: signature algorithm %s has parameters that are not NULL", a.OID)
		}
	default:
		// RFC 5758, 3.2 leaves them out, Doc 9303-10's note puts a NULL.
		if a.Params != nil && !a.isNull() {
			return verifier{}, fmt.Errorf("cms: signature algorithm %s has parameters", a.OID)
		}
		if a.OID == oidECPublicKey {
			note("cms.signaturealgorithm.key", "the signature algorithm is named by the key's identifier, id-ecPublicKey")
		}
	}
	if v.hash == 0 {
		if digest == 0 {
			return verifier{}, fmt.Errorf("signature algorithm %s names no digest: %w", a.OID, ErrUnsupported)
		}
		v.hash = digest
	}
	if digest != 0 && v.hash != digest {
		note("cms.digest.differs", fmt.Sprintf("the signature uses %v, the digest algorithm says %v", v.hash, digest))
	}
	if v.hash == crypto.SHA1 {
		note("cms.sha1", "the signature uses SHA-1, which Doc 9303-12 no longer permits")
	}
	return v, nil
}

// readPSS reads RSASSA-PSS-params with the defaults of RFC 4055, 3.1.
func (v *verifier) readPSS(params []byte, note func(rule, text string)) error {
	malformed := errors.New("cms: RSASSA-PSS parameters are malformed")
	v.hash, v.mgfHash, v.saltLen = crypto.SHA1, crypto.SHA1, 20
	if params == nil {
		return errors.New("cms: RSASSA-PSS without parameters")
	}
	s := cryptobyte.String(params)
	var body, f cryptobyte.String
	var present bool
	if !s.ReadASN1(&body, asn1.SEQUENCE) || len(s) != 0 {
		return malformed
	}
	context := func(n uint8) asn1.Tag { return asn1.Tag(n).Constructed().ContextSpecific() }
	if !body.ReadOptionalASN1(&f, &present, context(0)) {
		return malformed
	}
	if present {
		h, err := readDigest(f)
		if err != nil {
			return err
		}
		v.hash = h
	}
	if !body.ReadOptionalASN1(&f, &present, context(1)) {
		return malformed
	}
	if present {
		a, err := ReadAlgorithm(&f)
		if err != nil || len(f) != 0 {
			return malformed
		}
		if a.OID != oidMGF1 {
			return fmt.Errorf("mask generation function %s: %w", a.OID, ErrUnsupported)
		}
		if v.mgfHash, err = readDigest(a.Params); err != nil {
			return err
		}
	}
	if !body.ReadOptionalASN1(&f, &present, context(2)) {
		return malformed
	}
	if present && (!f.ReadASN1Integer(&v.saltLen) || len(f) != 0 || v.saltLen < 0 || v.saltLen > 1024) {
		return malformed
	}
	if !body.ReadOptionalASN1(&f, &present, context(3)) {
		return malformed
	}
	if present {
		trailer := 0
		if !f.ReadASN1Integer(&trailer) || len(f) != 0 || trailer != 1 {
			return malformed
		}
	}
	if len(body) != 0 {
		return malformed
	}
	if v.mgfHash != v.hash {
		note("cms.pss.mgf", fmt.Sprintf("RSASSA-PSS masks with %v and hashes with %v", v.mgfHash, v.hash))
	}
	if v.saltLen != v.hash.Size() {
		note("cms.pss.salt", fmt.Sprintf("RSASSA-PSS uses a salt of %d bytes, not the %d of its hash", v.saltLen, v.hash.Size()))
	}
	return nil
}

func readDigest(b []byte) (crypto.Hash, error) {
	s := cryptobyte.String(b)
	a, err := ReadAlgorithm(&s)
	if err != nil || len(s) != 0 {
		return 0, errEncoding
	}
	return a.Digest()
}

// notes collects deviations under one place.
type notes struct {
	where string
	list  []cardprofile.Deviation
}

func (n *notes) note(rule, text string) {
	n.list = append(n.list, cardprofile.Deviation{Where: n.where, Rule: rule, Text: text})
}
