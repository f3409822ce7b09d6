package sod

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// maxGroups bounds the hashes that are read; the standard has 16 data groups.
const maxGroups = 32

// SecurityObject is an LDSSecurityObject: V0 of LDS 1.7 (Doc 9303-10 (8th ed.),
// App. D) or V1 of LDS 1.8 (4.6.2.1).
type SecurityObject struct {
	Version        int // 0 or 1
	Hash           crypto.Hash
	Groups         []GroupHash // in the order of the object
	LDSVersion     string      // "0108"; V1 only
	UnicodeVersion string      // "040000"; V1 only
	Deviations     []cardprofile.Deviation
}

// GroupHash is the hash of one whole data group file.
type GroupHash struct {
	Number int // 1 to 16
	Hash   []byte
}

// Group returns the hash of data group n.
func (o *SecurityObject) Group(n int) ([]byte, bool) {
	for _, g := range o.Groups {
		if g.Number == n {
			return bytes.Clone(g.Hash), true
		}
	}
	return nil, false
}

// Numbers lists the data groups the object covers, ascending. Doc 9303-10 (8th ed.),
// 3.11.2 recommends to take them from here rather than from EF.COM.
func (o *SecurityObject) Numbers() []int {
	out := make([]int, len(o.Groups))
	for i, g := range o.Groups {
		out[i] = g.Number
	}
	slices.Sort(out)
	return out
}

// ParseSecurityObject reads the content of an EF.SOD. A number that occurs twice is
// an error, since it would leave open which hash counts.
func ParseSecurityObject(der []byte) (*SecurityObject, error) {
	malformed := func(what string) error { return fmt.Errorf("sod: LDSSecurityObject: %s is malformed", what) }
	o := &SecurityObject{}
	note := func(rule, format string, args ...any) {
		o.Deviations = append(o.Deviations, cardprofile.Deviation{Where: "EF.SOD", Rule: rule, Text: fmt.Sprintf(format, args...)})
	}
	s := cryptobyte.String(der)
	var body, groups cryptobyte.String
	if !s.ReadASN1(&body, asn1.SEQUENCE) || len(s) != 0 || !body.ReadASN1Integer(&o.Version) {
		return nil, malformed("its beginning")
	}
	alg, err := cms.ReadAlgorithm(&body)
	if err != nil {
		return nil, malformed("hashAlgorithm")
	}
	if o.Hash, err = alg.Digest(); err != nil {
		return nil, fmt.Errorf("sod: LDSSecurityObject: %w", err)
	}
	if o.Hash == crypto.SHA1 {
		note("sod.sha1", "the data groups are hashed with SHA-1, which Doc 9303-12 no longer permits")
	}
	if !body.ReadASN1(&groups, asn1.SEQUENCE) {
		return nil, malformed("dataGroupHashValues")
	}
	for len(groups) > 0 {
		var one, hash cryptobyte.String
		var g GroupHash
		if len(o.Groups) == maxGroups || !groups.ReadASN1(&one, asn1.SEQUENCE) || !one.ReadASN1Integer(&g.Number) ||
			!one.ReadASN1(&hash, asn1.OCTET_STRING) || len(one) != 0 {
			return nil, malformed("dataGroupHashValues")
		}
		if _, twice := o.Group(g.Number); twice {
			return nil, fmt.Errorf("sod: LDSSecurityObject: data group %d occurs twice", g.Number)
		}
		if g.Number < 1 || g.Number > 16 {
			note("sod.group.number", "there is no data group %d", g.Number)
		}
		if len(hash) != o.Hash.Size() {
			note("sod.group.hash", "the hash of data group %d has %d bytes, %v makes %d", g.Number, len(hash), o.Hash, o.Hash.Size())
		}
		g.Hash = hash
		o.Groups = append(o.Groups, g)
	}
	if n := len(o.Groups); n < 2 || n > 16 {
		note("sod.groups", "%d data groups, where Doc 9303-10, 4.6.2.1 has 2 to 16", n)
	}
	info := len(body) > 0
	if info {
		var versions, lds, unicode cryptobyte.String
		if !body.ReadASN1(&versions, asn1.SEQUENCE) || len(body) != 0 || !versions.ReadASN1(&lds, asn1.PrintableString) ||
			!versions.ReadASN1(&unicode, asn1.PrintableString) || len(versions) != 0 {
			return nil, malformed("ldsVersionInfo")
		}
		o.LDSVersion, o.UnicodeVersion = printableText(lds), printableText(unicode)
	}
	if o.Version < 0 || o.Version > 1 {
		note("sod.version", "version is %d, where 0 and 1 are known", o.Version)
	} else if info != (o.Version == 1) {
		note("sod.versioninfo", "version is %d, and ldsVersionInfo goes with 1", o.Version)
	}
	return o, nil
}

// printableText keeps what a PrintableString of digits holds, and shows anything
// else in hexadecimal.
func printableText(b []byte) string {
	for _, c := range b {
		if c < 0x20 || c > 0x7e {
			return "#" + hex.EncodeToString(b)
		}
	}
	return string(b)
}

// encode writes the object in DER, strictly as the standard has it.
func (o *SecurityObject) encode() ([]byte, error) {
	digest, err := cms.MarshalDigest(o.Hash)
	if err != nil {
		return nil, err
	}
	var groups [][]byte
	for _, g := range o.Groups {
		groups = append(groups, tlv.Encode(0x30, []byte{0x02, 0x01, byte(g.Number)}, tlv.Encode(0x04, g.Hash)))
	}
	parts := [][]byte{{0x02, 0x01, byte(o.Version)}, digest, tlv.Encode(0x30, groups...)}
	if o.Version == 1 {
		parts = append(parts, tlv.Encode(0x30, tlv.Encode(0x13, []byte(o.LDSVersion)), tlv.Encode(0x13, []byte(o.UnicodeVersion))))
	}
	return tlv.Encode(0x30, parts...), nil
}
