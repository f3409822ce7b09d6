package lds

import (
	"strings"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
)

// detailValues are the values of a group by tag: texts, or one image.
type detailValues struct {
	texts  map[tlv.Tag][]string
	images map[tlv.Tag][]byte
}

func newDetailValues() detailValues {
	return detailValues{texts: map[tlv.Tag][]string{}, images: map[tlv.Tag][]byte{}}
}

// text adds a value unless it is empty.
func (v detailValues) text(tag tlv.Tag, s string) {
	if s != "" {
		v.texts[tag] = []string{s}
	}
}

// date adds a date unless there is none.
func (v detailValues) date(tag tlv.Tag, d PartialDate) {
	if !d.IsZero() {
		v.text(tag, d.Digits())
	}
}

// encodeDetails writes tag list and elements in the order of the tables.
func encodeDetails(group int, known []detail, v detailValues) ([]byte, error) {
	var list []byte
	var parts [][]byte
	for _, k := range known {
		if image := v.images[k.tag]; len(image) > 0 {
			if _, _, _, err := biometric.Size(image); displayable(image) != "" || err != nil {
				return nil, unbuilt("DG%d: %s is no image in JPEG with the JFIF option or in JPEG 2000", group, k.name)
			}
			list, parts = append(list, tagBytes(k.tag)...), append(parts, tlv.Encode(k.tag, image))
			continue
		}
		texts := v.texts[k.tag]
		if len(texts) == 0 {
			continue
		}
		if len(texts) > 255 {
			return nil, unbuilt("DG%d: %s: more than 255 of them", group, k.name)
		}
		var values [][]byte
		for _, s := range texts {
			if problem := k.problem(s); problem != "" {
				return nil, unbuilt("DG%d: %s %s", group, k.name, detailProblems[problem])
			}
			values = append(values, tlv.Encode(k.tag, []byte(s)))
		}
		if k.repeated {
			values = [][]byte{tlv.Encode(tagRepeated, append([][]byte{tlv.Encode(tagInteger, []byte{byte(len(texts))})}, values...)...)}
		}
		list, parts = append(list, tagBytes(k.tag)...), append(parts, values...)
	}
	if len(parts) == 0 {
		return nil, unbuilt("DG%d: there is nothing to put in", group)
	}
	return tlv.Encode(fileIDs[group].Tag, append([][]byte{tlv.Encode(tagTagList, list)}, parts...)...), nil
}

// tagBytes are the bytes of a tag, as a tag list has them.
func tagBytes(t tlv.Tag) []byte {
	b := tlv.Encode(t)
	return b[:len(b)-1]
}

// byTag gives the first element with this tag.
func byTag(list []Detail, tag tlv.Tag) Detail {
	for _, d := range list {
		if d.Tag == tag {
			return d
		}
	}
	return Detail{}
}

func (d Detail) text() string {
	if len(d.Texts) == 0 {
		return ""
	}
	return d.Texts[0]
}

// divide parts a text at its fillers; no text has no parts.
func divide(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "<")
}

// join is the other way; a part that holds a filler itself would be read as two.
func join(group int, name string, parts []string) (string, error) {
	for _, p := range parts {
		if strings.Contains(p, "<") {
			return "", unbuilt("DG%d: %s: a part with a < in it", group, name)
		}
	}
	return strings.Join(parts, "<"), nil
}
