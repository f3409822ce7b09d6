package main

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

func runLint(t *testing.T, lang string, args ...string) (status int, out, talk string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(t.Context(), &env{Stdin: strings.NewReader(""), Stdout: &o, Stderr: &e, Lang: lang}, append([]string{"file", "lint"}, args...))
	return status, o.String(), e.String()
}

// TestFileLintOwn: what this program issues breaks no rule, mandatory or recommended.
func TestFileLintOwn(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	var talk bytes.Buffer
	if status := run(t.Context(), &env{Stdin: strings.NewReader(""), Stdout: &talk, Stderr: &talk, Lang: "en"}, []string{"demo", "--embedded", "--cards", "1", "--out", out}); status != exitOK {
		t.Fatalf("demo: status %d: %s", status, talk.String())
	}
	cards, err := filepath.Glob(filepath.Join(out, "cards", "*"))
	if err != nil || len(cards) == 0 {
		t.Fatalf("no cards: %v", err)
	}
	for _, dir := range cards {
		status, text, talk := runLint(t, "en", "--severity", "warning", dir)
		if status != exitOK || !strings.Contains(text, "0 errors, 0 warnings") || !strings.Contains(text, "EF.SOD.bin, signer: Document Signer certificate") {
			t.Errorf("status %d:\n%s%s", status, text, talk)
		}
		if !strings.Contains(talk, "front.png: no rules for it, passed over") {
			t.Errorf("what has no rules is passed over in silence: %q", talk)
		}
	}
	found := 0
	err = filepath.WalkDir(filepath.Join(out, "trust"), func(path string, _ os.DirEntry, err error) error {
		if err == nil && (strings.HasSuffix(path, ".cer") || strings.HasSuffix(path, ".der")) {
			found++
			if status, text, _ := runLint(t, "en", path); status != exitOK || !strings.Contains(text, "0 errors, 0 warnings") {
				t.Errorf("%s: status %d:\n%s", path, status, text)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d certificates of the trust store", found)
}

func TestFileLint(t *testing.T) {
	dir := t.TempDir()
	a := pkitest.NewAuthority(t, pkitest.Options{})
	write := func(name string, b []byte) string { return pkitest.WriteFile(t, dir, name, b) }
	good := write("csca.der", a.CSCA.Raw)
	bad := write("EF.DG1.bin", []byte{0x75, 0})
	both := write("both.pem", append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.CSCA.Raw}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.DS.Raw})...))
	list := write("list.ml", a.MasterList(t, a.CSCA))
	text := write("note.txt", []byte("nothing with rules"))

	for _, c := range []struct {
		name   string
		args   []string
		lang   string
		status int
		want   []string
	}{
		{"a good certificate", []string{good}, "en", exitOK, []string{"CSCA certificate, C=VN", "nothing to report", "0 errors, 0 warnings, 0 remarks"}},
		{"in Vietnamese", []string{good}, "vi", exitOK, []string{"chứng thư CSCA", "không có gì", "0 lỗi, 0 cảnh báo, 0 lưu ý"}},
		{"each block of a PEM", []string{both}, "en", exitOK, []string{"both.pem: CSCA", "both.pem#2: Document Signer"}},
		{"a wrong file", []string{bad}, "en", exitFailed, []string{"error", "file.tag", "it is 75, not 61", "Doc 9303-10 (8th ed.)", "1 errors"}},
		{"a wrong file in Vietnamese", []string{bad}, "vi", exitFailed, []string{"lỗi", "yêu cầu: Thẻ ngoài cùng đúng với tệp", "1 lỗi"}},
		{"a list a CSCA signed", []string{list}, "en", exitFailed, []string{"masterlist.signer", "list.ml, signer: CSCA", "listed certificates: 1, 1 of them"}},
		{"its certificates one by one", []string{"--all", list}, "en", exitFailed, []string{"list.ml, listed 1: CSCA"}},
		{"only errors", []string{"--severity", "error", list}, "en", exitFailed, []string{"masterlist.signer"}},
		{"no such severity", []string{"--severity", "grave", good}, "en", exitUsage, nil},
		{"nothing with rules", []string{text}, "en", exitUsage, nil},
		{"no such file", []string{filepath.Join(dir, "none")}, "en", exitUsage, nil},
		{"a directory", []string{dir}, "en", exitFailed, []string{"all together", "document.mandatory", "EF.SOD: it is not among the files"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, out, talk := runLint(t, c.lang, c.args...)
			if status != c.status {
				t.Errorf("status %d, not %d: %s", status, c.status, talk)
			}
			for _, w := range c.want {
				if !strings.Contains(out, w) {
					t.Errorf("%q is not in\n%s", w, out)
				}
			}
		})
	}
}

func TestFileLintJSON(t *testing.T) {
	path := pkitest.WriteFile(t, t.TempDir(), "EF.COM.bin", []byte{0x60, 0x0a, 0x5f, 0x01, 0x04, '0', '1', '0', '7', 0x5c, 0x01, 0x61})
	status, out, _ := runLint(t, "vi", "--json", path)
	var got struct {
		Schema  string
		Errors  int
		Objects []struct {
			File, Kind string
			Findings   []struct{ Rule, Severity, Where, Title, Text, Citation string }
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if status != exitFailed || got.Schema != "chipid.lint/1" || got.Errors != 2 || len(got.Objects) != 1 || got.Objects[0].File != path || got.Objects[0].Kind != "EF.COM" {
		t.Fatalf("status %d: %s", status, out)
	}
	f := got.Objects[0].Findings[0]
	if f.Rule != "com.unicodeversion" || f.Severity != "error" || f.Where != "5F36" || f.Title != "EF.COM has the Unicode version, six digits" || f.Text == "" || !strings.Contains(f.Citation, "Table 35") {
		t.Errorf("%+v", f)
	}
}
