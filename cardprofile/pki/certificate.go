package pki

import (
	"crypto"
	"math/big"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Certificate is an X.509 certificate as read (RFC 5280, 4.1). Nothing in it is
// verified by reading it.
type Certificate struct {
	Raw        []byte // the whole certificate as it came
	RawTBS     []byte // the part that is signed
	RawSPKI    []byte // SubjectPublicKeyInfo
	Version    int    // 3 for a v3 certificate
	Serial     *big.Int
	Issuer     Name
	Subject    Name
	NotBefore  time.Time
	NotAfter   time.Time
	Extensions []Extension

	// PublicKey is *rsa.PublicKey or *ecc.PublicKey, nil when KeyError says why the
	// key cannot be used here.
	PublicKey crypto.PublicKey
	KeyError  error
	// ExplicitCurve says that the EC domain parameters stand in the certificate, as
	// Doc 9303-12 (8th ed.), 4.1.6.3 demands, and equal the named curve in all of them.
	ExplicitCurve bool

	SignatureAlgorithm cms.Algorithm // the one inside the signed part
	Signature          []byte

	SubjectKeyID   []byte // nil when absent
	AuthorityKeyID []byte // keyIdentifier; nil when absent
	KeyUsage       KeyUsage
	HasKeyUsage    bool
	IsCA           bool
	PathLen        int // -1 when absent
	ExtKeyUsage    []string
	// PrivateKeyNotBefore and PrivateKeyNotAfter are the PrivateKeyUsagePeriod; zero
	// where a bound is absent.
	PrivateKeyNotBefore, PrivateKeyNotAfter time.Time
	DocumentTypes                           []string // documentTypeList; nil when absent
	States                                  []string // ICAO codes in the subject alternative name's directoryName
	CRLURLs                                 []string
	NameChange                              bool
	TestMark                                bool // carries the project's TEST mark

	Deviations []cardprofile.Deviation
}

// Extension is one certificate or CRL extension.
type Extension struct {
	ID       string // dotted
	Critical bool
	Value    []byte // the content of the extnValue octet string
}

// KeyUsage is the keyUsage bits, the first bit of the BIT STRING lowest.
type KeyUsage uint16

// The usages Doc 9303-12 speaks of (RFC 5280, 4.2.1.3).
const (
	UsageDigitalSignature KeyUsage = 1 << 0
	UsageNonRepudiation   KeyUsage = 1 << 1
	UsageKeyCertSign      KeyUsage = 1 << 5
	UsageCRLSign          KeyUsage = 1 << 6
)

// Name is a distinguished name. Raw is compared before anything else.
type Name struct {
	Raw  []byte
	RDNs [][]NameAttribute
}

// NameAttribute is one attribute of a relative distinguished name.
type NameAttribute struct {
	Type  string // dotted
	Tag   byte   // ASN.1 tag of the value
	Value string // text, UTF-8; other types of value in hexadecimal after a '#'
	Raw   []byte // the AttributeTypeAndValue
}

// SignsType says whether a Document Signer may sign documents of a type: the document
// code of the MRZ, with or without fillers. A certificate without documentTypeList may
// sign any (Doc 9303-12 (8th ed.), 7.1.1.6).
func (c *Certificate) SignsType(code string) bool {
	if c.DocumentTypes == nil {
		return true
	}
	return slices.ContainsFunc(c.DocumentTypes, func(t string) bool { return sameDocumentType(trimFiller(t), trimFiller(code)) })
}
