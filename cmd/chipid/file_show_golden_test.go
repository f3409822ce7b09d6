package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

var updateShow = flag.Bool("update-show", false, "write what file show prints into testdata/show")

// showDir holds files of synthetic people and of authorities made for tests, each
// with what file show says of it: in English, in Vietnamese, as JSON.
const showDir = "testdata/show"

func TestFileShowGolden(t *testing.T) {
	golden, err := filepath.Abs(showDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(showDir, "in"))
	entries, err := os.ReadDir(".")
	if err != nil || len(entries) < 30 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		var got bytes.Buffer
		for _, c := range []struct {
			title, lang string
			args        []string
		}{{"en", "en", nil}, {"vi", "vi", nil}, {"json", "vi", []string{"--json"}}} {
			status, out, talk := runShow(t, c.lang, append(c.args, e.Name())...)
			got.WriteString("== " + c.title + "\n" + out)
			if status != exitOK {
				got.WriteString("== status 2, " + talk)
			}
			if status != exitOK && status != exitUsage {
				t.Errorf("%s: status %d", e.Name(), status)
			}
		}
		file := filepath.Join(golden, e.Name()+".golden")
		if *updateShow {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")), got.Bytes()) {
			t.Errorf("%s: shown otherwise than in %s (go test -update-show writes it anew):\n%s", e.Name(), file, firstDifference(string(want), got.String()))
		}
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range w {
		if i >= len(g) || w[i] != g[i] {
			return "want " + w[i] + "\ngot  " + strings.Join(g[min(i, len(g)-1):min(i+1, len(g))], "")
		}
	}
	return "it is longer"
}

// Every file of the corpus is shown; the altered ones need not be readable.
func TestFileShowCorpus(t *testing.T) {
	for folder, kind := range map[string]string{
		"masterlists": "master list", "sod-real": "EF.SOD", "crl": "CRL", "deviation-list": "deviation list", "sod-altered": "EF.SOD",
	} {
		files := pkitest.Files(t, folder)
		for _, f := range files {
			status, out, talk := runShow(t, "en", f)
			if !strings.HasPrefix(out, f+": "+kind) || status != exitOK && folder != "sod-altered" {
				t.Errorf("%s: status %d, %s", f, status, talk)
			}
		}
	}
}
