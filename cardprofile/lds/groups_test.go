package lds_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// jfif gives an image the option that displayed images must have.
func jfif(jpeg []byte) []byte {
	app0 := append([]byte{0xFF, 0xE0, 0, 16}, "JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00"...)
	return slices.Concat(jpeg[:2], app0, jpeg[2:])
}

func TestDG1AsPrintedIsNotRead(t *testing.T) {
	if _, devs, err := lds.ParseDG1(load(t).DG1TooLong.Hex); err == nil && len(devs) == 0 {
		t.Error("a zone longer than its length was read without a word")
	}
}

func TestDG5Vector(t *testing.T) {
	v := load(t).DG5
	image := make([]byte, v.Image)
	copy(image, jfif(portrait(t, 8, 8))) // decoders stop at the end of image
	b, err := lds.EncodeDG5(image)
	if err != nil || !bytes.Equal(b, append(bytes.Clone(v.Header), image...)) {
		t.Fatalf("%X… %v", b[:16], err)
	}
	d, devs, err := lds.ParseDG5(b)
	if err != nil || len(devs) > 0 || d.Stated != 1 || len(d.Images) != 1 || !bytes.Equal(d.Images[0], image) {
		t.Errorf("%v %v", devs, err)
	}
}

func TestDisplayedImages(t *testing.T) {
	plain := portrait(t, 8, 8)
	good := jfif(plain)
	type parser = func([]byte) (*lds.DisplayedImages, []cardprofile.Deviation, error)
	for _, g := range []struct {
		outer, inner tlv.Tag
		name         string
		parse        parser
		encode       func(...[]byte) ([]byte, error)
	}{{0x65, 0x5F40, "dg5", lds.ParseDG5, lds.EncodeDG5}, {0x67, 0x5F43, "dg7", lds.ParseDG7, lds.EncodeDG7}} {
		b, err := g.encode(good, good)
		if err != nil {
			t.Fatal(err)
		}
		if d, devs, err := g.parse(b); err != nil || len(devs) > 0 || len(d.Images) != 2 || d.Stated != 2 {
			t.Errorf("%s: %v %v", g.name, devs, err)
		}
		one, two := tlv.Encode(0x02, []byte{1}), tlv.Encode(0x02, []byte{2})
		img := tlv.Encode(g.inner, good)
		for _, c := range []struct {
			what  string
			file  []byte
			rules []string
		}{
			{"no number", tlv.Encode(g.outer, img), []string{"count"}},
			{"another number", tlv.Encode(g.outer, two, img), []string{"count"}},
			{"a number of two bytes", tlv.Encode(g.outer, tlv.Encode(0x02, []byte{0, 1}), img), []string{"count", "count"}},
			{"the number behind", tlv.Encode(g.outer, img, one), []string{"order"}},
			{"succeeding templates", append(tlv.Encode(g.outer, two, img), tlv.Encode(g.outer, img)...), []string{"templates"}},
			{"bytes behind", append(tlv.Encode(g.outer, one, img), 0, 0), []string{"trailing"}},
			{"no JFIF", tlv.Encode(g.outer, one, tlv.Encode(g.inner, plain)), []string{"image"}},
			{"a GIF", tlv.Encode(g.outer, one, tlv.Encode(g.inner, []byte("GIF89a"))), []string{"image"}},
			{"another element", tlv.Encode(g.outer, one, img, tlv.Encode(0x5F44, nil)), []string{"tag"}},
			{"a long length", tlv.Encode(g.outer, slices.Concat([]byte{0x02, 0x81, 0x01, 0x01}, img)), []string{"length"}},
		} {
			d, devs, err := g.parse(c.file)
			var want []string
			for _, r := range c.rules {
				want = append(want, "lds."+g.name+"."+r)
			}
			if err != nil || len(d.Images) == 0 || !slices.Equal(rules(devs), want) {
				t.Errorf("%s, %s: %v %v", g.name, c.what, rules(devs), err)
			}
		}
		for what, file := range map[string][]byte{"no image": tlv.Encode(g.outer, one), "cut": b[:len(b)-1], "another tag": tlv.Encode(0x66, img), "nothing": nil} {
			if _, _, err := g.parse(file); !errors.Is(err, lds.ErrMalformed) {
				t.Errorf("%s, %s: %v", g.name, what, err)
			}
		}
		for what, images := range map[string][][]byte{"none": nil, "ten": slices.Repeat([][]byte{good}, 10), "no JFIF": {plain}, "GIF": {[]byte("GIF89a")}, "cut": {good[:30]}} {
			if _, err := g.encode(images...); !errors.Is(err, lds.ErrBuild) {
				t.Errorf("%s built of %s: %v", g.name, what, err)
			}
		}
	}
}

func TestFeatures(t *testing.T) {
	header, data := tlv.Encode(0xA1, tlv.Encode(0x80, []byte{1})), tlv.Encode(0x5F2E, bytes.Repeat([]byte{7}, 999))
	long := tlv.Encode(0x5F2E, make([]byte, 1000))
	for group, parse := range map[int]func([]byte) (*lds.Features, []cardprofile.Deviation, error){8: lds.ParseDG8, 9: lds.ParseDG9, 10: lds.ParseDG10} {
		b, err := lds.EncodeFeatures(group, 1, header, data)
		if err != nil {
			t.Fatal(err)
		}
		f, devs, err := parse(b)
		if err != nil || len(devs) > 0 || f.Group != group || f.Stated != 1 || len(f.Items) != 2 || !bytes.Equal(f.Items[1].Raw, data) {
			t.Errorf("DG%d: %v %v", group, devs, err)
		}
		id, _ := lds.DataGroup(group)
		f, devs, err = parse(tlv.Encode(id.Tag, []byte{0xFF}))
		if err != nil || len(devs) != 1 || !bytes.Equal(f.Content, []byte{0xFF}) {
			t.Errorf("DG%d of own form: %v %v", group, devs, err)
		}
		_, devs, err = parse(tlv.Encode(id.Tag, long))
		want := map[bool]int{true: 1, false: 2}[group == 9] // no number; too long
		if err != nil || len(devs) != want {
			t.Errorf("DG%d of 1000 bytes: %v %v", group, devs, err)
		}
		if _, err := lds.EncodeFeatures(group, 1, long); (err == nil) != (group == 9) {
			t.Errorf("DG%d built of 1000 bytes: %v", group, err)
		}
		for what, items := range map[string][][]byte{"none": nil, "no data object": {{1, 2, 3}}, "a number": {tlv.Encode(2, []byte{1})}, "two in one": {append(bytes.Clone(header), header...)}} {
			if _, err := lds.EncodeFeatures(group, 1, items...); !errors.Is(err, lds.ErrBuild) {
				t.Errorf("DG%d built of %s", group, what)
			}
		}
	}
	if _, err := lds.EncodeFeatures(11, 1, header); err == nil {
		t.Error("features in DG11")
	}
	if r, devs, err := lds.ParseDG6([]byte{0x66, 0}); err != nil || len(devs) > 0 || len(r.Content) > 0 {
		t.Errorf("DG6: %v %v", devs, err)
	}
	if r, devs, err := lds.ParseDG6([]byte{0x66, 2, 1, 2}); err != nil || !slices.Equal(rules(devs), []string{"lds.dg6.reserved"}) || len(r.Content) != 2 {
		t.Errorf("DG6: %v %v", devs, err)
	}
}

func TestPersonalDetails(t *testing.T) {
	d := &lds.PersonalDetails{
		FullName: "NGUYỄN<<VĂN<MẪU", OtherNames: []string{"NGUYEN<<MAU", "MAU"}, PersonalNumber: "001090000000", DateOfBirth: lds.PartialDate{Year: 1990, Month: 3},
		PlaceOfBirth: []string{"Xã Mẫu", "Hà Nội"}, Address: []string{"1 Phố Mẫu", "Hà Nội"}, Telephone: "84<123456789", Profession: "Kỹ sư", Title: "Ông",
		PersonalSummary: "…", ProofOfCitizenship: jfif(portrait(t, 8, 8)), OtherDocuments: []string{"C0000001", "C0000002"}, Custody: strings.Repeat("x", 999),
	}
	b, err := lds.EncodeDG11(d)
	if err != nil {
		t.Fatal(err)
	}
	back, devs, err := lds.ParsePersonalDetails(b)
	if err != nil || len(devs) > 0 || !reflect.DeepEqual(back, d) {
		t.Errorf("%v %v", devs, err)
	}
	for what, spoil := range map[string]func(*lds.PersonalDetails){
		"nothing":            func(d *lds.PersonalDetails) { *d = lds.PersonalDetails{} },
		"a long name":        func(d *lds.PersonalDetails) { d.FullName = strings.Repeat("A", 100) },
		"a filler at an end": func(d *lds.PersonalDetails) { d.OtherNames[1] = "A<" },
		"no UTF-8":           func(d *lds.PersonalDetails) { d.Title = "\xFF" },
		"a telephone":        func(d *lds.PersonalDetails) { d.Telephone = "+84 1" },
		"a filler in a part": func(d *lds.PersonalDetails) { d.Address = []string{"a<b"} },
		"a month 13":         func(d *lds.PersonalDetails) { d.DateOfBirth.Month = 13 },
		"30 February":        func(d *lds.PersonalDetails) { d.DateOfBirth = lds.PartialDate{Month: 2, Day: 30} },
		"no image":           func(d *lds.PersonalDetails) { d.ProofOfCitizenship = []byte("x") },
		"a long custody":     func(d *lds.PersonalDetails) { d.Custody += "x" },
		"an unknown element": func(d *lds.PersonalDetails) { d.Other = []lds.Detail{{Tag: 0x5F77}} },
	} {
		bad := *d
		bad.OtherNames = slices.Clone(d.OtherNames)
		spoil(&bad)
		_, err := lds.EncodeDG11(&bad)
		if !errors.Is(err, lds.ErrBuild) || !strings.Contains(err.Error(), "DG11") {
			t.Errorf("built of %s: %v", what, err)
		}
	}
	// The worked example, by its meaning and back.
	v := load(t).DG11.Hex
	back, devs, err = lds.ParsePersonalDetails(v)
	if err != nil || len(devs) > 0 || !slices.Equal(back.Address, []string{"123 MAPLE RD", "ANYTOWN", "MN"}) {
		t.Fatalf("%v %v", devs, err)
	}
	if again, err := lds.EncodeDG11(back); err != nil || !bytes.Equal(again, v) {
		t.Errorf("A.5 is written %X, %v", again, err)
	}
}

func TestDetailDeviations(t *testing.T) {
	list := func(tags ...tlv.Tag) []byte {
		var b []byte
		for _, tag := range tags {
			e := tlv.Encode(tag)
			b = append(b, e[:len(e)-1]...)
		}
		return tlv.Encode(0x5C, b)
	}
	name, other := tlv.Encode(0x5F0E, []byte("A<<B")), tlv.Encode(0x5F0F, []byte("C"))
	count := func(n byte) []byte { return tlv.Encode(0x02, []byte{n}) }
	for _, c := range []struct {
		what  string
		file  []byte
		rules []string
	}{
		{"other names listed by their template", tlv.Encode(0x6B, list(0x5F0E, 0xA0), name, tlv.Encode(0xA0, count(1), other)), nil},
		{"no tag list", tlv.Encode(0x6B, name), []string{"taglist"}},
		{"the tag list behind", tlv.Encode(0x6B, name, list(0x5F0E)), []string{"taglist"}},
		{"listed and not there", tlv.Encode(0x6B, list(0x5F0E, 0x5F11), name), []string{"taglist"}},
		{"listed twice", tlv.Encode(0x6B, list(0x5F0E, 0x5F0E), name), []string{"taglist"}},
		{"a template listed and not there", tlv.Encode(0x6B, list(0x5F0E, 0xA0), name), []string{"taglist"}},
		{"other names without their template", tlv.Encode(0x6B, list(0x5F0F), count(1), other), []string{"tag", "tag"}},
		{"template A1", tlv.Encode(0x6B, list(0x5F0F), tlv.Encode(0xA1, count(1), other)), []string{"tag"}},
		{"a wrong number", tlv.Encode(0x6B, list(0x5F0F), tlv.Encode(0xA0, count(2), other)), []string{"count"}},
		{"no number", tlv.Encode(0x6B, list(0x5F0F), tlv.Encode(0xA0, other)), []string{"count"}},
		{"a date in BCD", tlv.Encode(0x6B, list(0x5F2B), tlv.Encode(0x5F2B, []byte{0x19, 0x90, 0x03, 0x02})), []string{"bcd"}},
		{"no date", tlv.Encode(0x6B, list(0x5F2B), tlv.Encode(0x5F2B, []byte("19901302"))), []string{"date"}},
		{"twice", tlv.Encode(0x6B, list(0x5F0E), name, tlv.Encode(0x5F0E, []byte("X"))), []string{"twice"}},
		{"long", tlv.Encode(0x6B, list(0x5F10), tlv.Encode(0x5F10, make([]byte, 100))), []string{"long"}},
		{"fillers at the end", tlv.Encode(0x6B, list(0x5F0E), tlv.Encode(0x5F0E, []byte("A<<"))), []string{"filler"}},
		{"a telephone", tlv.Encode(0x6B, list(0x5F12), tlv.Encode(0x5F12, []byte("+1 2"))), []string{"number"}},
		{"an image", tlv.Encode(0x6B, list(0x5F16), tlv.Encode(0x5F16, []byte("x"))), []string{"image"}},
	} {
		d, devs, err := lds.ParsePersonalDetails(c.file)
		var want []string
		for _, r := range c.rules {
			want = append(want, "lds.dg11."+r)
		}
		if err != nil || d == nil || !slices.Equal(rules(devs), want) {
			t.Errorf("%s: %v %v", c.what, devs, err)
		}
	}
	d, _, err := lds.ParsePersonalDetails(tlv.Encode(0x6B, list(0x5F2B, 0x5F0E), tlv.Encode(0x5F2B, []byte{0x19, 0x90, 0x00, 0x00}), name))
	if err != nil || d.DateOfBirth != (lds.PartialDate{Year: 1990}) || d.DateOfBirth.String() != "1990-00-00" || d.FullName != "A<<B" {
		t.Errorf("%v", err)
	}
	if _, _, err := lds.ParsePersonalDetails(tlv.Encode(0x6B, slices.Repeat(name, 300))); !errors.Is(err, lds.ErrMalformed) {
		t.Errorf("300 elements: %v", err)
	}
}

func TestDocumentDetails(t *testing.T) {
	d := &lds.DocumentDetails{
		IssuingAuthority: "Cục Cảnh sát", DateOfIssue: lds.DateOf(cardprofile.Date{Year: 2026, Month: 11, Day: 23}), OtherPersons: []string{"A<<B", "C"}, Endorsements: "none",
		TaxExit: "none", FrontImage: jfif(portrait(t, 8, 8)), RearImage: jfif(portrait(t, 9, 8)), PersonalizedAt: time.Date(2026, 11, 23, 10, 20, 30, 0, time.UTC), PersonalizationSystem: "L1",
	}
	b, err := lds.EncodeDG12(d)
	if err != nil {
		t.Fatal(err)
	}
	back, devs, err := lds.ParseDocumentDetails(b)
	if err != nil || len(devs) > 0 || !reflect.DeepEqual(back, d) {
		t.Errorf("%v %v", devs, err)
	}
	// A time in BCD under the tag of Belgian cards.
	odd := tlv.Encode(0x6C, tlv.Encode(0x5C, []byte{0x5F, 0x85}), []byte{0x5F, 0x85, 7, 0x20, 0x26, 0x11, 0x23, 0x10, 0x20, 0x30})
	back, devs, err = lds.ParseDocumentDetails(odd)
	if err != nil || !back.PersonalizedAt.Equal(d.PersonalizedAt) || !slices.Equal(rules(devs), []string{"lds.dg12.tag", "lds.dg12.bcd"}) {
		t.Errorf("%v %v", devs, err)
	}
	for what, bad := range map[string]lds.DocumentDetails{
		"nothing": {}, "a long authority": {IssuingAuthority: strings.Repeat("x", 100)}, "no image": {FrontImage: []byte("x")}, "an empty person": {OtherPersons: []string{""}},
	} {
		if _, err := lds.EncodeDG12(&bad); !errors.Is(err, lds.ErrBuild) {
			t.Errorf("built of %s: %v", what, err)
		}
	}
}

func TestDG16Vector(t *testing.T) {
	v := load(t).DG16
	d, devs, err := lds.ParseDG16(v.Hex)
	if err != nil || len(devs) > 0 {
		t.Fatal(devs, err)
	}
	got, err := json.Marshal(d.Persons)
	var a, b any
	if err != nil || json.Unmarshal(got, &a) != nil || json.Unmarshal(v.Persons, &b) != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("%s %v", got, err)
	}
	if file, err := lds.EncodeDG16(d.Persons...); err != nil || !bytes.Equal(file, v.Hex) {
		t.Errorf("encoded %X %v", file, err)
	}
}

func TestDG16Deviations(t *testing.T) {
	person := func(tag tlv.Tag, parts ...[]byte) []byte { return tlv.Encode(tag, parts...) }
	date, name := tlv.Encode(0x5F50, []byte("20020101")), tlv.Encode(0x5F51, []byte("A<<B"))
	phone, address := tlv.Encode(0x5F52, []byte("1")), tlv.Encode(0x5F53, []byte("x"))
	one := tlv.Encode(0x02, []byte{1})
	for _, c := range []struct {
		what  string
		file  []byte
		rules []string
	}{
		{"in order", tlv.Encode(0x70, one, person(0xA1, date, name, phone, address)), nil},
		{"no number", tlv.Encode(0x70, person(0xA1, date, name, phone, address)), []string{"count"}},
		{"template A0", tlv.Encode(0x70, one, person(0xA0, date, name, phone, address)), []string{"template"}},
		{"no telephone", tlv.Encode(0x70, one, person(0xA1, date, name, address)), []string{"missing"}},
		{"another order", tlv.Encode(0x70, one, person(0xA1, name, date, phone, address)), []string{"order"}},
		{"a name twice", tlv.Encode(0x70, one, person(0xA1, date, name, name, phone, address)), []string{"twice"}},
		{"a date in BCD", tlv.Encode(0x70, one, person(0xA1, tlv.Encode(0x5F50, []byte{0x20, 0x02, 1, 1}), name, phone, address)), []string{"bcd"}},
		{"no date", tlv.Encode(0x70, one, person(0xA1, tlv.Encode(0x5F50, []byte("200213")), name, phone, address)), []string{"date"}},
		{"unknown elements", tlv.Encode(0x70, one, person(0xA1, date, name, phone, address, tlv.Encode(0x5F54)), tlv.Encode(0x04)), []string{"tag", "tag"}},
	} {
		d, devs, err := lds.ParseDG16(c.file)
		var want []string
		for _, r := range c.rules {
			want = append(want, "lds.dg16."+r)
		}
		if err != nil || len(d.Persons) != 1 || d.Persons[0].Name != "A<<B" || !slices.Equal(rules(devs), want) {
			t.Errorf("%s: %v %v", c.what, devs, err)
		}
	}
	good := lds.Person{Recorded: lds.PartialDate{Year: 2026}, Name: "A", Telephone: "1", Address: []string{"x", "y"}}
	if b, err := lds.EncodeDG16(slices.Repeat([]lds.Person{good}, 15)...); err != nil {
		t.Error(err)
	} else if d, devs, err := lds.ParseDG16(b); err != nil || len(devs) > 0 || len(d.Persons) != 15 || !reflect.DeepEqual(d.Persons[14], good) {
		t.Errorf("%v %v", devs, err)
	}
	for what, persons := range map[string][]lds.Person{
		"nobody": nil, "sixteen": slices.Repeat([]lds.Person{good}, 16), "no name": {{Recorded: good.Recorded, Telephone: "1", Address: good.Address}},
		"no date": {{Name: "A", Telephone: "1", Address: good.Address}}, "no address": {{Recorded: good.Recorded, Name: "A", Telephone: "1"}},
	} {
		if _, err := lds.EncodeDG16(persons...); !errors.Is(err, lds.ErrBuild) {
			t.Errorf("built of %s: %v", what, err)
		}
	}
}

func TestNational(t *testing.T) {
	v := load(t).VNDG13
	n, devs, err := lds.ParseDG13(v)
	if d, ok := n.Value.(*lds.VietnamDG13); err != nil || len(devs) > 0 || n.ID != "vn-dg13" || !ok || d.Number != "001090000000" {
		t.Errorf("%v %v", devs, err)
	}
	// Another State's, even if it looks alike, is not read as Vietnam's.
	alike := bytes.Replace(v, []byte{0x28, 0xD3, 0x16, 1, 0, 8}, []byte{0x28, 0xD3, 0x16, 1, 0, 9}, 1)
	if n, devs, err := lds.ParseDG13(alike); err != nil || len(devs) > 0 || n.Value != nil || len(n.Objects) != 1 {
		t.Errorf("%v %v", devs, err)
	}
	// Where the State is known, its form is tried, and what departs from it is told.
	if n, devs, err := lds.ParseDG13Of("VNM", alike); err != nil || !slices.Equal(rules(devs), []string{"lds.dg13.oid"}) || n.ID != "vn-dg13" {
		t.Errorf("%v %v", devs, err)
	}
	if n, devs, err := lds.ParseDG13Of("VNM", []byte{0x6D, 2, 0xFF, 0xFF}); err != nil || !slices.Equal(rules(devs), []string{"lds.dg13.national"}) || n.Value != nil || n.Objects != nil || len(n.Content) != 2 {
		t.Errorf("%v %v", devs, err)
	}
	content := tlv.Encode(0x04, []byte("x"))
	b, err := lds.EncodeDG13(content)
	if err != nil {
		t.Fatal(err)
	}
	if n, devs, err := lds.ParseDG13Of("UTO", b); err != nil || len(devs) > 0 || !bytes.Equal(n.Content, content) {
		t.Errorf("%v %v", devs, err)
	}
	for _, content := range [][]byte{nil, {1}} {
		if _, err := lds.EncodeDG13(content); err == nil {
			t.Error("built of what is no data object")
		}
	}
	if f, ok := lds.NationalFormatOf("VNM"); !ok || f.ID != "vn-dg13" || len(lds.NationalFormats()) == 0 {
		t.Error("the form of Vietnam is not known")
	}
}

// Whatever verb prints them, no personal data come out.
func TestNothingPersonalIsPrinted(t *testing.T) {
	image := []byte("MAUSECRET")
	p := lds.Person{Name: "MAUSECRET", Address: []string{"MAUSECRET"}}
	d11, d12 := lds.PersonalDetails{FullName: "MAUSECRET"}, lds.DocumentDetails{OtherPersons: []string{"MAUSECRET"}}
	nat, img := lds.National{Content: image}, lds.DisplayedImages{Images: [][]byte{image}}
	for _, v := range []any{p, &p, d11, &d11, d12, &d12, nat, &nat, img, &img, lds.PersonsToNotify{Persons: []lds.Person{p}}} {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		for _, s := range []string{fmt.Sprintf("%v", v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), fmt.Sprintf("%s", v), fmt.Sprintf("%x", v), log.String()} {
			if strings.Contains(s, "MAUSECRET") || strings.Contains(s, "4d4155534543524554") {
				t.Errorf("%T prints %s", v, s)
			}
		}
	}
}
