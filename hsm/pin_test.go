package hsm_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

func TestPINSources(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		f := filepath.Join(dir, name)
		if err := os.WriteFile(f, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return "file:" + f
	}
	t.Setenv("CHIPID_TEST_PIN", "secret-9")
	ask := func(context.Context) (mac.Key, error) { return mac.NewKey([]byte("secret-9")), nil }
	for _, s := range []string{file("bare", "secret-9"), file("line", "secret-9\n"), file("windows", "secret-9\r\n"), "env:CHIPID_TEST_PIN", "prompt"} {
		source, err := hsm.ParsePINSource(s, ask)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if source.String() != s {
			t.Errorf("%s names itself %s", s, source)
		}
		for range 2 {
			pin, err := source.PIN(context.Background())
			if err != nil || string(pin.Bytes()) != "secret-9" {
				t.Errorf("%s: %v", s, err)
			}
			// The caller may wipe what it got: the next time it is there again.
			pin.Wipe()
		}
		if text := fmt.Sprintf("%v %+v %#v %s", source, source, source, source); strings.Contains(text, "secret-9") {
			t.Errorf("printing the source prints the PIN: %s", text)
		}
	}
	for _, s := range []string{"file:" + dir + "/none", file("empty", ""), file("blank", "\n"), file("two", "a\nb\n"), file("long", strings.Repeat("1", 300)), file("zero", "a\x00b"), "file:" + dir, "env:CHIPID_NO_SUCH"} {
		source, err := hsm.ParsePINSource(s, nil)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		_, err = source.PIN(context.Background())
		if !errors.Is(err, hsm.ErrPINSource) || !errors.Is(err, hsm.Err) {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{"", "123456", "pin:123456", "file:", "env:", "prompt:", "prompt"} {
		_, err := hsm.ParsePINSource(s, nil)
		if !errors.Is(err, hsm.ErrPINSource) {
			t.Errorf("%q: %v", s, err)
		}
		if err != nil && strings.Contains(err.Error(), "123456") {
			t.Errorf("the error repeats what may be a PIN: %v", err)
		}
	}
}

func TestFaultsMatch(t *testing.T) {
	cause := &hsm.PINStatus{FinalTry: true}
	err := fmt.Errorf("outer: %w", &hsm.Fault{Doing: "log in", Kind: hsm.ErrPINWrong, Detail: "d", Cause: cause})
	var status *hsm.PINStatus
	if !errors.Is(err, hsm.Err) || !errors.Is(err, hsm.ErrPINWrong) || errors.Is(err, hsm.ErrPINLocked) || !errors.As(err, &status) || !status.FinalTry {
		t.Error("a Fault does not match what it should")
	}
	if want := "outer: hsm: log in: PIN is wrong: d (one try is left before the PIN locks)"; err.Error() != want {
		t.Errorf("%q, want %q", err.Error(), want)
	}
}
