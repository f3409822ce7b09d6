package cert

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
)

// Tags of GeneralName (RFC 5280, 4.2.1.6).
const (
	nameEmail     tlv.Tag = 0x81
	nameDNS       tlv.Tag = 0x82
	nameDirectory tlv.Tag = 0xa4
	nameURI       tlv.Tag = 0x86
)

// altNames calls f with the names of subjectAltName and issuerAltName, as far as
// these are there and can be read.
func (c *Certificate) altNames(f func(where string, names []tlv.Node)) {
	for _, id := range []string{oidSubjectAltName, oidIssuerAltName} {
		if parts, _, ok := c.sequence(id); ok {
			f(place(id), parts)
		}
	}
}

// directories calls f with each directoryName of both.
func (c *Certificate) directories(f func(where string, n der.Name)) {
	c.altNames(func(where string, names []tlv.Node) {
		for _, g := range names {
			if g.Tag == nameDirectory {
				n, _ := der.ReadName(g.Value)
				f(where, n)
			}
		}
	})
}

// States are the ICAO codes that the certificate's subject stands for in MRZs:
// localityName and stateOrProvinceName of the directoryName in subjectAltName.
func (c *Certificate) States() []string {
	parts, _, _ := c.sequence(oidSubjectAltName)
	var out []string
	for _, g := range parts {
		if g.Tag != nameDirectory {
			continue
		}
		n, _ := der.ReadName(g.Value)
		for _, a := range append(n.Get(der.LocalityName), n.Get(der.StateOrProvince)...) {
			out = append(out, string(a.Value))
		}
	}
	return out
}
