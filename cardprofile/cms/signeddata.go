package cms

import (
	"errors"
	"math/big"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// ErrUnsupported is wrapped by errors that say an algorithm is not known here, as
// against a check that was made and failed.
var ErrUnsupported = errors.New("algorithm not supported")

// SignedData is one SignedData object as read (RFC 5652, 5.1). Nothing in it is
// verified; (*SignedData).Verify makes a Verified.
type SignedData struct {
	Raw              []byte      // the ContentInfo as it came
	DER              []byte      // the same with definite lengths; Raw itself when nothing had to change
	Version          int         // 3 in every object Doc 9303 defines
	DigestAlgorithms []Algorithm // of all signers
	ContentType      string      // dotted eContentType
	Content          []byte      // the eContent octets; nil when absent
	Certificates     [][]byte    // each as it came, in the order of the object
	CRLs             [][]byte
	Signers          []*SignerInfo
	Deviations       []cardprofile.Deviation
}

// SignerInfo is one signer of a SignedData (RFC 5652, 5.3).
type SignerInfo struct {
	Version int
	// Issuer (a DER Name) and Serial name the certificate, or SubjectKeyID does.
	Issuer       []byte
	Serial       *big.Int
	SubjectKeyID []byte

	DigestAlgorithm    Algorithm
	SignedAttrs        []byte // DER of the SET OF Attribute that is signed; nil when absent
	SignatureAlgorithm Algorithm
	Signature          []byte

	ContentType   string    // attribute contentType; "" when absent
	MessageDigest []byte    // attribute messageDigest; nil when absent
	SigningTime   time.Time // attribute signingTime, UTC; zero when absent
}

// Verified is the content of a SignedData whose signature was checked with a key.
// Only (*SignedData).Verify makes one; the zero value says nothing was verified.
type Verified struct {
	contentType string
	content     []byte
	signingTime time.Time
	deviations  []cardprofile.Deviation
	ok          bool
}

// OK reports whether v came from a check that passed.
func (v Verified) OK() bool { return v.ok }

// ContentType is the dotted content type that the signature covers.
func (v Verified) ContentType() string { return v.contentType }

// Content is the signed content; nil unless OK.
func (v Verified) Content() []byte { return append([]byte(nil), v.content...) }

// SigningTime is the signed attribute of that name; zero when there was none.
func (v Verified) SigningTime() time.Time { return v.signingTime }

// Deviations lists what the check of this signature met and tolerated, beside
// those of the SignedData itself.
func (v Verified) Deviations() []cardprofile.Deviation { return v.deviations }
