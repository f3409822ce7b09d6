package lds

import (
	"encoding/binary"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
)

// Tags of the nested biometric information templates, Doc 9303-10 (8th ed.),
// 4.5.6 and 4.7.2.1.
const (
	tagGroup    tlv.Tag = 0x7F61
	tagCount    tlv.Tag = 0x02
	tagBIT      tlv.Tag = 0x7F60
	tagBHT      tlv.Tag = 0xA1
	tagBDB19794 tlv.Tag = 0x5F2E
	tagBDB39794 tlv.Tag = 0x7F2E
	tagPadding  tlv.Tag = 0x53
	tagVersion  tlv.Tag = 0x80
	tagType     tlv.Tag = 0x81
	tagSubtype  tlv.Tag = 0x82
	tagFmtOwner tlv.Tag = 0x87
	tagFmtType  tlv.Tag = 0x88
)

// maxBiometrics bounds the templates that are read; maxFaces is what DG2 may
// hold (table 45).
const (
	maxBiometrics = 32
	maxFaces      = 9
)

// biometricTypes are the values of the biometric type, ISO/IEC 19785-1.
var biometricTypes = map[biometric.Modality]byte{biometric.FaceModality: 0x02, biometric.FingerModality: 0x08, biometric.IrisModality: 0x10}

// Biometric is one biometric information template: its header and its data.
type Biometric struct {
	Header  []tlv.Node // elements of the header, as read
	Type    []byte     // 81, biometric type; nil when absent
	Subtype byte       // 82, biometric sub-type; 0 is "no information"
	Owner   uint16     // 87
	Format  uint16     // 88
	Is39794 bool       // data in 7F2E instead of 5F2E
	Data    []byte     // the biometric data block: the content of 5F2E or 7F2E
}

// Encoding is the family of standards of the data.
func (b Biometric) Encoding() biometric.Encoding {
	if b.Is39794 {
		return biometric.ISO39794
	}
	return biometric.ISO19794
}

// Biometrics is the content of DG2, DG3 and DG4.
type Biometrics struct {
	Items []Biometric
	// Padding is the issuer's content of a group that holds nothing, tag 53.
	Padding []byte
	// Faces, Fingers and Irises are the images of those records that could be
	// read, in their order, whichever encoding they came in.
	Faces   []biometric.Face
	Fingers []biometric.Finger
	Irises  []biometric.Iris
}

// Portrait is the first image of a face.
func (d *Biometrics) Portrait() (biometric.Face, bool) {
	if len(d.Faces) == 0 {
		return biometric.Face{}, false
	}
	return d.Faces[0], true
}

func parseBiometrics(b []byte, tag tlv.Tag, m biometric.Modality, where, rule string) (*Biometrics, *notes, error) {
	n := &notes{where: where}
	node, err := open(b, tag, n, rule)
	if err != nil {
		return nil, n, err
	}
	outer, err := node.Children()
	if err != nil {
		return nil, n, malformed("%s: %w", where, err)
	}
	d, groups := new(Biometrics), 0
	for _, c := range outer {
		switch c.Tag {
		case tagGroup:
			if groups++; groups > 1 {
				n.add(rule+".tag", "more than one biometric information group template")
				continue
			}
			if err := d.group(c, m, n, rule); err != nil {
				return nil, n, err
			}
		case tagPadding:
			d.Padding = c.Value
		default:
			n.add(rule+".tag", "an element %s beside the group template", c.Tag)
		}
	}
	if groups == 0 {
		return nil, n, malformed("%s: no biometric information group template", where)
	}
	return d, n, nil
}

// group reads the group template: the number of templates, then the templates.
func (d *Biometrics) group(group tlv.Node, m biometric.Modality, n *notes, rule string) error {
	parts, err := group.Children()
	if err != nil {
		return malformed("%s: %w", n.where, err)
	}
	stated := -1
	for i, p := range parts {
		switch p.Tag {
		case tagCount:
			if len(p.Value) != 1 || i != 0 {
				n.add(rule+".count", "the number of templates is not one byte in the first place")
			}
			if len(p.Value) > 0 {
				stated = int(p.Value[len(p.Value)-1])
			}
		case tagBIT:
			if len(d.Items) == maxBiometrics {
				return malformed("%s: more than %d templates", n.where, maxBiometrics)
			}
			item, err := parseBIT(p, m, n, rule)
			if err != nil {
				return err
			}
			d.Items = append(d.Items, item)
		case tagPadding:
			// Some put it beside the count, inside the group.
			n.add(rule+".tag", "the issuer's content stands inside the group template")
			d.Padding = p.Value
		default:
			n.add(rule+".tag", "an element %s among the templates", p.Tag)
		}
	}
	if stated != len(d.Items) {
		n.add(rule+".count", "it holds %d templates and states another number", len(d.Items))
	}
	return nil
}

func parseBIT(p tlv.Node, m biometric.Modality, n *notes, rule string) (Biometric, error) {
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
			if item.Data != nil {
				n.add(rule+".tag", "more than one data block in a template")
				continue
			}
			item.Data, item.Is39794 = c.Value, c.Tag == tagBDB39794
		default:
			n.add(rule+".tag", "an element %s in a template", c.Tag)
		}
	}
	if item.Data == nil {
		return item, malformed("%s: a template without biometric data", n.where)
	}
	item.header(m, n, rule)
	return item, nil
}

// header takes the header apart and holds it against the data and the place.
func (b *Biometric) header(m biometric.Modality, n *notes, rule string) {
	subtype := false
	for _, h := range b.Header {
		switch h.Tag {
		case tagType:
			b.Type = h.Value
			if !slices.Equal(h.Value, []byte{biometricTypes[m]}) {
				n.add(rule+".type", "the header states another biometric type than the data group is for")
			}
		case tagSubtype:
			subtype = true
			if len(h.Value) == 1 {
				b.Subtype = h.Value[0]
			} else {
				n.add(rule+".subtype", "the biometric sub-type is not one byte")
			}
		case tagFmtOwner:
			b.Owner = short(h.Value)
		case tagFmtType:
			b.Format = short(h.Value)
		}
	}
	if m != biometric.FaceModality && !subtype { // tables 47 and 54
		n.add(rule+".subtype", "the biometric sub-type is required, and not there")
	}
	if b.Owner == 0 || b.Format == 0 {
		n.add(rule+".format", "format owner and format type are required, and not both there")
		return
	}
	modality, encoding, known := biometric.FormatID{Owner: b.Owner, Type: b.Format}.Known()
	if !known || modality != m || encoding != b.Encoding() {
		n.add(rule+".format", "format owner and type %04X/%04X are not those of the data", b.Owner, b.Format)
	}
}

func short(b []byte) uint16 {
	if len(b) != 2 {
		return 0
	}
	return binary.BigEndian.Uint16(b)
}

// template is one template to be written.
type template struct {
	subtype byte
	data    []byte
}

// encodeBiometrics writes a data group around its templates.
func encodeBiometrics(tag tlv.Tag, m biometric.Modality, e biometric.Encoding, templates []template) ([]byte, error) {
	id, ok := biometric.Format(m, e)
	if !ok {
		return nil, unbuilt("no such encoding")
	}
	bdb := tagBDB19794
	if e == biometric.ISO39794 {
		bdb = tagBDB39794
	}
	parts := [][]byte{tlv.Encode(tagCount, []byte{byte(len(templates))})}
	for _, t := range templates {
		header := tlv.Encode(tagBHT,
			tlv.Encode(tagVersion, []byte{1, 1}),
			tlv.Encode(tagType, []byte{biometricTypes[m]}),
			tlv.Encode(tagSubtype, []byte{t.subtype}),
			tlv.Encode(tagFmtOwner, binary.BigEndian.AppendUint16(nil, id.Owner)),
			tlv.Encode(tagFmtType, binary.BigEndian.AppendUint16(nil, id.Type)))
		parts = append(parts, tlv.Encode(tagBIT, header, tlv.Encode(bdb, t.data)))
	}
	return tlv.Encode(tag, tlv.Encode(tagGroup, parts...)), nil
}

// encodeNone writes a data group that holds nothing, Doc 9303-10 (8th ed.),
// 4.7.3.2.2, table 50. The issuer's content makes the hash of each such group
// another one.
func encodeNone(tag tlv.Tag, issuer []byte) ([]byte, error) {
	if len(issuer) == 0 || len(issuer) > 64 {
		return nil, unbuilt("an empty group needs 1 to 64 bytes of issuer's content, drawn at random")
	}
	return tlv.Encode(tag, tlv.Encode(tagGroup, tlv.Encode(tagCount, []byte{0})), tlv.Encode(tagPadding, issuer)), nil
}
