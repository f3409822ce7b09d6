package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// images shows DG5 and DG7.
func (s *shown) images(kind string, parse func([]byte) (*lds.DisplayedImages, []cardprofile.Deviation, error)) error {
	d, devs, err := parse(s.data)
	if err := s.keep(kind, devs, err); err != nil {
		return err
	}
	out := []shownImage{}
	for i, image := range d.Images {
		out = append(out, describeImage(image))
		s.add(0, fmt.Sprintf("%s %d", s.tr("image", "ảnh"), i+1), s.imageText(out[i]))
	}
	s.Content = struct {
		Images []shownImage `json:"images"`
	}{out}
	return nil
}

// reserved shows DG6, which has no meaning: as a tree where there is anything.
func (s *shown) reserved() error {
	d, devs, err := lds.ParseDG6(s.data)
	if err := s.keep("EF.DG6", devs, err); err != nil {
		return err
	}
	if len(d.Content) == 0 {
		s.Content = struct{}{}
		s.add(0, s.tr("content", "nội dung"), s.tr("none", "không có"))
	}
	return nil
}

// features shows DG8, DG9 and DG10: their number, and the issuer's own content.
func (s *shown) features(tag tlv.Tag) error {
	id, _ := lds.FileByTag(tag)
	parse := map[int]func([]byte) (*lds.Features, []cardprofile.Deviation, error){8: lds.ParseDG8, 9: lds.ParseDG9, 10: lds.ParseDG10}[id.Number()]
	f, devs, err := parse(s.data)
	if err := s.keep(id.Name, devs, err); err != nil {
		return err
	}
	out := struct {
		Features *int   `json:"features,omitempty"` // as stated
		Content  string `json:"content"`            // hexadecimal
	}{Content: hexCut(f.Content)}
	if f.Stated != lds.NotStated {
		out.Features = &f.Stated
		s.add(0, s.tr("features", "số đặc điểm"), strconv.Itoa(f.Stated))
	}
	s.Content = out
	if f.Items == nil {
		s.field(s.tr("content", "nội dung"), hexCut(f.Content))
	}
	for _, item := range f.Items {
		s.tree(item.Raw, s.objectName)
	}
	return nil
}

// detailLabels are the elements of DG11, DG12 and DG16 in the two languages.
var detailLabels = map[string]struct{ en, vi string }{
	"full_name": {"full name", "họ và tên đầy đủ"}, "other_names": {"other names", "tên khác"}, "personal_number": {"personal number", "số định danh"},
	"date_of_birth": {"date of birth", "ngày sinh"}, "place_of_birth": {"place of birth", "nơi sinh"}, "address": {"address", "địa chỉ"},
	"telephone": {"telephone", "điện thoại"}, "profession": {"profession", "nghề nghiệp"}, "title": {"title", "chức danh"},
	"personal_summary": {"personal summary", "tóm tắt cá nhân"}, "proof_of_citizenship": {"proof of citizenship", "giấy chứng nhận quốc tịch"},
	"other_documents": {"other travel documents", "giấy tờ đi lại khác"}, "custody": {"custody", "giám hộ"},
	"issuing_authority": {"issuing authority", "cơ quan cấp"}, "date_of_issue": {"date of issue", "ngày cấp"}, "other_persons": {"other persons", "người khác"},
	"endorsements": {"endorsements", "ghi chú"}, "tax_exit": {"tax and exit requirements", "yêu cầu về thuế và xuất cảnh"},
	"front_image": {"image of the front", "ảnh mặt trước"}, "rear_image": {"image of the rear", "ảnh mặt sau"},
	"personalized_at": {"personalized at", "thời điểm cá nhân hóa"}, "personalization_system": {"personalization system", "hệ thống cá nhân hóa"},
	"recorded": {"recorded on", "ngày ghi"}, "name": {"name", "họ tên"},
}

func (s *shown) detailLabel(name string) string {
	if l, ok := detailLabels[name]; ok {
		return s.tr(l.en, l.vi)
	}
	return name
}

// detailText reads better than the digits and fillers of the file.
func (s *shown) detailText(name, text string) string {
	switch name {
	case "date_of_birth", "date_of_issue":
		if d, err := lds.ParsePartialDate(text); err == nil {
			return s.partial(d)
		}
	case "personalized_at":
		if len(text) == 14 {
			return fmt.Sprintf("%s-%s-%s %s:%s:%s", text[:4], text[4:6], text[6:8], text[8:10], text[10:12], text[12:])
		}
	case "place_of_birth", "address", "other_documents":
		return strings.Join(strings.Split(text, "<"), ", ")
	}
	return text
}

// partial writes a date with question marks for what is not known.
func (s *shown) partial(d lds.PartialDate) string {
	text := d.String()
	for _, p := range []struct{ at, n, v int }{{0, 4, d.Year}, {5, 2, d.Month}, {8, 2, d.Day}} {
		if p.v == 0 {
			text = text[:p.at] + strings.Repeat("?", p.n) + text[p.at+p.n:]
		}
	}
	return text
}

type shownDetail struct {
	Name  string      `json:"name"`
	Tag   string      `json:"tag"`
	Texts []string    `json:"texts,omitempty"`
	Bytes int         `json:"bytes,omitempty"`
	Image *shownImage `json:"image,omitempty"`
	Value string      `json:"value,omitempty"` // hexadecimal, of an element that is not known
}

// details shows DG11 and DG12.
func (s *shown) details(tag tlv.Tag) error {
	id, _ := lds.FileByTag(tag)
	parse := lds.ParseDG11
	if id.Number() == 12 {
		parse = lds.ParseDG12
	}
	list, devs, err := parse(s.data)
	if err := s.keep(id.Name, devs, err); err != nil {
		return err
	}
	out := []shownDetail{}
	for _, d := range list {
		e := shownDetail{Name: d.Name, Tag: d.Tag.String(), Texts: d.Texts, Bytes: len(d.Bytes)}
		_, known := detailLabels[d.Name]
		switch {
		case d.Texts == nil && known:
			image := describeImage(d.Bytes)
			e.Image = &image
			s.add(0, s.detailLabel(d.Name), s.imageText(image))
		case d.Texts == nil:
			e.Value = hexCut(d.Bytes)
			value := printableText(d.Bytes)
			if value == "" {
				value = e.Value
			}
			s.add(0, d.Name, value)
		}
		for _, text := range d.Texts {
			s.add(0, s.detailLabel(d.Name), s.detailText(d.Name, text))
		}
		out = append(out, e)
	}
	s.Content = out
	return nil
}

// dg13 shows national data: by the State's own form where that is known and meant,
// as a tree otherwise.
func (s *shown) dg13() error {
	n, devs, err := lds.ParseDG13Of(s.state, s.data)
	if err := s.keep("EF.DG13", devs, err); err != nil {
		return err
	}
	d, ok := n.Value.(*lds.VietnamDG13)
	if !ok {
		if n.Objects == nil {
			s.Content = struct {
				Content string `json:"content"` // hexadecimal
			}{hexCut(n.Content)}
			s.add(0, s.tr("content", "nội dung"), hexCut(n.Content))
		}
		return nil
	}
	s.Content = d
	for _, f := range []struct{ en, vi, value string }{
		{"number", "số định danh", d.Number}, {"full name", "họ và tên", d.FullName}, {"date of birth", "ngày sinh", d.DateOfBirth}, {"sex", "giới tính", d.Sex},
		{"nationality", "quốc tịch", d.Nationality}, {"ethnicity", "dân tộc", d.Ethnicity}, {"religion", "tôn giáo", d.Religion},
		{"place of origin", "quê quán", d.Origin}, {"residence", "nơi thường trú", d.Residence}, {"features", "đặc điểm nhân dạng", d.Features},
		{"date of issue", "ngày cấp", d.DateOfIssue}, {"date of expiry", "ngày hết hạn", d.DateOfExpiry}, {"father", "cha", d.Father}, {"mother", "mẹ", d.Mother},
		{"spouse", "vợ/chồng", d.Spouse}, {"former number", "số CMND", d.FormerNumber}, {"chip serial", "số chip", d.ChipSerial},
	} {
		s.field(s.tr(f.en, f.vi), f.value)
	}
	for _, f := range d.Other {
		s.add(0, fmt.Sprintf("%s %d", s.tr("field", "trường"), f.Number), hexCut(f.Raw))
	}
	if len(d.Missing) > 0 {
		s.field(s.tr("fields not there", "trường không có"), strings.Trim(fmt.Sprint(d.Missing), "[]"))
	}
	return nil
}

// dg16 shows the persons to notify.
func (s *shown) dg16() error {
	d, devs, err := lds.ParseDG16(s.data)
	if err := s.keep("EF.DG16", devs, err); err != nil {
		return err
	}
	s.Content = d
	for i, p := range d.Persons {
		s.add(0, fmt.Sprintf("%s %d", s.tr("person", "người"), i+1), "")
		for _, f := range []struct{ name, value string }{{"name", p.Name}, {"telephone", p.Telephone}, {"address", strings.Join(p.Address, ", ")}} {
			s.add(1, s.detailLabel(f.name), f.value)
		}
		if !p.Recorded.IsZero() {
			s.add(1, s.detailLabel("recorded"), s.partial(p.Recorded))
		}
	}
	return nil
}
