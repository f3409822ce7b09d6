package soft_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
	"github.com/chipid-toolkit/chipid/hsm/soft"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

func TestFiles(t *testing.T) {
	kdf3 := loadKDF3(t)
	hsmtest.Run(t, func(t *testing.T) *hsmtest.Place {
		dir := t.TempDir()
		keys, away := filepath.Join(dir, "keys"), filepath.Join(dir, "away")
		open := func(ctx context.Context, dir string, pin hsm.PINSource, create bool) (hsm.Keyring, error) {
			return soft.Open(ctx, soft.Config{Dir: dir, PIN: pin, Create: create}, soft.ForTesting(t))
		}
		p := &hsmtest.Place{
			OpenContext: func(ctx context.Context, pin hsm.PINSource) (hsm.Keyring, error) { return open(ctx, keys, pin, false) },
			Missing: func(pin hsm.PINSource) (hsm.Keyring, error) {
				return open(context.Background(), filepath.Join(dir, "none"), pin, false)
			},
			PIN:    "4711-Test",
			Vanish: func() error { return os.Rename(keys, away) },
			Return: func() error { return os.Rename(away, keys) },
			KDF3:   kdf3,
		}
		k, err := open(context.Background(), keys, hsmtest.PIN(p.PIN), true)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
		return p
	})
}
func loadKDF3(t *testing.T) []hsmtest.KDF3 {
	var file struct {
		Cases []struct {
			Name   string
			Master vectors.Hex
			KDD    vectors.Hex
			KCVENC vectors.Hex `json:"kcv_enc"`
			KCVMAC vectors.Hex `json:"kcv_mac"`
			KCVDEK vectors.Hex `json:"kcv_dek"`
			ENC    vectors.Hex
		}
	}
	vectors.Load(t, "gp_kdf3.json", &file)
	var out []hsmtest.KDF3
	for _, c := range file.Cases {
		out = append(out, hsmtest.KDF3{Name: c.Name, Master: c.Master, KDD: c.KDD, KCVENC: c.KCVENC, KCVMAC: c.KCVMAC, KCVDEK: c.KCVDEK, WholeENC: c.ENC})
	}
	return out
}
