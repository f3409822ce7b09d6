package lds_test

import (
	"bytes"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// Whatever a chip answers: an error or a value, never a panic; and what is read
// without deviations is what building it gives.

// written fails unless a file that was read without deviations is written the
// same, or refused by the stricter builder.
func written(t *testing.T, file []byte, devs []cardprofile.Deviation, again []byte, err error) {
	t.Helper()
	if err == nil && len(devs) == 0 && !bytes.Equal(again, file) {
		t.Fatalf("read %X without deviations, written %X", file, again)
	}
}

func FuzzCOM(f *testing.F) {
	for _, c := range load(f).COM {
		f.Add([]byte(c.Hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, _, err := lds.ParseCOM(b)
		if err != nil {
			return
		}
		_, _, _ = c.Versions()
		again, err := lds.EncodeCOM(c.LDSVersion, c.UnicodeVersion, c.DataGroups())
		if err != nil {
			return
		}
		if back, devs, err := lds.ParseCOM(again); err != nil || len(devs) > 0 || back.LDSVersion != c.LDSVersion {
			t.Fatalf("%X reads %v %v", again, devs, err)
		}
	})
}

func FuzzDG1(f *testing.F) {
	for _, v := range load(f).DG1 {
		f.Add(append(bytes.Clone(v.Header), v.Zone...))
	}
	f.Add([]byte(load(f).DG1TooLong.Hex))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, devs, err := lds.ParseDG1(b)
		if err != nil {
			return
		}
		again, err := lds.EncodeDG1(m)
		if err == nil {
			_, devs, err = lds.ParseDG1(again)
		}
		if err == nil && len(devs) > 0 {
			t.Fatalf("a zone was built with deviations: %v", devs)
		}
	})
}

func FuzzDisplayedImages(f *testing.F) {
	image := jfif(portrait(f, 8, 8))
	f.Add(must(lds.EncodeDG5(image)))
	f.Add(must(lds.EncodeDG7(image, image)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, devs, err := lds.ParseDG5(b); err == nil {
			again, err := lds.EncodeDG5(d.Images...)
			written(t, b, devs, again, err)
		}
		if d, devs, err := lds.ParseDG7(b); err == nil {
			again, err := lds.EncodeDG7(d.Images...)
			written(t, b, devs, again, err)
		}
	})
}

func FuzzFeatures(f *testing.F) {
	item := tlv.Encode(0xA1, tlv.Encode(0x80, []byte{1}))
	for group := 8; group <= 10; group++ {
		f.Add(must(lds.EncodeFeatures(group, 1, item)))
	}
	f.Add([]byte{0x66, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, _ = lds.ParseDG6(b)
		for _, parse := range []func([]byte) (*lds.Features, []cardprofile.Deviation, error){lds.ParseDG8, lds.ParseDG9, lds.ParseDG10} {
			d, devs, err := parse(b)
			if err != nil {
				continue
			}
			var items [][]byte
			for _, i := range d.Items {
				items = append(items, i.Raw)
			}
			again, err := lds.EncodeFeatures(d.Group, d.Stated, items...)
			written(t, b, devs, again, err)
		}
	})
}

func FuzzDG11(f *testing.F) {
	f.Add([]byte(load(f).DG11.Hex))
	f.Add(must(lds.EncodeDG11(&lds.PersonalDetails{OtherNames: []string{"A", "B"}, DateOfBirth: lds.PartialDate{Year: 1990}, ProofOfCitizenship: jfif(portrait(f, 8, 8))})))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, devs, err := lds.ParsePersonalDetails(b)
		if err != nil || len(devs) > 0 {
			return
		}
		again, err := lds.EncodeDG11(d)
		if err != nil {
			return
		}
		// The elements may be in another order than the tables'.
		if back, devs, err := lds.ParsePersonalDetails(again); err != nil || len(devs) > 0 || len(again) > len(b) || back.FullName != d.FullName || back.DateOfBirth != d.DateOfBirth {
			t.Fatalf("%X written %X: %v %v", b, again, devs, err)
		}
	})
}

func FuzzDG12(f *testing.F) {
	f.Add(must(lds.EncodeDG12(&lds.DocumentDetails{IssuingAuthority: "UTOPIA", OtherPersons: []string{"A"}, DateOfIssue: lds.PartialDate{Year: 2026, Month: 1, Day: 1}})))
	f.Add(tlv.Encode(0x6C, tlv.Encode(0x5C, []byte{0x5F, 0x85}), []byte{0x5F, 0x85, 7, 0x20, 0x26, 0x11, 0x23, 0x10, 0x20, 0x30}))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, devs, err := lds.ParseDocumentDetails(b)
		if err != nil || len(devs) > 0 {
			return
		}
		again, err := lds.EncodeDG12(d)
		if err != nil {
			return
		}
		if back, devs, err := lds.ParseDocumentDetails(again); err != nil || len(devs) > 0 || !back.PersonalizedAt.Equal(d.PersonalizedAt) || back.DateOfIssue != d.DateOfIssue {
			t.Fatalf("%X written %X: %v %v", b, again, devs, err)
		}
	})
}

func FuzzDG13(f *testing.F) {
	f.Add([]byte(load(f).VNDG13))
	f.Add([]byte{0x6D, 3, 0x04, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, _ = lds.ParseDG13Of("VNM", b)
		d, devs, err := lds.ParseDG13(b)
		if err != nil {
			return
		}
		again, err := lds.EncodeDG13(d.Content)
		written(t, b, devs, again, err)
		if v, ok := d.Value.(*lds.VietnamDG13); ok && len(devs) == 0 {
			if again, err := lds.EncodeVietnamDG13(v); err == nil {
				if _, devs, err := lds.ParseVietnamDG13(again); err != nil || len(devs) > 0 {
					t.Fatalf("%X reads %v %v", again, devs, err)
				}
			}
		}
	})
}

func FuzzSecurityInfos(f *testing.F) {
	f.Add([]byte(load(f).VNCardAccess))
	if set, err := new(lds.Builder).PACE(paceGM128, 13).ChipAuth(caAES128, 1).ChipAuthKey(ecKey(f, ecc.P256()), 1).Encode(); err == nil {
		f.Add(tlv.Encode(0x6E, set))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, parse := range []func([]byte) (*lds.SecurityInfos, []cardprofile.Deviation, error){lds.ParseSecurityInfos, lds.ParseDG14} {
			if s, _, err := parse(b); err == nil {
				_, _ = s.PACE(), s.ChipAuthentication()
				_, _ = s.ActiveAuthHash()
				if differ, devs := lds.MatchCardAccess(s, s); len(differ) > 0 || len(devs) > 0 {
					t.Fatal("SecurityInfos that differ from themselves")
				}
			}
		}
	})
}

func FuzzDG15(f *testing.F) {
	f.Add(must(lds.EncodeDG15(ecKey(f, ecc.P256()))))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, _, err := lds.ParseDG15(b)
		if err != nil {
			return
		}
		if again, err := lds.EncodeDG15(k.Public); err == nil {
			if _, devs, err := lds.ParseDG15(again); err != nil || len(devs) > 0 {
				t.Fatalf("%X reads %v %v", again, devs, err)
			}
		}
	})
}

func FuzzDG16(f *testing.F) {
	f.Add([]byte(load(f).DG16.Hex))
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, devs, err := lds.ParseDG16(b); err == nil {
			again, err := lds.EncodeDG16(d.Persons...)
			written(t, b, devs, again, err)
		}
	})
}

func FuzzATRInfo(f *testing.F) {
	f.Add([]byte(load(f).ATRInfo.Hex))
	f.Add([]byte{0x47, 3, 0x84, 1, 0x80, 0x46, 1, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, devs, err := lds.ParseATRInfo(b)
		if err != nil || len(devs) > 0 {
			return
		}
		again, err := a.Encode()
		if err != nil {
			return
		}
		// Objects may stand in another order.
		if back, devs, err := lds.ParseATRInfo(again); err != nil || len(devs) > 0 || back.MaxCommand != a.MaxCommand || back.Card() != a.Card() || len(back.Other) != len(a.Other) {
			t.Fatalf("%X written %X: %v %v", b, again, devs, err)
		}
	})
}

func FuzzDIR(f *testing.F) {
	f.Add([]byte(load(f).DIR.Hex))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, devs, err := lds.ParseDIR(b)
		if err != nil || len(devs) > 0 {
			return
		}
		again, err := d.Encode()
		if err != nil {
			return
		}
		if back, devs, err := lds.ParseDIR(again); err != nil || len(devs) > 0 || len(back.AIDs) != len(d.AIDs) || len(again) != len(b) {
			t.Fatalf("%X written %X: %v %v", b, again, devs, err)
		}
	})
}
