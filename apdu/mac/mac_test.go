package mac_test

import (
	"bytes"
	"crypto/aes"
	"crypto/des"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCMACWycheproof(t *testing.T) {
	var f struct {
		Groups []struct {
			KeyBits int `json:"key_bits"`
			TagBits int `json:"tag_bits"`
			Tests   []struct {
				ID            int
				Name, Result  string
				Key, Msg, Tag vectors.Hex
			}
		}
	}
	vectors.Load(t, "wycheproof_aes_cmac.json", &f)
	n := 0
	for _, g := range f.Groups {
		for _, v := range g.Tests {
			n++
			t.Run(fmt.Sprintf("%d %s", v.ID, v.Name), func(t *testing.T) {
				got, err := mac.CMAC(v.Key, v.Msg)
				switch g.KeyBits {
				case 128, 192, 256:
					if err != nil {
						t.Fatal(err)
					}
				default:
					if !errors.Is(err, mac.ErrKeyLength) || v.Result != "invalid" {
						t.Fatalf("key of %d bits: %X, %v", g.KeyBits, got, err)
					}
					return
				}
				want := v.Result == "valid"
				if equal := bytes.Equal(got[:g.TagBits/8], v.Tag); equal != want {
					t.Fatalf("got %X, tag %X is %s", got, []byte(v.Tag), v.Result)
				}
				if ok, err := mac.VerifyCMAC(v.Key, v.Msg, v.Tag); err != nil || ok != want {
					t.Fatalf("VerifyCMAC %v, %v: tag is %s", ok, err, v.Result)
				}
			})
		}
	}
	if n != 311 {
		t.Fatalf("%d vectors, want 311", n)
	}
}

func TestVerifyCMACNeedsATag(t *testing.T) {
	for _, tag := range [][]byte{nil, make([]byte, 17)} {
		if ok, _ := mac.VerifyCMAC(make([]byte, 16), nil, tag); ok {
			t.Fatalf("a tag of %d bytes passed", len(tag))
		}
	}
}

// NIST SP 800-38B examples as updated in the CMAC example set, three-key
// TDEA, 64-bit blocks.
func TestCMACTripleDES(t *testing.T) {
	b, err := des.NewTripleDESCipher(unhex(t, "8aa83bf8cbda1062 0bc1bf19fbb6cd58 bc313d4a371ca8b5"))
	if err != nil {
		t.Fatal(err)
	}
	msg := unhex(t, "6bc1bee22e409f96 e93d7e117393172a ae2d8a571e03ac9c 9eb76fac45af8e51")
	for n, want := range map[int]string{0: "b7a688e122ffaf95", 8: "8e8f293136283797", 20: "743ddbe0ce2dc2ed", 32: "33e6b1092400eae5"} {
		h := mac.NewCMAC(b)
		h.Write(msg[:n])
		if got := hex.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("%d bytes: %s, want %s", n, got, want)
		}
	}
}

func TestCMACInPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "key")
		pieces := rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 40)).Draw(t, "pieces")
		b, err := aes.NewCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		h := mac.NewCMAC(b)
		h.Write([]byte("something before"))
		h.Reset()
		var all []byte
		for _, p := range pieces {
			h.Write(p)
			all = append(all, p...)
			want, err := mac.CMAC(key, all)
			if err != nil {
				t.Fatal(err)
			}
			if got := h.Sum([]byte{1}); !bytes.Equal(got[1:], want) {
				t.Fatalf("after %d bytes: %X, want %X", len(all), got[1:], want)
			}
		}
	})
}

// Doc 9303-11 (8th ed.), appendix D.3: MAC over the encrypted EIFD, padded.
func TestRetailDoc9303(t *testing.T) {
	kmac := unhex(t, "7962D9ECE03D1ACD4C76089DCE131543")
	eifd := unhex(t, "72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F2")
	got, err := mac.Retail(kmac, mac.Pad80(eifd, 8))
	if err != nil || hex.EncodeToString(got) != "5f1448eea8ad90a7" {
		t.Fatalf("%x, %v", got, err)
	}
	if _, err := mac.Retail(kmac, eifd[:31]); !errors.Is(err, mac.ErrPadding) {
		t.Fatalf("31 bytes: %v", err)
	}
	if _, err := mac.Retail(kmac, nil); !errors.Is(err, mac.ErrPadding) {
		t.Fatalf("nothing: %v", err)
	}
	if _, err := mac.Retail(kmac[:8], eifd); !errors.Is(err, mac.ErrKeyLength) {
		t.Fatalf("single key: %v", err)
	}
}

// Doc 9303-11 (8th ed.), appendix D.1 (3DES) and G.1 (AES-128).
func TestDeriveICAO(t *testing.T) {
	for _, v := range []struct {
		name, secret string
		counter      uint32
		c            mac.Cipher
		want         string
	}{
		{"3DES encryption", "239AB9CB282DAF66231DC5A4DF6BFBAE", mac.CounterENC, mac.TDES, "AB94FDECF2674FDFB9B391F85D7F76F2"},
		{"3DES MAC", "239AB9CB282DAF66231DC5A4DF6BFBAE", mac.CounterMAC, mac.TDES, "7962D9ECE03D1ACD4C76089DCE131543"},
		{"AES-128 from a PACE password", "7E2D2A41C74EA0B38CD36F863939BFA8E9032AAD", mac.CounterPi, mac.AES128, "89DED1B26624EC1E634C1989302849DD"},
	} {
		t.Run(v.name, func(t *testing.T) {
			if got := mac.DeriveICAO(unhex(t, v.secret), v.counter, v.c); !bytes.Equal(got.Bytes(), unhex(t, v.want)) {
				t.Fatalf("got %X", got.Bytes())
			}
		})
	}
	for _, c := range []mac.Cipher{mac.TDES, mac.AES128, mac.AES192, mac.AES256} {
		k := mac.DeriveICAO([]byte("secret"), 1, c)
		if _, err := c.NewBlock(k.Bytes()); err != nil || k.Len() != c.KeyLen() {
			t.Errorf("%v: %d bytes, %v", c, k.Len(), err)
		}
	}
	if k := mac.DeriveICAO([]byte("secret"), 1, 0); k.Len() != 0 {
		t.Errorf("no cipher: %d bytes", k.Len())
	}
}

func TestSetParity(t *testing.T) {
	k := []byte{0x00, 0x01, 0x02, 0x03, 0xFE, 0xFF}
	mac.SetParity(k)
	if !bytes.Equal(k, []byte{0x01, 0x01, 0x02, 0x02, 0xFE, 0xFE}) {
		t.Fatalf("%X", k)
	}
}

func TestKDFPublished(t *testing.T) {
	var nist struct {
		Vectors []struct {
			Name                    string
			Bits                    int
			Key, Before, After, Out vectors.Hex
		}
	}
	vectors.Load(t, "nist_sp800_108_ctr_cmac.json", &nist)
	for _, v := range nist.Vectors {
		t.Run("SP 800-108 "+v.Name, func(t *testing.T) {
			got, err := mac.CounterKDFFixed(v.Key, v.Before, v.After, v.Bits)
			if err != nil || !bytes.Equal(got, v.Out) {
				t.Fatalf("got %X, want %X, %v", got, []byte(v.Out), err)
			}
		})
	}
	var scp03 struct {
		Vectors []struct {
			Name              string
			Constant          byte
			Key, Context, Out vectors.Hex
		}
	}
	vectors.Load(t, "scp03_kdf.json", &scp03)
	for _, v := range scp03.Vectors {
		t.Run("SCP03 "+v.Name, func(t *testing.T) {
			got, err := mac.CounterKDF(v.Key, v.Constant, v.Context, len(v.Out)*8)
			if err != nil || !bytes.Equal(got, v.Out) {
				t.Fatalf("got %X, want %X, %v", got, []byte(v.Out), err)
			}
		})
	}
	if len(nist.Vectors) != 12 || len(scp03.Vectors) != 40 {
		t.Fatalf("%d and %d vectors", len(nist.Vectors), len(scp03.Vectors))
	}
}

func TestKDFLengths(t *testing.T) {
	for _, bits := range []int{0, -8, 7, 255*128 + 8, 1 << 20} {
		if _, err := mac.CounterKDFFixed(make([]byte, 16), nil, nil, bits); !errors.Is(err, mac.ErrKDFLength) {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
	if _, err := mac.CounterKDF(make([]byte, 15), 4, nil, 128); !errors.Is(err, mac.ErrKeyLength) {
		t.Errorf("key of 15 bytes: %v", err)
	}
}

// GlobalPlatform's published default key 40..4F has these check values; the
// AES ones stand in the recorded key DGIs too.
func TestKeyCheckValues(t *testing.T) {
	if kcv, err := mac.KCVAES(unhex(t, "404142434445464748494A4B4C4D4E4F")); err != nil || hex.EncodeToString(kcv) != "504a77" {
		t.Errorf("AES: %x, %v", kcv, err)
	}
	if kcv, err := mac.KCVTDES(unhex(t, "404142434445464748494A4B4C4D4E4F")); err != nil || hex.EncodeToString(kcv) != "8baf47" {
		t.Errorf("3DES: %x, %v", kcv, err)
	}
	if _, err := mac.KCVAES(make([]byte, 15)); !errors.Is(err, mac.ErrKeyLength) {
		t.Errorf("15 bytes: %v", err)
	}
	if _, err := mac.KCVTDES(make([]byte, 8)); !errors.Is(err, mac.ErrKeyLength) {
		t.Errorf("8 bytes: %v", err)
	}
}

func TestPadding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 70).Draw(t, "data")
		block := rapid.SampledFrom([]int{8, 16}).Draw(t, "block")
		p := mac.Pad80(b, block)
		if len(p)%block != 0 || len(p)-len(b) < 1 || len(p)-len(b) > block {
			t.Fatalf("%d bytes padded to %d", len(b), len(p))
		}
		u, err := mac.Unpad80(p)
		if err != nil || !bytes.Equal(u, b) {
			t.Fatalf("%X, %v", u, err)
		}
	})
	for _, b := range [][]byte{nil, {0}, {0, 0, 0}, {0x80, 0x01}, {0x81}} {
		if u, err := mac.Unpad80(b); !errors.Is(err, mac.ErrPadding) {
			t.Errorf("%X unpadded to %X", b, u)
		}
	}
}

func TestKeyNeverPrints(t *testing.T) {
	raw := []byte{0xDE, 0xAD, 0xBE, 0xEF, 'k', 'e', 'y', '!'}
	k := mac.NewKey(raw)
	type holder struct {
		Name string
		k    mac.Key
		K    mac.Key
		P    *mac.Key
	}
	h := holder{"h", k, k, &k}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%b", "%o", "%c", "%U", "%t"} {
		for _, v := range []any{k, &k, h, &h, []mac.Key{k}, map[string]mac.Key{"a": k}, [1]mac.Key{k}} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		l := slog.New(handler)
		l.Info("m", "k", k, "h", h, "p", &h)
	}
	for _, v := range []any{k, &k, h, &h, []mac.Key{k}} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
	}
	s := strings.ToLower(out.String())
	for _, leak := range []string{
		// Long enough not to be found in an address by chance.
		"deadbeef", "de ad be ef", "0xde, 0xad", `\xde\xad`, "222 173 190", "336 255 276", "11011110 10101101", "key!", "3q2+7w",
	} {
		if strings.Contains(s, leak) {
			i := strings.Index(s, leak)
			t.Errorf("%q leaks in …%s…", leak, s[max(0, i-80):min(len(s), i+20)])
		}
	}
	if !strings.Contains(s, "[secret]") {
		t.Error("nothing printed at all: the test proves nothing")
	}
}

func TestKeyCopiesAndWipes(t *testing.T) {
	raw := []byte{1, 2, 3}
	k := mac.NewKey(raw)
	raw[0] = 9
	if k.Bytes()[0] != 1 {
		t.Fatal("the key shares the caller's bytes")
	}
	inner := k.Bytes()
	other := k
	k.Wipe()
	if other.Len() != 0 || !bytes.Equal(inner, []byte{0, 0, 0}) {
		t.Fatal("not wiped")
	}
	mac.Key{}.Wipe()
	if !mac.NewKey([]byte{1}).Equal(mac.NewKey([]byte{1})) || mac.NewKey([]byte{1}).Equal(mac.NewKey([]byte{2})) {
		t.Fatal("Equal")
	}
}

func TestNewBlockKeyLengths(t *testing.T) {
	for _, c := range []mac.Cipher{mac.TDES, mac.AES128, mac.AES192, mac.AES256} {
		b, err := c.NewBlock(make([]byte, c.KeyLen()))
		if err != nil || b.BlockSize() != c.BlockSize() {
			t.Errorf("%v: %v", c, err)
		}
		if _, err := c.NewBlock(make([]byte, c.KeyLen()+8)); !errors.Is(err, mac.ErrKeyLength) {
			t.Errorf("%v with a longer key: %v", c, err)
		}
	}
	if _, err := mac.Cipher(9).NewBlock(nil); err == nil {
		t.Error("no cipher")
	}
}
