package pkcs11_test

import (
	"testing"

	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

func TestSoftHSM(t *testing.T) {
	kdf3 := loadKDF3(t)
	hsmtest.Run(t, func(t *testing.T) *hsmtest.Place { return hsmtest.SoftHSMPlace(t, kdf3) })
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
