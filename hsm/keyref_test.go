package hsm_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/hsm"
)

func TestParseURI(t *testing.T) {
	for text, want := range map[string]hsm.URI{
		"pkcs11:": {},
		// RFC 7512, section 3, has these as examples; attributes that keys do not need are left out here.
		"pkcs11:object=my-pubkey;type=public":                                {Object: "my-pubkey", Type: "public"},
		"pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;object=my-cert": {Token: "The Software PKCS#11 Softtoken", Object: "my-cert"},
		"pkcs11:object=my-sign-key;type=private;id=%69%95%3E%5C%F4%BD%EC%91": {Object: "my-sign-key", Type: "private", ID: []byte{0x69, 0x95, 0x3E, 0x5C, 0xF4, 0xBD, 0xEC, 0x91}},
		"pkcs11:token=a&b:[]@!$'()*+,;serial=12?":                            {Token: "a&b:[]@!$'()*+,", Serial: "12"},
		"pkcs11:id=abc": {ID: []byte("abc")},
		"pkcs11:object=kho%C3%A1;manufacturer=m;model=x": {Object: "khoá", Manufacturer: "m", Model: "x"},
	} {
		got, err := hsm.KeyRef(text).Parse()
		if err != nil || !reflect.DeepEqual(got, want) && !(len(got.ID) == 0 && len(want.ID) == 0 && got.String() == want.String()) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		again, err := got.Ref().Parse()
		if err != nil || again.String() != got.String() {
			t.Errorf("%s: written as %s and not read back: %v", text, got, err)
		}
	}
}

func TestParseURIRefuses(t *testing.T) {
	for _, text := range []string{
		"", "pkcs12:object=a", "PKCS11:object=a", "object=a", "pkcs11:object", "pkcs11:=a", "pkcs11:object=a;", "pkcs11:;object=a",
		"pkcs11:object=a;object=b", "pkcs11:object=a%", "pkcs11:object=a%2", "pkcs11:object=a%zz", "pkcs11:object=a b", "pkcs11:object=a/b#",
		"pkcs11:type=key", "pkcs11:slot-id=1;object=a", "pkcs11:x-vendor=1;object=a", "pkcs11:library-version=2;object=a",
		"pkcs11:object=a?pin-value=123456", "pkcs11:object=a?pin-source=file:/x", "pkcs11:object=a?module-path=/x", "pkcs11:object=a?module-name=x",
		"pkcs11:object=" + strings.Repeat("a", 3000),
	} {
		_, err := hsm.ParseURI(text)
		if !errors.Is(err, hsm.ErrKeyRef) || !errors.Is(err, hsm.Err) {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && strings.Contains(err.Error(), "123456") {
			t.Errorf("the error repeats a PIN: %v", err)
		}
	}
}

func FuzzParseURI(f *testing.F) {
	f.Add("pkcs11:token=a;object=b%20c;id=%00%ff;type=private")
	f.Add("pkcs11:object=a?pin-value=1")
	f.Fuzz(func(t *testing.T, text string) {
		u, err := hsm.ParseURI(text)
		if err != nil {
			return
		}
		again, err := u.Ref().Parse()
		if err != nil {
			// Escaping may make a URI that was just short enough too long.
			if len(u.Ref()) > 2048 {
				return
			}
			t.Fatalf("%q is written as %q, which is refused: %v", text, u, err)
		}
		if again.Token != u.Token || again.Object != u.Object || !bytes.Equal(again.ID, u.ID) || again.Type != u.Type || again.Serial != u.Serial {
			t.Fatalf("%q changes when written", text)
		}
	})
}
