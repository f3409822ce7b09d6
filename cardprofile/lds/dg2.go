package lds

import (
	"encoding/binary"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
)

// Tags of the nested biometric information templates, Doc 9303-10 (8th ed.),
// 4.7.2.1.
const (
	tagGroup      tlv.Tag = 0x7F61
	tagCount      tlv.Tag = 0x02
	tagBIT        tlv.Tag = 0x7F60
	tagBHT        tlv.Tag = 0xA1
	tagBDB19794   tlv.Tag = 0x5F2E
	tagBDB39794   tlv.Tag = 0x7F2E
	tagVersion    tlv.Tag = 0x80
	tagType       tlv.Tag = 0x81
	tagSubtype    tlv.Tag = 0x82
	tagFmtOwner   tlv.Tag = 0x87
	tagFmtType    tlv.Tag = 0x88
	maxBiometrics         = 16
)

// Format owner and type of ISO/IEC 19794-5 face records (IBIA registry, as used
// in Doc 9303-10 (8th ed.), App. A.3).
const (
	ownerSC37 = 0x0101
	typeFace  = 0x0008
)

// Biometric is one biometric information template: its header and its data.
type Biometric struct {
	Header  []tlv.Node // elements of the header, as read
	Type    []byte     // 81, biometric type; nil when absent
	Owner   uint16     // 87
	Format  uint16     // 88
	Is39794 bool       // data in 7F2E instead of 5F2E
	Data    []byte     // the biometric data block
}

// Biometrics is the content of DG2, DG3 and DG4.
type Biometrics struct {
	Items []Biometric
	// Faces are the images of those ISO/IEC 19794-5 face records that could be
	// read, in their order.
	Faces []biometric.Face
}

// Portrait is the first image.
func (d *Biometrics) Portrait() (biometric.Face, bool) {
	if len(d.Faces) == 0 {
		return biometric.Face{}, false
	}
	return d.Faces[0], true
}

// ParseDG2 reads the facial images. Damaged records leave Faces short and say so
// in the deviations; the error is for a file that is no DG2.
func ParseDG2(b []byte) (*Biometrics, []cardprofile.Deviation, error) {
	d, n, err := parseBiometrics(b, 0x75, "DG2", "dg2")
	if err != nil {
		return nil, n.list, err
	}
	for _, item := range d.Items {
		if item.Is39794 {
			n.add("dg2.39794", "the image is in the encoding of ISO/IEC 39794, which is kept unread")
			continue
		}
		faces, devs, err := biometric.ParseFaces(item.Data)
		n.list = append(n.list, devs...)
		if err != nil {
			n.add("dg2.record", "a face record cannot be read: %v", err)
		}
		d.Faces = append(d.Faces, faces...)
	}
	return d, n.list, nil
}

// ParseDG3 reads the fingerprint templates; their data stay opaque.
func ParseDG3(b []byte) (*Biometrics, []cardprofile.Deviation, error) {
	d, n, err := parseBiometrics(b, 0x63, "DG3", "dg3")
	return d, n.list, err
}

// ParseDG4 reads the iris templates; their data stay opaque.
func ParseDG4(b []byte) (*Biometrics, []cardprofile.Deviation, error) {
	d, n, err := parseBiometrics(b, 0x76, "DG4", "dg4")
	return d, n.list, err
}

func parseBiometrics(b []byte, tag tlv.Tag, where, rule string) (*Biometrics, *notes, error) {
	n := &notes{where: where}
	node, err := open(b, tag, n, rule)
	if err != nil {
		return nil, n, err
	}
	group, ok := node.First(tagGroup)
	if !ok {
		return nil, n, malformed("%s: no biometric information group template", where)
	}
	parts, err := group.Children()
	if err != nil {
		return nil, n, malformed("%s: %w", where, err)
	}
	d, stated := new(Biometrics), -1
	for _, p := range parts {
		switch {
		case p.Tag == tagCount && len(p.Value) == 1:
			stated = int(p.Value[0])
		case p.Tag == tagBIT:
			if len(d.Items) == maxBiometrics {
				return nil, n, malformed("%s: more than %d templates", where, maxBiometrics)
			}
			item, err := parseBIT(p, n, rule)
			if err != nil {
				return nil, n, err
			}
			d.Items = append(d.Items, item)
		default:
			n.add(rule+".tag", "an element %s among the templates", p.Tag)
		}
	}
	if stated != len(d.Items) {
		n.add(rule+".count", "it holds %d templates and states another number", len(d.Items))
	}
	return d, n, nil
}

func parseBIT(p tlv.Node, n *notes, rule string) (Biometric, error) {
	var item Biometric
	children, err := p.Children()
	if err != nil {
		return item, malformed("%s: %w", n.where, err)
	}
	for _, c := range children {
		switch c.Tag {
		case tagBHT:
			if item.Header, err = c.Children(); err != nil {
				return item, malformed("%s: header: %w", n.where, err)
			}
		case tagBDB19794, tagBDB39794:
			item.Data, item.Is39794 = c.Value, c.Tag == tagBDB39794
		default:
			n.add(rule+".tag", "an element %s in a template", c.Tag)
		}
	}
	if item.Data == nil {
		return item, malformed("%s: a template without biometric data", n.where)
	}
	for _, h := range item.Header {
		switch h.Tag {
		case tagType:
			item.Type = h.Value
		case tagFmtOwner:
			item.Owner = short(h.Value)
		case tagFmtType:
			item.Format = short(h.Value)
		}
	}
	if item.Owner == 0 || item.Format == 0 {
		n.add(rule+".format", "format owner and format type are required, and not both there")
	}
	return item, nil
}

func short(b []byte) uint16 {
	if len(b) != 2 {
		return 0
	}
	return binary.BigEndian.Uint16(b)
}

// EncodeDG2 writes DG2 with one face record around one portrait.
func EncodeDG2(portrait []byte) ([]byte, error) {
	face, err := biometric.NewFace(portrait)
	if err != nil {
		return nil, unbuilt("DG2: %w", err)
	}
	record, err := biometric.EncodeFaces(face)
	if err != nil {
		return nil, unbuilt("DG2: %w", err)
	}
	header := tlv.Encode(tagBHT,
		tlv.Encode(tagVersion, []byte{1, 1}),
		tlv.Encode(tagType, []byte{2}), // facial features
		tlv.Encode(tagSubtype, []byte{0}),
		tlv.Encode(tagFmtOwner, binary.BigEndian.AppendUint16(nil, ownerSC37)),
		tlv.Encode(tagFmtType, binary.BigEndian.AppendUint16(nil, typeFace)))
	return tlv.Encode(0x75, tlv.Encode(tagGroup,
		tlv.Encode(tagCount, []byte{1}),
		tlv.Encode(tagBIT, header, tlv.Encode(tagBDB19794, record)))), nil
}
