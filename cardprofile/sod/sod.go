package sod

import (
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// tagSOD is the tag of EF.SOD (Doc 9303-10 (8th ed.), Table 36).
const tagSOD tlv.Tag = 0x77

// SOD is an EF.SOD as read. Nothing in it is verified; Verify does that.
type SOD struct {
	Raw        []byte          // as it came, with tag 77 where it had one
	Signed     *cms.SignedData // the CMS object inside
	Object     *SecurityObject // the LDS security object inside that
	Deviations []cardprofile.Deviation
}

// Parse reads an EF.SOD, or the CMS object inside one without its tag 77. Zero bytes
// after the end, which chips pad files with, are a deviation; others are an error.
func Parse(b []byte) (*SOD, error) {
	s := &SOD{Raw: b}
	note := func(rule, text string) {
		s.Deviations = append(s.Deviations, cardprofile.Deviation{Where: "EF.SOD", Rule: rule, Text: text})
	}
	if len(b) > cms.MaxSize {
		return nil, fmt.Errorf("sod: %d bytes are more than is read", len(b))
	}
	inner := b
	if len(b) > 0 && b[0] == 0x77 {
		n, rest, err := tlv.Parse(b)
		if err != nil {
			return nil, fmt.Errorf("sod: EF.SOD: %w", err)
		}
		for _, c := range rest {
			if c != 0 {
				return nil, fmt.Errorf("sod: %d bytes follow EF.SOD", len(rest))
			}
		}
		if len(rest) > 0 {
			note("sod.padding", fmt.Sprintf("%d zero bytes follow the object", len(rest)))
		}
		if !n.Minimal() {
			note("sod.length", "the length of EF.SOD is not in its shortest form")
		}
		inner = n.Value
	} else {
		note("sod.tag", "the object stands without the tag 77 of EF.SOD")
	}
	var err error
	if s.Signed, err = cms.Parse(inner); err != nil {
		return nil, fmt.Errorf("sod: %w", err)
	}
	if s.Signed.ContentType != cms.OIDLDSSecurityObject {
		return nil, fmt.Errorf("sod: the content is of type %s, an LDS security object's is %s", s.Signed.ContentType, cms.OIDLDSSecurityObject)
	}
	if s.Signed.Content == nil {
		return nil, errors.New("sod: the object holds no content")
	}
	if s.Object, err = ParseSecurityObject(s.Signed.Content); err != nil {
		return nil, err
	}
	s.Deviations = append(s.Deviations, s.Object.Deviations...)
	return s, nil
}
