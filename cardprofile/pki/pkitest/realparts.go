package pkitest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// missing ends a test whose real part is not there: a failure where CI says that
// everything must be, a skip with one line elsewhere.
func missing(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatal(what)
	}
	tb.Skip(what)
}

// Corpus returns the directory of public documents that CHIPID_CORPUS names.
func Corpus(tb testing.TB) string {
	tb.Helper()
	dir := os.Getenv("CHIPID_CORPUS")
	if dir == "" {
		missing(tb, "CHIPID_CORPUS is not set: tests on public documents need it")
	}
	if _, err := os.Stat(filepath.Join(dir, "masterlists")); err != nil {
		missing(tb, "CHIPID_CORPUS names no corpus of public documents")
	}
	return dir
}

// Files lists the files of one folder of the corpus; there is at least one.
func Files(tb testing.TB, folder string) []string {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(Corpus(tb), folder, "*"))
	if err != nil || len(names) == 0 {
		tb.Fatalf("the corpus has no files in %s", folder)
	}
	return names
}

// OpenSSL runs the stock openssl and returns what it printed and whether it
// succeeded.
func OpenSSL(tb testing.TB, args ...string) (string, error) {
	tb.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		missing(tb, "openssl is not installed: tests that compare with it need it")
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	return string(out), err
}

// WriteFile writes a file into a directory of the test and returns its path.
func WriteFile(tb testing.TB, dir, name string, b []byte) string {
	tb.Helper()
	p := filepath.Join(dir, name)
	if err := os.WriteFile(p, b, 0o600); err != nil {
		tb.Fatal(err)
	}
	return p
}

// Read reads a file.
func Read(tb testing.TB, path string) []byte {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
