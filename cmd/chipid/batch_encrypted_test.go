package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/testcards/people"
)

// An office encrypts with OpenSSL to the line's certificate; the key stays in SoftHSM.
func TestEncryptedBatch(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is missing")
		}
		t.Skip("openssl is missing")
	}
	dir, keys := newLineKeys(t, "intake", "audit")
	file, cert := filepath.Join(dir, people.CSVName), filepath.Join(dir, "intake.pem")
	chipidRun(t, "", "batch", "new", "A", "--profile", "vn-cccd-2021", "--keys", keys).expect(t, exitOK, "")
	if r := chipidRun(t, "", "batch", "certificate", "--keys", keys, "--out", cert); r.status != exitOK || !strings.Contains(r.out, "fingerprint") {
		t.Fatalf("%d %s %s", r.status, r.out, r.talk)
	}
	for _, cipher := range []string{"-aes-256-gcm", "-aes256"} {
		out, err := exec.Command("openssl", "cms", "-encrypt", "-binary", cipher, "-outform", "DER", "-in", file, "-out", file+".p7m", cert).CombinedOutput()
		if err != nil {
			t.Fatalf("%v %s", err, out)
		}
		if r := chipidRun(t, "", "batch", "check", file+".p7m", "--keys", keys, "--profile", "vn-cccd-2021"); r.status != exitFailed || !strings.Contains(r.out, "21 rows = 20 accepted + 1 rejected") {
			t.Errorf("%d %s", r.status, r.out)
		}
	}
	chipidRun(t, "", "batch", "check", file+".p7m", "--profile", "vn-cccd-2021").expect(t, exitUsage, "no key that opens it")
	chipidRun(t, "", "batch", "import", file+".p7m", "--batch", "A", "--keys", keys, "--rejects", filepath.Join(dir, "r.csv")).expect(t, exitUsage, "--rejects")
	var in importedJSON
	check(t, json.Unmarshal([]byte(chipidRun(t, "", "batch", "import", file+".p7m", "--batch", "A", "--keys", keys, "--rejects-for", cert, "--json").expect(t, exitOK, "").out), &in))
	if in.Accepted != 20 || in.Rejected != 1 || !strings.HasSuffix(in.Rejects, "-rejects.csv.p7m") {
		t.Errorf("%+v", in)
	}
	b, err := os.ReadFile(in.Rejects)
	check(t, err)
	if bytes.Contains(b, []byte("not a date")) {
		t.Error("the rejects are in clear")
	}
	chipidRun(t, "", "batch", "check", in.Rejects, "--keys", keys, "--profile", "vn-cccd-2021").expect(t, exitFailed, "")
	chipidRun(t, "", "batch", "import", file+".p7m", "--batch", "A", "--keys", keys, "--rejects-for", file).expect(t, exitUsage, "certificate")
}
