package cert

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// points are the DistributionPoints of cRLDistributionPoints, each as its parts.
func (c *Certificate) points() (out [][]tlv.Node) {
	parts, _, _ := c.sequence(oidCRLPoints)
	for _, p := range parts {
		if inner, err := p.Children(); err == nil {
			out = append(out, inner)
		}
	}
	return out
}

// pointNames are the GeneralNames of a point's fullName.
func pointNames(point []tlv.Node) []tlv.Node {
	for _, p := range point {
		if p.Tag != 0xa0 {
			continue
		}
		if full, ok := p.First(0xa0); ok {
			names, _ := full.Children()
			return names
		}
	}
	return nil
}

// documentTypes reads documentTypeList: version and document codes.
func (c *Certificate) documentTypes() (version []byte, types []tlv.Node, ok bool) {
	parts, _, ok := c.sequence(oidDocumentTypes)
	if !ok || len(parts) != 2 || parts[0].Tag != 0x02 || parts[1].Tag != 0x31 {
		return nil, nil, false
	}
	types, err := parts[1].Children()
	return parts[0].Value, types, err == nil
}

// DocumentTypes are the document codes of documentTypeList.
func (c *Certificate) DocumentTypes() []string {
	_, types, _ := c.documentTypes()
	var out []string
	for _, t := range types {
		out = append(out, string(t.Value))
	}
	return out
}
