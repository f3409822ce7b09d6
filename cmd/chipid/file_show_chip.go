package main

import (
	"fmt"
	"strconv"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// shownObject is a data object with its name, where it has one.
type shownObject struct {
	Tag   string `json:"tag"`
	Name  string `json:"name,omitempty"`
	Value string `json:"value"` // hexadecimal
}

func (s *shown) atrInfo() error {
	a, devs, err := lds.ParseATRInfo(s.data)
	if err := s.keep(lds.NameATRInfo, devs, err); err != nil {
		return err
	}
	out := struct {
		MaxCommand   int                   `json:"max_command,omitempty"`
		MaxResponse  int                   `json:"max_response,omitempty"`
		Extended     bool                  `json:"extended_length"`
		Chaining     bool                  `json:"command_chaining"`
		Raw          string                `json:"card_capabilities_raw,omitempty"`
		Capabilities *lds.CardCapabilities `json:"card_capabilities,omitempty"`
		Other        []shownObject         `json:"other,omitempty"`
	}{MaxCommand: a.MaxCommand, MaxResponse: a.MaxResponse, Extended: a.Extended(), Chaining: a.Chaining(), Raw: hexText(a.Capabilities)}
	s.field(s.tr("extended length", "độ dài mở rộng"), yesNo(s.env, a.Extended()))
	s.field(s.tr("command chaining", "nối chuỗi lệnh"), yesNo(s.env, a.Chaining()))
	if a.MaxCommand > 0 {
		s.field(s.tr("largest command", "lệnh lớn nhất"), strconv.Itoa(a.MaxCommand)+s.tr(" bytes", " byte"))
		s.field(s.tr("largest response", "trả lời lớn nhất"), strconv.Itoa(a.MaxResponse)+s.tr(" bytes", " byte"))
	}
	if len(a.Capabilities) == 3 {
		c := a.Card()
		out.Capabilities = &c
		s.add(0, s.tr("card capabilities", "khả năng của thẻ"), out.Raw)
		for _, f := range []struct {
			en, vi string
			on     bool
		}{
			{"DF by full name", "chọn DF theo tên đầy đủ", c.ByFullName}, {"DF by partial name", "chọn DF theo một phần tên", c.ByPartialName},
			{"DF by path", "chọn DF theo đường dẫn", c.ByPath}, {"DF by file identifier", "chọn DF theo mã tệp", c.ByFileID},
			{"implicit DF", "DF chọn sẵn", c.Implicit}, {"short EF identifiers", "mã EF ngắn", c.ShortFileID},
			{"record numbers", "số thứ tự bản ghi", c.RecordNumber}, {"record identifiers", "mã bản ghi", c.RecordID},
			{"lengths in EF.ATR/INFO", "độ dài ghi trong EF.ATR/INFO", c.ExtendedInfo},
		} {
			s.add(1, s.tr(f.en, f.vi), yesNo(s.env, f.on))
		}
		s.add(1, s.tr("data unit", "đơn vị dữ liệu"), fmt.Sprintf(s.tr("%d × 4 bits", "%d × 4 bit"), c.UnitQuartets))
		s.add(1, s.tr("logical channels", "kênh logic"), strconv.Itoa(c.Channels))
	}
	for _, o := range a.Other {
		out.Other = append(out.Other, shownObject{o.Tag.String(), lds.ATRObjectName(o.Tag), hexCut(o.Value)})
		s.add(0, fmt.Sprintf("%v %s", o.Tag, lds.ATRObjectName(o.Tag)), hexCut(o.Value))
	}
	s.Content = out
	return nil
}

type shownApplication struct {
	AID   string        `json:"aid"`
	Name  string        `json:"name,omitempty"`
	Label string        `json:"label,omitempty"`
	Path  string        `json:"path,omitempty"`
	Other []shownObject `json:"other,omitempty"`
}

func (s *shown) dir() error {
	d, devs, err := lds.ParseDIR(s.data)
	if err := s.keep(lds.NameDIR, devs, err); err != nil {
		return err
	}
	out := struct {
		Applications []string           `json:"applications"` // identifiers
		Templates    []shownApplication `json:"templates"`
	}{[]string{}, []shownApplication{}}
	for _, a := range d.Applications {
		t := shownApplication{AID: hexText(a.AID), Name: a.Name(), Label: printableText(a.Label), Path: hexText(a.Path)}
		name := t.Name
		if name == "" {
			name = s.tr("not known", "không biết")
		}
		s.add(0, s.tr("application", "ứng dụng"), t.AID+", "+name)
		if t.Label != "" {
			s.add(1, s.tr("label", "nhãn"), t.Label)
		}
		if t.Path != "" {
			s.add(1, s.tr("path", "đường dẫn"), t.Path)
		}
		for _, o := range a.Other {
			t.Other = append(t.Other, shownObject{Tag: o.Tag.String(), Value: hexCut(o.Value)})
			s.add(1, o.Tag.String(), hexCut(o.Value))
		}
		out.Applications, out.Templates = append(out.Applications, t.AID), append(out.Templates, t)
	}
	s.Content = out
	return nil
}

// cvca shows EF.CVCA: the references of the keys that a chip checks terminals with
// (BSI TR-03110-3 v2.21, A.7.2.4).
func (s *shown) cvca() error {
	refs, notes, err := cvc.ParseEFCVCA(s.data)
	s.Kind = "EF.CVCA"
	s.note("cvc.efcvca", notes)
	if err != nil {
		return err
	}
	out := struct {
		References []string `json:"references"`
	}{[]string{}}
	for _, r := range refs {
		out.References = append(out.References, r.String())
		s.add(0, s.tr("authority reference", "mã khóa cơ quan cấp"), r.String())
	}
	s.Content = out
	return nil
}

// note takes over what a reader of card-verifiable data says.
func (s *shown) note(rule string, notes []string) {
	for _, n := range notes {
		s.Deviations = append(s.Deviations, cardprofile.Deviation{Where: s.Kind, Rule: rule, Text: n})
	}
}
