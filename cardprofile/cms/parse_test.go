package cms_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

func TestOIDs(t *testing.T) {
	for _, id := range []string{"2.23.136.1.1.1", "0.4.0.127.0.7.3.2.1", "1.2.840.113549.1.1.10", "2.999.9303.1", "2.5.29.15",
		"2.25.329800735698586629295641978511506172918", "0.0", "1.39", "2.40", "2.1000000000000000000000"} {
		der := cms.MarshalOID(id)
		if got, ok := cms.OIDString(der[2:]); !ok || got != id {
			t.Errorf("%s comes back as %s", id, got)
		}
	}
	for _, bad := range [][]byte{nil, {0x80}, {0x80, 0x01}, {0x2a, 0x80, 0x01}, {0x2a, 0x86}, bytes.Repeat([]byte{0x81}, 100)} {
		if got, ok := cms.OIDString(bad); ok {
			t.Errorf("%x is %s", bad, got)
		}
	}
	for _, bad := range []string{"", "1", "1.x", "1.-2"} {
		if cms.MarshalOID(bad) != nil {
			t.Errorf("%q was written", bad)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, c := range []struct {
		tag   byte
		text  string
		want  time.Time
		exact bool
	}{
		{0x17, "261123120000Z", time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), true},
		{0x17, "491231235959Z", time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC), true},
		{0x17, "500101000000Z", time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC), true},
		{0x17, "680101000000Z", time.Date(1968, 1, 1, 0, 0, 0, 0, time.UTC), true},
		{0x17, "2611231200Z", time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), false},
		{0x17, "261123120000+0700", time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC), false},
		{0x18, "20500101000000Z", time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC), true},
		{0x18, "20260101000000Z", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), false},
		{0x18, "20260101000000.5Z", time.Date(2026, 1, 1, 0, 0, 0, 500_000_000, time.UTC), false},
	} {
		got, exact, ok := cms.ParseTime(c.tag, []byte(c.text))
		if !ok || !got.Equal(c.want) || exact != c.exact {
			t.Errorf("%s is %v, exact %v, %v", c.text, got, exact, ok)
		}
	}
	for _, bad := range []string{"", "Z", "261332120000Z", "260230120000Z", "not a time"} {
		if _, _, ok := cms.ParseTime(0x17, []byte(bad)); ok {
			t.Errorf("%q was read", bad)
		}
	}
	if _, _, ok := cms.ParseTime(0x04, []byte("261123120000Z")); ok {
		t.Error("an octet string was read as a time")
	}
}

func TestParseDeviates(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	content := []byte{0x30, 0}
	der := a.Sign(t, content, pkitest.SignedOptions{SigningTime: pkitest.Epoch})
	replace := func(old, new string) []byte {
		if n := strings.Count(string(der), old); n == 0 {
			t.Fatalf("%x is not in the object", old)
		}
		return []byte(strings.Replace(string(der), old, new, 1))
	}
	last := func(old, new string) []byte {
		at := bytes.LastIndex(der, []byte(old))
		return slices.Concat(der[:at], []byte(new), der[at+len(old):])
	}
	digest := "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"
	for _, c := range []struct {
		name, rule string
		der        []byte
	}{
		{"as it should be", "", der},
		{"version 1", "cms.version", replace("\x02\x01\x03\x31", "\x02\x01\x01\x31")},
		{"digestAlgorithms names another", "cms.digestalgorithms", replace("\x31\x0d"+digest+"\x01", "\x31\x0d"+digest+"\x02")},
		{"digestAlgorithms names one more", "cms.digestalgorithms.extra", more(t, der)},
		{"signer version 3", "cms.signer.version", last("\x02\x01\x01\x30", "\x02\x01\x03\x30")},
		{"unsigned attributes", "cms.unsignedattrs", a.Sign(t, content, pkitest.SignedOptions{SigningTime: pkitest.Epoch, Unsigned: tlv.Encode(0xa1, tlv.Encode(0x30, cms.MarshalOID("1.2.3"), tlv.Encode(0x31, []byte{5, 0})))})},
		{"attributes out of order", "cms.signedattrs.order", a.Sign(t, content, pkitest.SignedOptions{SigningTime: pkitest.Epoch, Attributes: func(l [][]byte) [][]byte {
			slices.Reverse(l)
			return l
		}})},
		{"signing time unreadable", "cms.signingtime", a.Sign(t, content, pkitest.SignedOptions{Attributes: func(l [][]byte) [][]byte {
			return append(l, tlv.Encode(0x30, cms.MarshalOID("1.2.840.113549.1.9.5"), tlv.Encode(0x31, tlv.Encode(0x17, []byte("noon")))))
		}})},
	} {
		t.Run(c.name, func(t *testing.T) {
			sd, err := cms.Parse(c.der)
			if err != nil {
				t.Fatal(err)
			}
			if c.rule == "" && len(sd.Deviations) > 0 || c.rule != "" && !has(sd.Deviations, c.rule) {
				t.Errorf("deviations %v, want %q", sd.Deviations, c.rule)
			}
			if v, err := sd.Verify(sd.Signers[0], a.DS.PublicKey); err != nil || !v.OK() || !bytes.Equal(v.Content(), content) {
				t.Errorf("verify: %v", err)
			}
		})
	}
}

// more adds an algorithm to digestAlgorithms, which no signature covers.
func more(t *testing.T, der []byte) []byte {
	t.Helper()
	info, _, err := tlv.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	body, ok := info.Path(0xa0, 0x30)
	if !ok {
		t.Fatal("no SignedData")
	}
	parts, err := body.Children()
	if err != nil {
		t.Fatal(err)
	}
	sha1 := tlv.Encode(0x30, cms.MarshalOID("1.3.14.3.2.26"))
	out := [][]byte{parts[0].Raw, tlv.Encode(0x31, parts[1].Value, sha1)}
	for _, p := range parts[2:] {
		out = append(out, p.Raw)
	}
	return tlv.Encode(0x30, cms.MarshalOID(cms.OIDSignedData), tlv.Encode(0xa0, tlv.Encode(0x30, out...)))
}

func TestVerifyRefuses(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	content := []byte{0x30, 0}
	attribute := func(id string, value []byte) []byte {
		return tlv.Encode(0x30, cms.MarshalOID(id), tlv.Encode(0x31, value))
	}
	contentType := attribute("1.2.840.113549.1.9.3", cms.MarshalOID(cms.OIDLDSSecurityObject))
	for _, c := range []struct {
		name   string
		change func(l [][]byte) [][]byte
	}{
		{"no attributes in the set", func([][]byte) [][]byte { return nil }},
		{"contentType missing", func(l [][]byte) [][]byte { return l[1:] }},
		{"messageDigest missing", func(l [][]byte) [][]byte { return l[:1] }},
		{"contentType twice", func(l [][]byte) [][]byte { return append([][]byte{contentType}, l...) }},
		{"another contentType", func(l [][]byte) [][]byte {
			return [][]byte{attribute("1.2.840.113549.1.9.3", cms.MarshalOID(cms.OIDMasterList)), l[1]}
		}},
		{"another digest", func(l [][]byte) [][]byte {
			return [][]byte{l[0], attribute("1.2.840.113549.1.9.4", tlv.Encode(0x04, make([]byte, 32)))}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			sd, err := cms.Parse(a.Sign(t, content, pkitest.SignedOptions{Attributes: c.change}))
			if err != nil {
				return // refused in reading
			}
			if v, err := sd.Verify(sd.Signers[0], a.DS.PublicKey); err == nil || v.OK() || v.Content() != nil {
				t.Error("was verified")
			}
		})
	}
	sd, err := cms.Parse(a.Sign(t, content, pkitest.SignedOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := sd.Verify(sd.Signers[0], a.CSCA.PublicKey); !errors.Is(err, cms.ErrSignature) || v.OK() {
		t.Errorf("another key: %v", err)
	}
	if _, err := sd.Verify(sd.Signers[0], nil); !errors.Is(err, cms.ErrUnsupported) {
		t.Errorf("no key: %v", err)
	}
	sd.Content = append(sd.Content, 0)
	if v, err := sd.Verify(sd.Signers[0], a.DS.PublicKey); err == nil || v.OK() {
		t.Error("changed content was verified")
	}
	var zero cms.Verified
	if zero.OK() || zero.Content() != nil {
		t.Error("the zero value is verified")
	}
}

// toBER rewrites an object with indefinite lengths all over, and octet strings of
// content in segments, leaving certificates and signed attributes alone.
func toBER(t *testing.T, der []byte, depth int) []byte {
	t.Helper()
	n, rest, err := tlv.Parse(der)
	if err != nil || len(rest) > 0 {
		t.Fatal(err)
	}
	if n.Tag == 0x04 && depth == 4 {
		half := len(n.Value) / 2
		return slices.Concat([]byte{0x24, 0x80}, tlv.Encode(0x04, n.Value[:half]), tlv.Encode(0x04, n.Value[half:]), []byte{0, 0})
	}
	if !n.Constructed() || depth == 3 && n.Tag == 0xa0 && n.Value[0] == 0x30 || depth > 3 {
		return der
	}
	parts, err := n.Children()
	if err != nil {
		t.Fatal(err)
	}
	out := []byte{byte(n.Tag), 0x80}
	for _, p := range parts {
		out = append(out, toBER(t, p.Raw, depth+1)...)
	}
	return append(out, 0, 0)
}

func TestBER(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	content := tlv.Encode(0x30, bytes.Repeat([]byte{0x04, 0x01, 0x55}, 50))
	der := a.Sign(t, content, pkitest.SignedOptions{SigningTime: pkitest.Epoch})
	ber := toBER(t, der, 0)
	if bytes.Equal(ber, der) {
		t.Fatal("nothing was rewritten")
	}
	sd, err := cms.Parse(ber)
	if err != nil {
		t.Fatal(err)
	}
	if !has(sd.Deviations, "cms.ber") || !bytes.Equal(sd.DER, der) || !bytes.Equal(sd.Raw, ber) {
		t.Errorf("normalised to\n%x, want\n%x; %v", sd.DER, der, sd.Deviations)
	}
	if v, err := sd.Verify(sd.Signers[0], a.DS.PublicKey); err != nil || !bytes.Equal(v.Content(), content) {
		t.Errorf("verify: %v", err)
	}
	// Lengths that are not the shortest are BER too.
	head := 4 // of the ContentInfo: 30 82 xx xx
	long := slices.Concat([]byte{0x30, 0x83, 0}, der[2:head], der[head:])
	if sd, err = cms.Parse(long); err != nil || !has(sd.Deviations, "cms.ber") || !bytes.Equal(sd.DER, der) {
		t.Errorf("a long length: %v", err)
	}
	for name, bad := range map[string][]byte{
		"bytes after":            append(slices.Clone(der), 0),
		"no end":                 ber[:len(ber)-2],
		"one zero for an end":    append(slices.Clone(ber[:len(ber)-2]), 0),
		"primitive indefinite":   {0x30, 0x80, 0x04, 0x80, 0x00, 0x00, 0x00, 0x00},
		"deep":                   append(bytes.Repeat([]byte{0x30, 0x80}, 5000), bytes.Repeat([]byte{0, 0}, 5000)...),
		"long length":            {0x30, 0x84, 0xff, 0xff, 0xff, 0xff},
		"length of lengths":      {0x30, 0xff, 0, 0},
		"octets of other things": {0x24, 0x80, 0x02, 0x01, 0x01, 0x00, 0x00},
		"empty":                  {},
	} {
		if _, err := cms.Parse(bad); err == nil {
			t.Errorf("%s: was accepted", name)
		}
	}
	if _, err := cms.Parse(make([]byte, cms.MaxSize+1)); err == nil {
		t.Error("too many bytes were accepted")
	}
}

func FuzzParse(f *testing.F) {
	a := pkitest.NewAuthority(f, pkitest.Options{})
	f.Add(a.Sign(f, []byte{0x30, 0}, pkitest.SignedOptions{SigningTime: pkitest.Epoch}))
	f.Add(a.Sign(f, []byte{0x30, 0}, pkitest.SignedOptions{KeyID: true}))
	f.Add([]byte{0x30, 0x80, 0x24, 0x80, 0x04, 0x01, 0x55, 0x00, 0x00, 0x00, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		sd, err := cms.Parse(b)
		if err != nil {
			return
		}
		again, err := cms.Parse(sd.DER)
		if err != nil {
			t.Fatalf("what was normalised cannot be read: %v", err)
		}
		if has(again.Deviations, "cms.ber") {
			t.Error("what was normalised is still BER")
		}
		for _, si := range sd.Signers {
			if v, err := sd.Verify(si, a.DS.PublicKey); v.OK() != (err == nil) {
				t.Error("verified with an error")
			}
		}
	})
}
