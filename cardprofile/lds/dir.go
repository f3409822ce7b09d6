package lds

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

// DIR is EF.DIR: the applications on the chip (Doc 9303-10 (8th ed.), 3.11.2).
type DIR struct {
	AIDs         [][]byte
	Applications []Application // the same, with all that is said of each
}

// Application is one application template of EF.DIR.
type Application struct {
	AID   []byte     // application identifier, 5 to 16 bytes
	Label []byte     // 50, for people; nil when absent
	Path  []byte     // 51; nil when absent
	Other []tlv.Node // as read
}

// Application identifiers of Doc 9303-10 (8th ed.), table 31.
var (
	AIDLDS1                 = []byte{0xA0, 0, 0, 2, 0x47, 0x10, 0x01}
	AIDTravelRecords        = []byte{0xA0, 0, 0, 2, 0x47, 0x20, 0x01}
	AIDVisaRecords          = []byte{0xA0, 0, 0, 2, 0x47, 0x20, 0x02}
	AIDAdditionalBiometrics = []byte{0xA0, 0, 0, 2, 0x47, 0x20, 0x03}
)

var applicationNames = []struct {
	aid  []byte
	name string
}{
	{AIDLDS1, "LDS1 eMRTD"}, {AIDTravelRecords, "Travel Records"}, {AIDVisaRecords, "Visa Records"}, {AIDAdditionalBiometrics, "Additional Biometrics"},
	{[]byte{0xE8, 0x07, 0x04, 0x00, 0x7F, 0x00, 0x07, 0x03, 0x02}, "eID"}, // BSI TR-03110-4
}

// ApplicationName names an application by its identifier, "" for one that is not
// known.
func ApplicationName(aid []byte) string {
	for _, a := range applicationNames {
		if bytes.Equal(a.aid, aid) {
			return a.name
		}
	}
	return ""
}

// Name is that of ApplicationName.
func (a Application) Name() string { return ApplicationName(a.AID) }

// Holds reports whether an application is listed.
func (d *DIR) Holds(aid []byte) bool {
	for _, a := range d.AIDs {
		if bytes.Equal(a, aid) {
			return true
		}
	}
	return false
}

const (
	tagApplication tlv.Tag = 0x61
	tagAID         tlv.Tag = 0x4F
	tagLabel       tlv.Tag = 0x50
	tagPath        tlv.Tag = 0x51

	maxApplications = 64
)

// ParseDIR reads EF.DIR. Templates without a usable identifier are passed over
// with a deviation.
func ParseDIR(b []byte) (*DIR, []cardprofile.Deviation, error) {
	n := &notes{where: "DIR"}
	d := new(DIR)
	for len(b) > 0 {
		if b[0] == 0x00 || b[0] == 0xFF {
			n.add("dir.padding", "bytes behind the application templates")
			break
		}
		if len(d.AIDs) == maxApplications {
			n.add("dir.many", "more than %d applications; the others are passed over", maxApplications)
			break
		}
		node, rest, err := tlv.Parse(b)
		if err != nil {
			return nil, n.list, malformed("DIR: %w", err)
		}
		b = rest
		n.minimal(node, "dir")
		if node.Tag != tagApplication {
			n.add("dir.tag", "an element %s among the application templates", node.Tag)
			continue
		}
		a, ok := parseApplication(node, n)
		if !ok {
			n.add("dir.aid", "an application template without a usable identifier")
			continue
		}
		if d.Holds(a.AID) {
			n.add("dir.twice", "an application is listed twice")
		}
		d.AIDs, d.Applications = append(d.AIDs, a.AID), append(d.Applications, a)
	}
	if len(d.AIDs) == 0 {
		return nil, n.list, malformed("DIR: no application")
	}
	if !d.Holds(AIDLDS1) {
		n.add("dir.lds1", "the LDS1 eMRTD application is not listed")
	}
	return d, n.list, nil
}

func parseApplication(node tlv.Node, n *notes) (Application, bool) {
	var a Application
	objects, err := node.Children()
	if err != nil {
		return a, false
	}
	for _, o := range objects {
		n.minimal(o, "dir")
		switch {
		case o.Tag == tagAID && a.AID == nil:
			a.AID = o.Value
		case o.Tag == tagLabel && a.Label == nil:
			a.Label = o.Value
		case o.Tag == tagPath && a.Path == nil:
			a.Path = o.Value
		default:
			a.Other = append(a.Other, o)
		}
	}
	return a, len(a.AID) >= 5 && len(a.AID) <= 16
}

// EncodeDIR writes EF.DIR for these applications. An LDS2 application without
// that of LDS1 is refused (Doc 9303-10 (8th ed.), 5).
func EncodeDIR(aids ...[]byte) ([]byte, error) {
	d := new(DIR)
	for _, aid := range aids {
		d.Applications = append(d.Applications, Application{AID: aid})
	}
	return d.Encode()
}

// Encode writes the applications with all that is said of each.
func (d *DIR) Encode() ([]byte, error) {
	var out []byte
	listed := new(DIR)
	for _, a := range d.Applications {
		if len(a.AID) < 5 || len(a.AID) > 16 || len(a.Label) > 16 {
			return nil, unbuilt("DIR: an application identifier of %d bytes, or a label of %d", len(a.AID), len(a.Label))
		}
		if listed.Holds(a.AID) {
			return nil, unbuilt("DIR: an application twice")
		}
		listed.AIDs = append(listed.AIDs, a.AID)
		parts := [][]byte{tlv.Encode(tagAID, a.AID)}
		if a.Label != nil {
			parts = append(parts, tlv.Encode(tagLabel, a.Label))
		}
		if a.Path != nil {
			parts = append(parts, tlv.Encode(tagPath, a.Path))
		}
		for _, o := range a.Other {
			parts = append(parts, tlv.Encode(o.Tag, o.Value))
		}
		out = append(out, tlv.Encode(tagApplication, parts...)...)
	}
	if len(out) == 0 || len(listed.AIDs) > maxApplications {
		return nil, unbuilt("DIR: %d applications", len(listed.AIDs))
	}
	lds2 := listed.Holds(AIDTravelRecords) || listed.Holds(AIDVisaRecords) || listed.Holds(AIDAdditionalBiometrics)
	if lds2 && !listed.Holds(AIDLDS1) {
		return nil, unbuilt("DIR: an LDS2 application without the LDS1 eMRTD application")
	}
	return out, nil
}
