package mrz_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

// Every row of the tables of Doc 9303-3 (8th ed.), 6.
func TestTransliterationTables(t *testing.T) {
	var v struct {
		Latin, Cyrillic, Arabic map[string]string
		CyrillicFirst           []struct{ Language, Code, MRZ string } `json:"cyrillic_first"`
		ArabicNames             []struct{ Name, MRZ string }           `json:"arabic_names"`
	}
	vectors.Load(t, "icao9303_transliteration.json", &v)
	if len(v.Latin) != 95 || len(v.Cyrillic) != 48 || len(v.Arabic) != 78 || len(v.CyrillicFirst) != 21 || len(v.ArabicNames) == 0 {
		t.Fatalf("%d Latin, %d Cyrillic, %d Arabic letters", len(v.Latin), len(v.Cyrillic), len(v.Arabic))
	}
	char := func(code string) string {
		n, err := strconv.ParseUint(code, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		return string(rune(n))
	}
	check := func(what string, r mrz.Rules, in, want string) {
		t.Helper()
		if got, err := r.Transliterate(in); err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", what, got, err, want)
		}
	}
	for code, want := range v.Latin {
		choice := strings.Split(want, " or ")
		check(code, mrz.Rules{}, char(code), choice[len(choice)-1+map[bool]int{true: -1}[code == "00D1"]]) // Ñ: N stands first, NXX second
		check(code+" expanded", mrz.Rules{Variants: mrz.Expanded}, char(code), choice[0])
		check(code+" lower case", mrz.Rules{}, strings.ToLower(char(code)), choice[len(choice)-1+map[bool]int{true: -1}[code == "00D1"]])
	}
	for code, want := range v.Cyrillic {
		check(code, mrz.Rules{}, char(code), want)
		check(code, mrz.Rules{Language: "ru"}, "Б"+strings.ToLower(char(code)), "B"+want)
	}
	for _, c := range v.CyrillicFirst {
		check(c.Language+" "+c.Code, mrz.Rules{Language: c.Language}, char(c.Code), c.MRZ)
	}
	for code, want := range v.Arabic {
		check(code, mrz.Rules{}, char(code), want)
	}
	for _, n := range v.ArabicNames {
		check(n.MRZ, mrz.Rules{}, n.Name, n.MRZ)
	}
	// A letter that differs at the beginning of a name alone, in each component.
	check("uk", mrz.Rules{Language: "uk"}, "Юлія Олія-Ярина", "YULIIA OLIIA YARYNA")
	check("variants", mrz.Rules{Variants: map[rune]string{'Ñ': "NXX", 'Ü': "UXX"}}, "Cañon Müller", "CANXXON MUXXLLER") // 9303-3, B.4.1
	check("teh marbuta inside and at the end", mrz.Rules{}, "ةبة", "XTABXAH")
	check("presentation forms", mrz.Rules{}, "\ufe91\ufedc\ufeae", "BKR")
	check("soft sign", mrz.Rules{}, "Игорь", "IGOR")
	if _, err := (mrz.Rules{Variants: map[rune]string{'A': "1"}}).Transliterate("A"); err == nil {
		t.Error("a variant that is no letter")
	}
}

func TestVietnameseLetters(t *testing.T) {
	const (
		base  = "AĂÂEÊIOÔƠUƯY"
		plain = "AAAEEIOOOUUY"
		marks = "\u0300\u0301\u0303\u0309\u0323"
	)
	letters := []rune(base)
	for i, l := range letters {
		for _, m := range marks {
			for _, in := range []string{string(l) + string(m), strings.ToLower(string(l) + string(m))} {
				if got, err := mrz.Transliterate(in); err != nil || got != plain[i:i+1] {
					t.Errorf("%q = %q %v", in, got, err)
				}
			}
		}
	}
	if got, err := mrz.Transliterate("Đỗ Thị Ước đức"); err != nil || got != "DO THI UOC DUC" {
		t.Errorf("%q %v", got, err)
	}
}

func FuzzTransliterate(f *testing.F) {
	for _, s := range []string{"Nguyễn Văn Mẫu", "عبّاس", "ةّ", "Юлія", "\ufdfa", "O’Connor, Enya", "a\u0301\u0651"} {
		f.Add(s, "uk")
	}
	f.Fuzz(func(t *testing.T, s, language string) {
		got, err := mrz.Rules{Language: language, Variants: mrz.Expanded}.Transliterate(s)
		if err == nil && (strings.Trim(got, "ABCDEFGHIJKLMNOPQRSTUVWXYZ ") != "" || strings.TrimSpace(got) != got) {
			t.Fatalf("%q", got)
		}
	})
}
