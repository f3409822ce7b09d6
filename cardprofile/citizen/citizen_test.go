package citizen_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

const vietnamese = `Số CCCD,Họ và tên,Ngày sinh,Giới tính,Quốc tịch,Quê quán,Nơi thường trú,Ngày cấp,Ngày hết hạn,Số CMND,Ảnh
001090000000,Nguyễn Văn Mẫu,02/03/1990,Nam,Việt Nam,"Xã Mẫu, Hà Nội",Số 1 Phố Mẫu,01/06/2021,,000000000,portraits/01.jpg
`

func read(t testing.TB, text string) *citizen.Batch {
	t.Helper()
	b, err := citizen.ReadBatch(strings.NewReader(text), "x.csv")
	if err != nil {
		t.Fatal(err)
	}
	if b.In != len(b.Accepted)+len(b.Rejected) {
		t.Fatalf("%d in, %d accepted, %d rejected", b.In, len(b.Accepted), len(b.Rejected))
	}
	return b
}

func mustDate(t testing.TB, s string) cardprofile.Date {
	t.Helper()
	d, err := cardprofile.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestReadVietnameseHeaders(t *testing.T) {
	want := citizen.Record{Line: 2, Number: "001090000000", FullName: "Nguyễn Văn Mẫu", DateOfBirth: mustDate(t, "02/03/1990"), Sex: citizen.Male, Nationality: "Việt Nam",
		PlaceOfOrigin: "Xã Mẫu, Hà Nội", Residence: "Số 1 Phố Mẫu", DateOfIssue: mustDate(t, "01/06/2021"), FormerNumber: "000000000", Portrait: "portraits/01.jpg"}
	semicolons := strings.ReplaceAll(strings.ReplaceAll(vietnamese, `"Xã Mẫu, Hà Nội"`, "Xã Mẫu# Hà Nội"), ",", ";")
	for name, text := range map[string]string{
		"plain": vietnamese, "BOM": "\uFEFF" + vietnamese, "CRLF": strings.ReplaceAll(vietnamese, "\n", "\r\n"),
		"semicolons":      strings.ReplaceAll(semicolons, "#", ","),
		"decomposed":      strings.ReplaceAll(vietnamese, "ễ", "e\u0302\u0303"),
		"headers in caps": strings.Replace(vietnamese, "Họ và tên", " HỌ  VÀ TÊN ", 1),
		"blank lines":     strings.TrimSuffix(vietnamese, "\n") + "\n\n,,,,,,,,,,\n",
	} {
		b := read(t, text)
		if len(b.Accepted) != 1 || b.Accepted[0] != want {
			t.Errorf("%s: not the record (%d accepted, %d rejected)", name, len(b.Accepted), len(b.Rejected))
		}
	}
}

func TestFieldNameHeadersAndNumbering(t *testing.T) {
	b := read(t, "STT\tnumber\tfull_name\tdate_of_birth\tsex\tdate_of_issue\tdate_of_expiry\tportrait\n1\t001090000000\tA B\t1990-03-02\tF\t2021-06-01\tkhông thời hạn\tp.jpg\n")
	if len(b.Accepted) != 1 || !b.Accepted[0].NoExpiry || b.Accepted[0].Sex != citizen.Female {
		t.Errorf("%d accepted", len(b.Accepted))
	}
}

func TestRowsAreRejectedWithLineFieldAndReason(t *testing.T) {
	head, good, _ := strings.Cut(vietnamese, "\n")
	for _, c := range []struct{ name, old, new, field string }{
		{"date", "02/03/1990", "31/02/1990", "date_of_birth"}, {"sex", ",Nam,", ",Trai,", "sex"}, {"cells", ",Nam,", ",Nam,,", ""},
		{"long name", "Nguyễn Văn Mẫu", strings.Repeat("A", 300), "full_name"}, {"control", "Nguyễn Văn Mẫu", "A\tB", "full_name"},
		{"expiry", "01/06/2021,,", "01/06/2021,sau này,", "date_of_expiry"}, {"number", "001090000000", "0010900000001", "number"},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		b := read(t, head+"\n"+good+bad+good)
		if len(b.Accepted) != 2 || len(b.Rejected) != 1 {
			t.Errorf("%s: %d accepted, %d rejected", c.name, len(b.Accepted), len(b.Rejected))
			continue
		}
		r := b.Rejected[0]
		if r.Line != 3 || r.Reason.Line != 3 || r.Reason.File != "x.csv" || r.Reason.Field != c.field || r.Reason.Problem == "" || r.Reason.Fix == "" {
			t.Errorf("%s: %+v", c.name, r.Reason)
		}
		if strings.Contains(r.Reason.Error(), "Nguyễn") || strings.Contains(r.Reason.Error(), "001090") {
			t.Errorf("%s: personal data in the reason", c.name)
		}
	}
}

func TestFileErrors(t *testing.T) {
	for _, c := range []struct {
		name, text, field string
		line              int
	}{
		{"empty", "", "", 1}, {"only a BOM", "\uFEFF", "", 1}, {"missing column", strings.Replace(vietnamese, "Ngày sinh", "Ghi chú", 1), "date_of_birth", 1},
		{"unknown column", strings.Replace(vietnamese, "Ngày sinh", "Ngay de", 1), "Ngay de", 1}, {"column twice", strings.Replace(vietnamese, "Quê quán", "Ngày sinh", 1), "date_of_birth", 1},
		{"Latin-1", strings.Replace(vietnamese, "Mẫu,02", "M\xE2u,02", 1), "", 2}, {"UTF-16", "\xFF\xFES\x00", "", 1},
		{"quotation mark", strings.Replace(vietnamese, "Nguyễn", `Ngu"yễn`, 1), "", 2}, {"open quotation mark", vietnamese + `"` + strings.Repeat("x\n", 100000), "", 3},
		{"data as header", "001090000000,Nguyễn\n", "************", 1}, {"NUL", strings.Replace(vietnamese, "Mẫu,02", "M\x00u,02", 1), "", 2},
	} {
		_, err := citizen.ReadBatch(strings.NewReader(c.text), "x.csv")
		var in *cardprofile.InputError
		if !errors.As(err, &in) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if in.File != "x.csv" || !strings.HasPrefix(in.Field, c.field) || in.Problem == "" || in.Fix == "" || in.Line != c.line {
			t.Errorf("%s: %+v", c.name, *in)
		}
	}
	var in *cardprofile.InputError
	if _, err := citizen.ReadBatchFile(filepath.Join(t.TempDir(), "none.csv")); !errors.As(err, &in) {
		t.Errorf("missing file: %v", err)
	}
}

func TestRejectsCanBeReadAgain(t *testing.T) {
	head, good, _ := strings.Cut(vietnamese, "\n")
	b := read(t, head+"\n"+good+strings.Replace(strings.Replace(good, "02/03/1990", "31/02/1990", 1), "Nguyễn Văn Mẫu", "=cmd()", 1))
	b.Filter(func(r *citizen.Record) *cardprofile.InputError {
		return &cardprofile.InputError{Field: "number", Problem: "=a rule", Fix: "do it"}
	})
	if b.In != 2 || len(b.Accepted) != 0 || len(b.Rejected) != 2 || b.Rejected[0].Line != 2 {
		t.Fatalf("%d in, %d accepted, %d rejected", b.In, len(b.Accepted), len(b.Rejected))
	}
	path := filepath.Join(t.TempDir(), "rejects.csv")
	if err := citizen.WriteRejectsFile(path, b.Header, b.Rejected); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(text, []byte("\uFEFF")) || !strings.Contains(string(text), "'=cmd()") || !strings.Contains(string(text), "reject_reason") || !strings.Contains(string(text), "number: =a rule; do it") {
		t.Errorf("%s", text)
	}
	again, err := citizen.ReadBatchFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if again.In != 2 || len(again.Accepted) != 1 || again.Accepted[0].FullName != "Nguyễn Văn Mẫu" {
		t.Errorf("%d in, %d accepted", again.In, len(again.Accepted))
	}
	// Once more: the form does not grow.
	var second bytes.Buffer
	if err := citizen.WriteRejects(&second, again.Header, again.Rejected); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(strings.SplitN(second.String(), "\n", 2)[0], "reject_"); n != 2 {
		t.Errorf("%d columns for the reason", n)
	}
}

// A cell that a spreadsheet would run is written with an apostrophe, and reads
// back as it was.
func TestFormulaSafety(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringMatching(`['=+\-@]{0,3}[a-zđ]{1,5}`).Draw(t, "cell")
		var w bytes.Buffer
		if err := citizen.WriteRejects(&w, []string{"full_name"}, []citizen.Reject{{Fields: []string{cell}}}); err != nil {
			t.Fatal(err)
		}
		row := strings.SplitN(w.String(), "\n", 3)[1]
		if strings.ContainsRune("=+-@", rune(strings.Trim(row, `"`)[0])) {
			t.Fatalf("%q is written %q", cell, row)
		}
		b, err := citizen.ReadBatch(strings.NewReader("number,full_name,date_of_birth,sex,date_of_issue,portrait\n1,"+strings.SplitN(row, ",", 2)[0]+",,,,\n"), "x")
		if err != nil || len(b.Accepted) != 1 || b.Accepted[0].FullName != cell {
			t.Fatalf("%q came back otherwise: %v", cell, err)
		}
	})
}

func record(t testing.TB) citizen.Record {
	return read(t, vietnamese).Accepted[0]
}

func TestDerived(t *testing.T) {
	p, err := cardprofile.Load("vn-cccd-2021")
	if err != nil {
		t.Fatal(err)
	}
	r, err := citizen.Complete(p, record(t))
	if err != nil {
		t.Fatal(err)
	}
	if r.DateOfExpiry != mustDate(t, "02/03/2030") || r.NoExpiry {
		t.Errorf("expiry %v", r.DateOfExpiry)
	}
	m, err := citizen.Zone(p, r)
	if err != nil {
		t.Fatal(err)
	}
	want := "IDVNM0900000007001090000000<<8\n9003026M3003024VNM<<<<<<<<<<<2\nNGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"
	if got := strings.Join(m.Lines, "\n"); got != want {
		t.Errorf("zone\n%s", got)
	}
	if can := citizen.CAN(p, r); can != "000000" {
		t.Errorf("CAN %s", can)
	}
	if qr := citizen.QRText(p, r); qr != "001090000000|000000000|Nguyễn Văn Mẫu|02031990|Nam|Số 1 Phố Mẫu|01062021" {
		t.Errorf("QR %s", qr)
	}
	b, err := lds.EncodeVietnamDG13(citizen.DG13(r, "0123456789ABCDEF"))
	if err != nil {
		t.Fatal(err)
	}
	d, devs, err := lds.ParseVietnamDG13(b)
	if err != nil || len(devs) > 0 || d.DateOfExpiry != "02/03/2030" || len(d.MatchZone(m, "991231")) > 0 {
		t.Errorf("DG13: %v %v", devs, err)
	}

	old := record(t)
	old.DateOfBirth = mustDate(t, "02/03/1950")
	r, err = citizen.Complete(p, old)
	if err != nil || !r.NoExpiry {
		t.Fatal(err)
	}
	if m, err = citizen.Zone(p, r); err != nil || m.ExpiryDate != "991231" || m.Lines[1][8:15] != "9912315" {
		t.Errorf("no expiry: %v", err)
	}
	if d := citizen.DG13(r, ""); d.DateOfExpiry != "Không thời hạn" || len(d.MatchZone(m, "991231")) > 0 {
		t.Errorf("no expiry in DG13: %v", d.MatchZone(m, "991231"))
	}
	if got := r.Fields()["date_of_expiry"]; got != "Không thời hạn" {
		t.Errorf("printed expiry %q", got)
	}

	new2024, err := cardprofile.Load("vn-cancuoc-2024")
	if err != nil {
		t.Fatal(err)
	}
	if qr := citizen.QRText(new2024, r); strings.Count(qr, "|") != 10 || !strings.HasSuffix(qr, "||||") {
		t.Errorf("QR of 2024 %s", qr)
	}
	td3, err := cardprofile.Load("icao-td3")
	if err != nil {
		t.Fatal(err)
	}
	pass := record(t)
	pass.Number, pass.DocumentNumber = "", "C1234567"
	if pass, err = citizen.Complete(td3, pass); err != nil {
		t.Fatal(err)
	}
	if m, err := citizen.Zone(td3, pass); err != nil || m.Lines[0] != "PPUTONGUYEN<<VAN<MAU<<<<<<<<<<<<<<<<<<<<<<<<" {
		t.Errorf("passport: %v", err)
	}
}

func TestParseQR(t *testing.T) {
	q, err := citizen.ParseQR("001090000000|000000000|Nguyễn Văn Mẫu|02031990|Nam|Số 1 Phố Mẫu|01062021")
	if err != nil || q.Number != "001090000000" || q.FullName != "Nguyễn Văn Mẫu" || q.DateOfBirth != mustDate(t, "02/03/1990") || q.Sex != citizen.Male || q.DateOfIssue.IsZero() {
		t.Errorf("2021: %v", err)
	}
	q, err = citizen.ParseQR("001090000000||Nguyễn Văn Mẫu|02031990|Nữ|x|01062021|||a|")
	if err != nil || len(q.Extra) != 4 || q.Extra[2] != "a" {
		t.Errorf("2024: %v", err)
	}
	for _, s := range []string{"", "a|b", strings.Repeat("|", 6), "00109000000|0|n|02031990|Nam|r|01062021", strings.Repeat("|", 11), "\xFF|||||||", strings.Repeat("a", 5000)} {
		if _, err := citizen.ParseQR(s); err == nil {
			t.Errorf("%.20q is taken for a QR code", s)
		}
	}
	if s := fmt.Sprintf("%v %+v %s", q, *q, q.Record); strings.Contains(s, "Mẫu") {
		t.Error("personal data printed")
	}
}

func TestRecordJSON(t *testing.T) {
	r := record(t)
	r.Line = 0
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	back, err := citizen.ParseRecord(text, "r.json")
	if err != nil || *back != r {
		t.Errorf("not the record: %v\n%s", err, text)
	}
	var in *cardprofile.InputError
	for name, c := range map[string]struct{ old, new, field string }{
		"unknown":   {`"full_name"`, `"fullname"`, "fullname"},
		"not text":  {`"000000000"`, `0`, "former_number"},
		"date":      {"1990-03-02", "1990-02-31", "date_of_birth"},
		"missing":   {`"sex": "M"`, `"sex": ""`, "sex"},
		"no object": {`{`, `[{`, ""},
		"trailing":  {`.jpg"` + "\n}", `.jpg"` + "\n} {}", ""},
		"both":      {`"date_of_expiry": ""`, `"date_of_expiry": "01/01/2030", "no_expiry": true`, "no_expiry"},
	} {
		bad := strings.Replace(string(text), c.old, c.new, 1)
		if bad == string(text) {
			t.Fatalf("%s: the case changes nothing", name)
		}
		if _, err := citizen.ParseRecord([]byte(bad), "r.json"); !errors.As(err, &in) || in.Field != c.field || in.File != "r.json" {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "Nguyễn") {
			t.Errorf("%s: personal data in the error", name)
		}
	}
	dir := t.TempDir()
	for _, f := range []struct{ name, text string }{{"r.json", string(text)}, {"r.csv", vietnamese}} {
		path := filepath.Join(dir, f.name)
		if err := os.WriteFile(path, []byte(f.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := citizen.ReadRecordFile(path); err != nil || got.Number != r.Number {
			t.Errorf("%s: %v", f.name, err)
		}
	}
	_, row, _ := strings.Cut(vietnamese, "\n")
	if err := os.WriteFile(filepath.Join(dir, "two.csv"), []byte(vietnamese+row), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := citizen.ReadRecordFile(filepath.Join(dir, "two.csv")); !errors.As(err, &in) {
		t.Errorf("two rows: %v", err)
	}
}

func TestPortraits(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(dir, "secret.jpg")
	batch := filepath.Join(dir, "batch", "c.csv")
	for path, text := range map[string]string{outside: "secret", filepath.Join(dir, "batch", "p", "01.jpg"): "picture", filepath.Join(dir, "batch", "empty.jpg"): ""} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "batch", "link.jpg")); err != nil {
		t.Fatal(err)
	}
	p, err := citizen.OpenPortraits(batch)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, name := range []string{"p/01.jpg", "./p/01.jpg", `p\01.jpg`} {
		if b, err := p.Load(citizen.Record{Portrait: name}); err != nil || string(b) != "picture" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "../secret.jpg", outside, "link.jpg", "p", "none.jpg", "empty.jpg", "p/../../secret.jpg"} {
		var in *cardprofile.InputError
		if b, err := p.Load(citizen.Record{Portrait: name, Line: 7}); !errors.As(err, &in) || in.Line != 7 || in.Field != "portrait" {
			t.Errorf("%s: %q %v", name, b, err)
		}
	}
	q := citizen.PortraitsIn(fstest.MapFS{"a.jpg": {Data: make([]byte, 9<<20)}})
	if _, err := q.Load(citizen.Record{Portrait: "a.jpg"}); err == nil {
		t.Error("nine megabytes")
	}
}

func TestNothingPrintsARecord(t *testing.T) {
	r := record(t)
	for _, s := range []string{fmt.Sprint(r), fmt.Sprint(&r), fmt.Sprintf("%+v", r), fmt.Sprintf("%#v", r), fmt.Sprintf("%d %s %q", r, r, r), r.LogValue().String(), fmt.Sprintf("%+v", citizen.Reject{Fields: []string{"Nguyễn"}})} {
		if strings.Contains(s, "Nguyễn") || strings.Contains(s, "001090") {
			t.Errorf("printed %s", s)
		}
	}
}

func FuzzReadBatch(f *testing.F) {
	f.Add([]byte(vietnamese))
	f.Add([]byte("number;full_name;date_of_birth;sex;date_of_issue;portrait\n\"\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		batch, err := citizen.ReadBatch(bytes.NewReader(b), "x")
		var in *cardprofile.InputError
		if err != nil {
			if !errors.As(err, &in) {
				t.Fatalf("not an InputError: %v", err)
			}
		} else {
			if batch.In != len(batch.Accepted)+len(batch.Rejected) {
				t.Fatal("rows lost")
			}
			if err := citizen.WriteRejects(&bytes.Buffer{}, batch.Header, batch.Rejected); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := citizen.ParseRecord(b, "x"); err != nil && !errors.As(err, &in) {
			t.Fatalf("not an InputError: %v", err)
		}
		_, _ = citizen.ParseQR(string(b))
	})
}
