package der

import (
	"crypto"

	"golang.org/x/crypto/cryptobyte"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Algorithm is an AlgorithmIdentifier as it is written.
type Algorithm struct {
	Raw    []byte
	OID    string
	Params []byte // the element; nil when absent
}

// ReadAlgorithm reads an AlgorithmIdentifier element.
func ReadAlgorithm(n tlv.Node) (Algorithm, bool) {
	s := cryptobyte.String(n.Raw)
	a, err := cms.ReadAlgorithm(&s)
	return Algorithm{a.Raw, a.OID, a.Params}, err == nil && len(s) == 0
}

// Null says whether the parameters are exactly NULL.
func (a Algorithm) Null() bool { return string(a.Params) == "\x05\x00" }

// Family is a kind of signature algorithm.
type Family int

// The families Doc 9303-12 (8th ed.), 4.1.6 admits.
const (
	Unknown Family = iota
	RSA            // RSASSA-PKCS1-v1_5
	PSS            // RSASSA-PSS
	DSA
	ECDSA
)

// Object identifiers of keys and of RSASSA-PSS.
const (
	OIDRSA = "1.2.840.113549.1.1.1"
	OIDPSS = "1.2.840.113549.1.1.10"
	OIDDSA = "1.2.840.10040.4.1"
	OIDEC  = "1.2.840.10045.2.1"
	oidMGF = "1.2.840.113549.1.1.8"
)

// other is a digest that is known and not permitted.
const other = crypto.MD5

var signatures = map[string]struct {
	family Family
	hash   crypto.Hash
}{
	OIDRSA: {RSA, 0}, OIDPSS: {PSS, 0}, OIDEC: {ECDSA, 0}, OIDDSA: {DSA, 0},
	"1.2.840.113549.1.1.4": {RSA, other}, "1.2.840.113549.1.1.5": {RSA, crypto.SHA1}, "1.2.840.113549.1.1.14": {RSA, crypto.SHA224},
	"1.2.840.113549.1.1.11": {RSA, crypto.SHA256}, "1.2.840.113549.1.1.12": {RSA, crypto.SHA384}, "1.2.840.113549.1.1.13": {RSA, crypto.SHA512},
	"1.2.840.10040.4.3": {DSA, crypto.SHA1}, "2.16.840.1.101.3.4.3.1": {DSA, crypto.SHA224}, "2.16.840.1.101.3.4.3.2": {DSA, crypto.SHA256},
	"2.16.840.1.101.3.4.3.3": {DSA, crypto.SHA384}, "2.16.840.1.101.3.4.3.4": {DSA, crypto.SHA512},
	"1.2.840.10045.4.1": {ECDSA, crypto.SHA1}, "1.2.840.10045.4.3.1": {ECDSA, crypto.SHA224}, "1.2.840.10045.4.3.2": {ECDSA, crypto.SHA256},
	"1.2.840.10045.4.3.3": {ECDSA, crypto.SHA384}, "1.2.840.10045.4.3.4": {ECDSA, crypto.SHA512},
	// BSI TR-03111 (v2.1), 5.2.1.1: plain signatures.
	"0.4.0.127.0.7.1.1.4.1.1": {ECDSA, crypto.SHA1}, "0.4.0.127.0.7.1.1.4.1.2": {ECDSA, crypto.SHA224}, "0.4.0.127.0.7.1.1.4.1.3": {ECDSA, crypto.SHA256},
	"0.4.0.127.0.7.1.1.4.1.4": {ECDSA, crypto.SHA384}, "0.4.0.127.0.7.1.1.4.1.5": {ECDSA, crypto.SHA512},
}

var hashes = map[string]crypto.Hash{
	"1.2.840.113549.2.5": other, "1.3.14.3.2.26": crypto.SHA1, "2.16.840.1.101.3.4.2.4": crypto.SHA224, "2.16.840.1.101.3.4.2.1": crypto.SHA256,
	"2.16.840.1.101.3.4.2.2": crypto.SHA384, "2.16.840.1.101.3.4.2.3": crypto.SHA512,
}

// Signature is the family and the digest of a signature algorithm. The digest is 0
// where the identifier does not say it, or names one not known here.
func (a Algorithm) Signature() (Family, crypto.Hash) {
	s, ok := signatures[a.OID]
	if !ok {
		return Unknown, 0
	}
	if s.family == PSS {
		p, _ := a.PSS()
		return PSS, p.Hash
	}
	return s.family, s.hash
}

// Hash is the function of a digest algorithm, 0 for one that is not known.
func (a Algorithm) Hash() crypto.Hash { return hashes[a.OID] }

// Permitted says whether Doc 9303-12 (8th ed.), 4.1.6.4 permits a digest.
func Permitted(h crypto.Hash) bool {
	return h == crypto.SHA224 || h == crypto.SHA256 || h == crypto.SHA384 || h == crypto.SHA512
}

// PSSParams are the parameters of RSASSA-PSS, with the defaults of RFC 4055, 3.1.
type PSSParams struct {
	Hash, MGFHash crypto.Hash
	Salt          int
}

// PSS reads the parameters of RSASSA-PSS; ok is false when they are absent or are
// none that RFC 4055 allows.
func (a Algorithm) PSS() (p PSSParams, ok bool) {
	p = PSSParams{crypto.SHA1, crypto.SHA1, 20}
	parts, ok := Parts(a.Params, Sequence)
	if !ok {
		return PSSParams{}, false
	}
	for _, e := range parts {
		inner, one := One(e.Value)
		if !one {
			return p, false
		}
		switch e.Tag {
		case 0xa0:
			h, ok := ReadAlgorithm(inner)
			if p.Hash = h.Hash(); !ok || p.Hash == 0 {
				return p, false
			}
		case 0xa1:
			mgf, ok := ReadAlgorithm(inner)
			hash, one := One(mgf.Params)
			if !ok || !one || mgf.OID != oidMGF {
				return p, false
			}
			h, ok := ReadAlgorithm(hash)
			if p.MGFHash = h.Hash(); !ok || p.MGFHash == 0 {
				return p, false
			}
		case 0xa2:
			if inner.Tag != Integer || len(inner.Value) == 0 || len(inner.Value) > 2 || Negative(inner.Value) {
				return p, false
			}
			p.Salt = 0
			for _, b := range inner.Value {
				p.Salt = p.Salt<<8 | int(b)
			}
		case 0xa3:
			if inner.Tag != Integer || !Is(inner.Value, 1) {
				return p, false
			}
		default:
			return p, false
		}
	}
	return p, true
}
