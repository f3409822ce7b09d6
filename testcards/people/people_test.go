package people_test

import (
	"bytes"
	"image/jpeg"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

func batch(t *testing.T) *citizen.Batch {
	t.Helper()
	b, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), people.CSVName)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTwentyAreReadAndOneIsRejected(t *testing.T) {
	b := batch(t)
	if b.In != 21 || len(b.Accepted) != 20 || len(b.Rejected) != 1 {
		t.Fatalf("%d in, %d accepted, %d rejected", b.In, len(b.Accepted), len(b.Rejected))
	}
	if r := b.Rejected[0]; r.Line != 14 || r.Reason.Field != "date_of_birth" {
		t.Errorf("line %d was rejected for %s", r.Line, r.Reason.Field)
	}
}

// The pattern that says "synthetic": the random part is 9900nn.
func TestNobodyIsReal(t *testing.T) {
	pattern := regexp.MustCompile(`^\d{6}9900\d\d$`)
	seen := map[string]bool{}
	for _, r := range batch(t).Accepted {
		if !pattern.MatchString(r.Number) || seen[r.Number] {
			t.Errorf("line %d: the number is not of the synthetic pattern, or there twice", r.Line)
		}
		seen[r.Number] = true
		if r.FormerNumber != "" && !strings.HasPrefix(r.FormerNumber, "0999000") {
			t.Errorf("line %d: the former number is not of the synthetic pattern", r.Line)
		}
		if !strings.Contains(r.Residence, "Mẫu") {
			t.Errorf("line %d: the address names no specimen place", r.Line)
		}
	}
}

func TestThereIsVariety(t *testing.T) {
	p, err := cardprofile.Load("vn-cccd-2021")
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	provinces := map[string]bool{}
	letters := ""
	for _, r := range batch(t).Accepted {
		full, err := citizen.Complete(p, r)
		if err != nil {
			t.Fatalf("line %d: %v", r.Line, err)
		}
		provinces[r.Number[:3]] = true
		letters += r.FullName + r.Residence
		age := r.DateOfBirth.Age(r.DateOfIssue)
		for what, is := range map[string]bool{
			"woman": r.Sex == citizen.Female, "man": r.Sex == citizen.Male,
			"no expiry": full.NoExpiry, "under 16": age < 16, "over 70": age > 70, "14 or older": age >= 14,
			"one-part name": !strings.Contains(r.FullName, " "), "name over 39 characters": utf8.RuneCountInString(r.FullName) > 39,
			"address over 127 bytes": len(r.Residence) > 127, "no spouse": r.Spouse == "", "former number": r.FormerNumber != "",
			"another people": r.Ethnicity != "Kinh", "century 20xx": r.Number[3] >= '2',
		} {
			if is {
				count[what]++
			}
		}
		// a batch that expired on the shelf would be no use
		if !full.NoExpiry && !full.DateOfExpiry.After(cardprofile.Date{Year: 2027, Month: 12, Day: 31}) {
			t.Errorf("line %d: the card soon expires", r.Line)
		}
	}
	for what, least := range map[string]int{"woman": 8, "man": 8, "no expiry": 3, "under 16": 1, "over 70": 1, "14 or older": 20,
		"one-part name": 1, "name over 39 characters": 2, "address over 127 bytes": 1, "no spouse": 5, "former number": 5, "another people": 5, "century 20xx": 4} {
		if count[what] < least {
			t.Errorf("%s: %d, want %d or more", what, count[what], least)
		}
	}
	if len(provinces) < 18 {
		t.Errorf("%d provinces", len(provinces))
	}
	for _, c := range "ĐđƠơƯưẪẫẢảỳễộặ" {
		if !strings.ContainsRune(letters, c) && !strings.ContainsRune(strings.ToUpper(letters), unicode.ToUpper(c)) {
			t.Errorf("no %c in any name or address", c)
		}
	}
	if !norm.NFC.IsNormal(people.CSV()) {
		t.Error("the file is not in NFC")
	}
}

func TestPortraits(t *testing.T) {
	for _, r := range batch(t).Accepted {
		b, err := fs.ReadFile(people.FS(), r.Portrait)
		if err != nil {
			t.Errorf("line %d: %v", r.Line, err)
			continue
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(b))
		if err != nil || c.Width != 480 || c.Height != 640 {
			t.Errorf("line %d: %d × %d: %v", r.Line, c.Width, c.Height, err)
		}
		if len(b) < 10_000 || len(b) > 20_000 {
			t.Errorf("line %d: the portrait has %d bytes", r.Line, len(b))
		}
	}
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "people")
	if err := people.Write(dir); err != nil {
		t.Fatal(err)
	}
	b, err := citizen.ReadBatchFile(filepath.Join(dir, people.CSVName))
	if err != nil || b.In != 21 {
		t.Fatalf("reading it back: %v", err)
	}
	portraits, err := citizen.OpenPortraits(filepath.Join(dir, people.CSVName))
	if err != nil {
		t.Fatal(err)
	}
	defer portraits.Close()
	for _, r := range b.Accepted {
		if _, err := portraits.Load(r); err != nil {
			t.Error(err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, people.CSVName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}
