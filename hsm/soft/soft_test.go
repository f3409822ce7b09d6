package soft_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
	"github.com/chipid-toolkit/chipid/hsm/soft"
)

var bg = context.Background()

func TestWantsToBeAcknowledged(t *testing.T) {
	var none soft.Acknowledgement
	for _, ack := range []soft.Acknowledgement{none, soft.ForTesting(nil)} {
		if k, err := soft.Open(bg, soft.Config{Dir: t.TempDir(), Create: true}, ack); k != nil || !errors.Is(err, hsm.ErrKeyUse) {
			t.Errorf("opened without a word: %v", err)
		}
	}
	var said bytes.Buffer
	k, err := soft.Open(bg, soft.Config{}, soft.Embedded(&said))
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if !strings.Contains(said.String(), "not in a token") {
		t.Errorf("the warning says %q", said.String())
	}
	if _, _, err := k.Generate(bg, hsm.KeySpec{Label: "in memory", Curve: "P-256"}); err != nil {
		t.Error(err)
	}
}

func open(t *testing.T, dir, pin string) hsm.Keyring {
	t.Helper()
	cfg := soft.Config{Dir: dir, Create: true}
	if pin != "" {
		cfg.PIN = hsmtest.PIN(pin)
	}
	k, err := soft.Open(bg, cfg, soft.ForTesting(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k
}

func TestFilesArePrivateAndSealed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	secret := []byte("a master key 128")
	find := func(in string) (found bool) {
		_ = filepath.WalkDir(in, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				t.Fatal(err)
			}
			info, err := d.Info()
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
			if d.IsDir() {
				return nil
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			// "YSBtYXN0ZXIga2V5IDEyOA==" is what JSON makes of the secret.
			found = found || bytes.Contains(b, secret) || bytes.Contains(b, []byte("YSBtYXN0ZXIga2V5IDEyOA"))
			return nil
		})
		return found
	}
	spec := hsm.SecretSpec{Label: "m", Use: hsm.UseCardMaster, Bits: 128}
	if _, err := open(t, dir, "4711").ImportSecret(bg, spec, mac.NewKey(secret)); err != nil {
		t.Fatal(err)
	}
	if find(dir) {
		t.Error("a key lies in clear in a keyring with a PIN")
	}
	clearDir := filepath.Join(t.TempDir(), "keys")
	if _, err := open(t, clearDir, "").ImportSecret(bg, spec, mac.NewKey(secret)); err != nil {
		t.Fatal(err)
	}
	if !find(clearDir) {
		t.Error("the search for keys in clear finds none where one is: it proves nothing")
	}
	_, err := soft.Open(bg, soft.Config{Dir: clearDir, PIN: hsmtest.PIN("4711")}, soft.ForTesting(t))
	if !errors.Is(err, hsm.ErrPINWrong) {
		t.Errorf("a PIN for a keyring without: %v", err)
	}
	_, err = soft.Open(bg, soft.Config{Dir: dir}, soft.ForTesting(t))
	if !errors.Is(err, hsm.ErrPINSource) {
		t.Errorf("no PIN for a keyring with: %v", err)
	}
}

// Damaged and exchanged files are errors, never other keys and never a panic.
func TestDamagedFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	k := open(t, dir, "4711")
	a, _, err := k.Generate(bg, hsm.KeySpec{Label: "a", ID: []byte{0xA}, Curve: "P-256"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = k.Generate(bg, hsm.KeySpec{Label: "b", ID: []byte{0xB}, Curve: "P-256"}); err != nil {
		t.Fatal(err)
	}
	s, err := k.Signer(bg, a)
	if err != nil {
		t.Fatal(err)
	}
	fileA, fileB := filepath.Join(dir, "private-0a.json"), filepath.Join(dir, "private-0b.json")
	good, err := os.ReadFile(fileA)
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.ReadFile(fileB)
	if err != nil {
		t.Fatal(err)
	}
	// b's key under a's name, its fields changed to fit: the seal is bound to the name.
	swapped := bytes.ReplaceAll(bytes.ReplaceAll(other, []byte(`"b"`), []byte(`"a"`)), []byte(`"Cw=="`), []byte(`"Cg=="`))
	for name, text := range map[string][]byte{
		"empty": nil, "not JSON": []byte("key"), "cut": good[:len(good)/2], "another key's file": other, "another key's seal": swapped,
		"no curve": bytes.ReplaceAll(good, []byte("P-256"), []byte("P-512")), "another curve": bytes.ReplaceAll(good, []byte("P-256"), []byte("P-384")),
		"another algorithm": bytes.ReplaceAll(good, []byte(`"EC"`), []byte(`"RSA"`)), "huge": bytes.Repeat([]byte("x"), 1<<20),
	} {
		if err := os.WriteFile(fileA, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Signer(bg, a); !errors.Is(err, hsm.Err) {
			t.Errorf("%s: Signer: %v", name, err)
		}
		if sig, err := s.Sign(rand.Reader, make([]byte, 32), crypto.SHA256); !errors.Is(err, hsm.Err) || sig != nil {
			t.Errorf("%s: Sign: %v", name, err)
		}
		if _, err := k.List(bg); !errors.Is(err, hsm.Err) {
			t.Errorf("%s: List: %v", name, err)
		}
	}
	header := filepath.Join(dir, "keyring.json")
	for name, text := range map[string]string{"empty": "", "not JSON": "x", "too many rounds": `{"format":"chipid.soft/1","iterations":2000000000}`, "another format": `{"format":"x"}`} {
		if err := os.WriteFile(header, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := soft.Open(bg, soft.Config{Dir: dir, PIN: hsmtest.PIN("4711")}, soft.ForTesting(t)); !errors.Is(err, hsm.ErrTokenMissing) {
			t.Errorf("header, %s: %v", name, err)
		}
	}
}
