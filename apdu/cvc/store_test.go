package cvc_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

func newStore(t testing.TB, date string, points ...cvc.Key) *cvc.Store {
	t.Helper()
	s, err := cvc.NewStore(day(t, date), points...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// state is what must not change after a refusal.
func state(t testing.TB, s *cvc.Store) []byte {
	t.Helper()
	b, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// One broken rule, one outcome, and a memory as before.
func TestRefusedCertificates(t *testing.T) {
	w := newWorld(t, cvc.ECDSASHA256, ecc.BrainpoolP256r1())
	root, dv, is := w.chain(cvc.RoleDomesticDV)
	foreign := w.issue(root, "FODV00001", "2026-02-01", "2026-04-30", chat(t, cvc.RoleForeignDV, cvc.ReadDG3))
	link := w.issue(root, "UTCVCA00002", "2026-03-01", "2029-02-28", chat(t, cvc.RoleCVCA, cvc.ReadDG3))
	other := w.root("UTCVCA00001", "2026-01-01", "2028-12-31")
	is4 := w.issue(dv, "UTIS00004", "2026-02-02", "2026-03-01", chat(t, cvc.RoleTerminal))
	at, err := cvc.NewCHAT(cvc.AuthenticationTerminal, cvc.RoleDomesticDV)
	if err != nil {
		t.Fatal(err)
	}
	atValue, err := at.Value()
	if err != nil {
		t.Fatal(err)
	}
	flip := func(c *cvc.Certificate) *cvc.Certificate {
		b := bytes.Clone(c.Raw)
		b[len(b)-1] ^= 1
		p, err := cvc.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	resign := func(c *cvc.Certificate, sig []byte) *cvc.Certificate {
		p, err := cvc.Parse(tlv.Encode(0x7F21, c.Body, tlv.Encode(0x5F37, sig)))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	half := len(dv.cert.Signature) / 2
	domain := inKey(func([]tlv.Node) []tlv.Node {
		k := must(t, newPublicKey(dv))
		n, _ := k.Children()
		return n
	})
	role := func(r cvc.Role) func([]tlv.Node) []tlv.Node {
		v, err := chat(t, r, cvc.ReadDG3).Value()
		if err != nil {
			t.Fatal(err)
		}
		return set(0x7F4C, v...)
	}
	p384 := newWorld(t, cvc.ECDSASHA256, ecc.P384()).root("UTCVCA00009", "2026-01-01", "2028-12-31")
	for _, x := range []struct {
		name   string
		issuer entity
		cert   *cvc.Certificate
		date   string
		want   error
	}{
		{"DV", root, dv.cert, "2026-02-01", nil},
		{"terminal", dv, is.cert, "2026-02-01", nil},
		{"on its last day", dv, is.cert, "2026-03-01", nil},
		{"before its first day", dv, is.cert, "2026-01-01", nil},
		{"expired DV", root, dv.cert, "2026-05-01", cvc.ErrExpired},
		{"expired terminal", dv, is.cert, "2026-03-02", cvc.ErrExpired},
		{"expired trust point", root, forge(t, root, dv.cert, set(0x5F24, day(t, "2030-01-01").Encode()...)), "2029-01-01", cvc.ErrIssuerExpired},
		{"expired DV key", dv, forge(t, dv, is.cert, set(0x5F24, day(t, "2030-01-01").Encode()...)), "2026-06-01", cvc.ErrIssuerExpired},
		{"ends before it begins", root, forge(t, root, dv.cert, set(0x5F24, day(t, "2026-01-31").Encode()...)), "2026-01-01", cvc.ErrDate},
		{"wrong CAR", root, forge(t, root, dv.cert, set(0x42, []byte("UTCVCA00003")...)), "2026-02-01", cvc.ErrIssuer},
		{"another key of the name", other, dv.cert, "2026-02-01", cvc.ErrSignature},
		{"last byte of the signature", root, flip(dv.cert), "2026-02-01", cvc.ErrSignature},
		{"short signature", root, resign(dv.cert, dv.cert.Signature[:2*half-1]), "2026-02-01", cvc.ErrSignature},
		{"long signature", root, resign(dv.cert, append([]byte{0}, dv.cert.Signature...)), "2026-02-01", cvc.ErrSignature},
		{"r zero", root, resign(dv.cert, append(make([]byte, half), dv.cert.Signature[half:]...)), "2026-02-01", cvc.ErrSignature},
		{"s zero", root, resign(dv.cert, append(bytes.Clone(dv.cert.Signature[:half]), make([]byte, half)...)), "2026-02-01", cvc.ErrSignature},
		{"DER signature", root, resign(dv.cert, must(t, rawToASN1(dv.cert.Signature))), "2026-02-01", cvc.ErrSignature},
		{"domain parameters in a DV certificate", root, forge(t, root, dv.cert, domain), "2026-02-01", cvc.ErrDomain},
		{"domain parameters in a terminal certificate", dv, forge(t, dv, is.cert, domain), "2026-02-01", cvc.ErrDomain},
		{"another algorithm", root, forge(t, root, dv.cert, inKey(set(6, 4, 0, 0x7F, 0, 7, 2, 2, 2, 2, 5))), "2026-02-01", cvc.ErrAlgorithm},
		{"point of another curve", root, forge(t, root, dv.cert, inKey(set(0x86, p384.key.Public.(*ecc.PublicKey).Bytes()...))), "2026-02-01", cvc.ErrKey},
		{"point off the curve", root, forge(t, root, dv.cert, inKey(set(0x86, append([]byte{4}, make([]byte, 64)...)...))), "2026-02-01", cvc.ErrKey},
		{"another terminal type", root, forge(t, root, dv.cert, set(0x7F4C, atValue...)), "2026-02-01", cvc.ErrTerminalType},
		{"unknown terminal type", root, forge(t, root, dv.cert, set(0x7F4C, 6, 2, 0x2A, 3, 0x53, 1, 0x83)), "2026-02-01", cvc.ErrTerminalType},
		{"CVCA for terminal", root, forge(t, root, dv.cert, role(cvc.RoleTerminal)), "2026-02-01", cvc.ErrRole},
		{"domestic DV for CVCA", dv, forge(t, dv, is.cert, role(cvc.RoleCVCA)), "2026-02-01", cvc.ErrRole},
		{"domestic DV for domestic DV", dv, forge(t, dv, is.cert, role(cvc.RoleDomesticDV)), "2026-02-01", cvc.ErrRole},
		{"domestic DV for foreign DV", dv, forge(t, dv, is.cert, role(cvc.RoleForeignDV)), "2026-02-01", cvc.ErrRole},
		{"foreign DV for CVCA", foreign, forge(t, foreign, is.cert, both(set(0x42, []byte("FODV00001")...), role(cvc.RoleCVCA))), "2026-02-01", cvc.ErrRole},
		{"foreign DV for domestic DV", foreign, forge(t, foreign, is.cert, both(set(0x42, []byte("FODV00001")...), role(cvc.RoleDomesticDV))), "2026-02-01", cvc.ErrRole},
		{"foreign DV for foreign DV", foreign, forge(t, foreign, is.cert, both(set(0x42, []byte("FODV00001")...), role(cvc.RoleForeignDV))), "2026-02-01", cvc.ErrRole},
		{"terminal for terminal", is, forge(t, is, is4.cert, set(0x42, []byte("UTIS00001")...)), "2026-02-01", cvc.ErrRole},
		{"terminal for DV", is, forge(t, is, dv.cert, set(0x42, []byte("UTIS00001")...)), "2026-02-01", cvc.ErrRole},
		{"terminal for CVCA", is, forge(t, is, link.cert, set(0x42, []byte("UTIS00001")...)), "2026-02-01", cvc.ErrRole},
		{"name of the trust point for a DV", root, forge(t, root, dv.cert, set(0x5F20, []byte("UTCVCA00001")...)), "2026-02-01", cvc.ErrKnown},
		{"root certificate again", root, root.cert, "2026-02-01", cvc.ErrKnown},
		{"link", root, link.cert, "2026-02-01", nil},
		{"expired link", root, link.cert, "2035-02-01", nil},
	} {
		s := newStore(t, x.date, root.key)
		before := state(t, s)
		k, err := s.Verify(x.issuer.key, x.cert)
		if !errors.Is(err, x.want) || (x.want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", x.name, err, x.want)
		}
		if err != nil && (!bytes.Equal(before, state(t, s)) || k.Public != nil) {
			t.Errorf("%s: refused, and yet something changed", x.name)
		}
	}
}

// Below a CVCA the keys are of its size (TR-03105-3.2, J_55 and J_56); a link
// may change it.
func TestRSAKeySize(t *testing.T) {
	w := newWorld(t, cvc.RSAPSSSHA256, nil)
	root, _, _ := w.chain(cvc.RoleDomesticDV)
	other, err := rsa.GenerateKey(rand.Reader, 1280)
	if err != nil {
		t.Fatal(err)
	}
	x := cvc.Template{CHR: "UTDV00009", Public: other.Public(), Algorithm: w.algorithm, CHAT: chat(t, cvc.RoleDomesticDV), Effective: day(t, "2026-02-01"), Expiration: day(t, "2026-04-30")}
	if _, err := x.Sign(root.key, root.sign); !errors.Is(err, cvc.ErrKey) {
		t.Errorf("issued: %v, want %v", err, cvc.ErrKey)
	}
	x.CHR, x.CHAT = "UTCVCA00002", chat(t, cvc.RoleCVCA)
	link, err := x.Sign(root.key, root.sign)
	if err != nil {
		t.Fatal(err)
	}
	dvCHAT, err := chat(t, cvc.RoleDomesticDV).Value()
	if err != nil {
		t.Fatal(err)
	}
	dv := forge(t, root, link, set(0x7F4C, dvCHAT...))
	if _, err := newStore(t, "2026-02-01", root.key).Verify(root.key, dv); !errors.Is(err, cvc.ErrKey) {
		t.Errorf("verified: %v, want %v", err, cvc.ErrKey)
	}
}

func both(f, g func([]tlv.Node) []tlv.Node) func([]tlv.Node) []tlv.Node {
	return func(n []tlv.Node) []tlv.Node { return g(f(n)) }
}

func must[T any](t testing.TB, f func() (T, error)) T {
	t.Helper()
	v, err := f()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func rawToASN1(rs []byte) func() ([]byte, error) {
	return func() ([]byte, error) { return ecc.RawToASN1(rs) }
}

// newPublicKey is the entity's key as a request carries it, with domain
// parameters.
func newPublicKey(e entity) func() (tlv.Node, error) {
	return func() (tlv.Node, error) {
		q, err := cvc.RequestTemplate{CHR: "UTDV00001", Algorithm: e.key.Algorithm}.Sign(e.sign)
		if err != nil {
			return tlv.Node{}, err
		}
		body, _, err := tlv.Parse(q.Body)
		if err != nil {
			return tlv.Node{}, err
		}
		n, _ := body.First(0x7F49)
		return n, nil
	}
}

// The current date moves on link, DV and accurate terminal certificates, never
// back, and on nothing else (TR-03110-3 v2.21, 2.5).
func TestCurrentDate(t *testing.T) {
	w := newWorld(t, cvc.ECDSASHA256, ecc.P256())
	root, dv, is := w.chain(cvc.RoleDomesticDV)
	foreign := w.issue(root, "FODV00001", "2026-02-01", "2026-04-30", chat(t, cvc.RoleForeignDV, cvc.ReadDG3))
	foreignIS := w.issue(foreign, "FOIS00001", "2026-04-01", "2026-04-30", chat(t, cvc.RoleTerminal, cvc.ReadDG3))
	link := w.issue(root, "UTCVCA00002", "2026-03-01", "2029-02-28", chat(t, cvc.RoleCVCA, cvc.ReadDG3))
	for _, x := range []struct {
		name           string
		issuer, holder entity
		before, after  string
	}{
		{"link", root, link, "2026-01-01", "2026-03-01"},
		{"domestic DV", root, dv, "2026-01-01", "2026-02-01"},
		{"foreign DV", root, foreign, "2026-01-01", "2026-02-01"},
		{"terminal of a domestic DV", dv, is, "2026-01-01", "2026-02-02"},
		{"terminal of a foreign DV", foreign, foreignIS, "2026-01-01", "2026-01-01"},
		{"earlier link", root, link, "2026-03-02", "2026-03-02"},
		{"earlier DV", root, dv, "2026-02-15", "2026-02-15"},
		{"earlier terminal", dv, is, "2026-02-15", "2026-02-15"},
	} {
		s := newStore(t, x.before, root.key)
		if _, err := s.Verify(x.issuer.key, x.holder.cert); err != nil {
			t.Errorf("%s: %v", x.name, err)
		}
		if s.Date() != day(t, x.after) {
			t.Errorf("%s: %v, want %v", x.name, s.Date(), x.after)
		}
	}
}

// A chip that was away through three roots learns them all, keeps two, and
// takes no DV from one that has ended.
func TestRollover(t *testing.T) {
	w := newWorld(t, cvc.ECDSASHA256, ecc.BrainpoolP256r1())
	a := w.root("UTCVCA00001", "2020-01-01", "2022-12-31")
	b := w.issue(a, "UTCVCA00002", "2022-06-01", "2025-05-31", chat(t, cvc.RoleCVCA, cvc.ReadDG3))
	w.curve, w.algorithm = ecc.BrainpoolP384r1(), cvc.ECDSASHA384 // a link may change them
	c := w.issue(b, "UTCVCA00003", "2025-01-01", "2027-12-31", chat(t, cvc.RoleCVCA, cvc.ReadDG3, cvc.ReadDG4))
	if b.cert.PublicKey.HasDomain() || !c.cert.PublicKey.HasDomain() {
		t.Error("domain parameters belong into the second link alone")
	}
	dv := w.issue(c, "UTDV00001", "2026-01-01", "2026-03-31", chat(t, cvc.RoleDomesticDV, cvc.ReadDG3, cvc.ReadDG4))
	is := w.issue(dv, "UTIS00001", "2026-01-02", "2026-01-31", chat(t, cvc.RoleTerminal, cvc.ReadDG3, cvc.ReadDG4))
	s := newStore(t, "2020-02-01", a.key)
	all := []*cvc.Certificate{is.cert, a.cert, dv.cert, c.cert, b.cert}
	chain, err := cvc.FindChain(all, s.References(), "UTIS00001")
	if err != nil || len(chain) != 4 {
		t.Fatal(len(chain), err)
	}
	k, err := s.VerifyChain(chain)
	if err != nil {
		t.Fatal(err)
	}
	// The new trust point has rights of its own: not those of the old one.
	if !k.CHAT.Has(cvc.ReadDG4) {
		t.Error("rights of the last root are lost")
	}
	if got := s.References(); !slices.Equal(got, []cvc.Reference{"UTCVCA00003", "UTCVCA00002"}) {
		t.Errorf("%v", got)
	}
	if s.Date() != day(t, "2026-01-02") {
		t.Errorf("%v", s.Date())
	}
	// The same again, from what the chip names now.
	chain, err = cvc.FindChain(all, s.References(), "")
	if err != nil || len(chain) != 2 {
		t.Fatal(len(chain), err)
	}
	if _, err := s.VerifyChain(chain); err != nil {
		t.Error(err)
	}
	// B has ended, and still leads on.
	w.curve, w.algorithm = ecc.BrainpoolP256r1(), cvc.ECDSASHA256
	late := w.issue(b, "UTDV00002", "2025-05-01", "2026-12-31", chat(t, cvc.RoleDomesticDV))
	if _, err := s.VerifyChain([]*cvc.Certificate{late.cert}); !errors.Is(err, cvc.ErrIssuerExpired) {
		t.Errorf("%v, want %v", err, cvc.ErrIssuerExpired)
	}
	old := newStore(t, "2026-01-01", b.key)
	if _, err := old.VerifyChain([]*cvc.Certificate{c.cert}); err != nil {
		t.Error(err)
	}
	if _, err := s.VerifyChain([]*cvc.Certificate{b.cert}); !errors.Is(err, cvc.ErrIssuer) {
		t.Errorf("%v, want %v", err, cvc.ErrIssuer)
	}
}

// What a chip writes down it reads again.
func TestStoreEncoding(t *testing.T) {
	w := newWorld(t, cvc.RSAPSSSHA256, nil)
	a := w.root("UTCVCA00001", "2026-01-01", "2028-12-31")
	w.algorithm, w.curve = cvc.ECDSASHA512, ecc.BrainpoolP512r1()
	b := w.issue(a, "UTCVCA00002", "2026-02-01", "2028-12-31", chat(t, cvc.RoleCVCA, cvc.ReadDG3))
	dv := w.issue(b, "UTDV00001", "2026-02-01", "2026-04-30", chat(t, cvc.RoleForeignDV))
	s := newStore(t, "2026-02-03", a.key, b.key)
	var again cvc.Store
	if err := again.UnmarshalBinary(state(t, s)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(state(t, s), state(t, &again)) || !slices.Equal(s.References(), again.References()) || s.Date() != again.Date() {
		t.Error("not the same")
	}
	if _, err := again.VerifyChain([]*cvc.Certificate{dv.cert}); err != nil {
		t.Error(err)
	}
	for _, bad := range [][]byte{nil, {0x7F, 0x4F, 0}, state(t, s)[:20], append(state(t, s), 0)} {
		if err := new(cvc.Store).UnmarshalBinary(bad); !errors.Is(err, cvc.ErrFormat) {
			t.Errorf("%X: %v", bad, err)
		}
	}
}

func TestNewStoreRefuses(t *testing.T) {
	w := newWorld(t, cvc.ECDSASHA256, ecc.P256())
	root, dv, _ := w.chain(cvc.RoleDomesticDV)
	today := day(t, "2026-02-01")
	for name, x := range map[string]struct {
		date   cvc.Date
		points []cvc.Key
		want   error
	}{
		"no date":     {cvc.Date{}, []cvc.Key{root.key}, cvc.ErrDate},
		"no point":    {today, nil, cvc.ErrFormat},
		"three":       {today, []cvc.Key{root.key, root.key, root.key}, cvc.ErrFormat},
		"twice":       {today, []cvc.Key{root.key, root.key}, cvc.ErrKnown},
		"a DV":        {today, []cvc.Key{dv.key}, cvc.ErrRole},
		"without key": {today, []cvc.Key{{Reference: "UTCVCA00001", Algorithm: cvc.ECDSASHA1, CHAT: root.key.CHAT}}, cvc.ErrKey},
	} {
		if _, err := cvc.NewStore(x.date, x.points...); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
}

func TestFindChain(t *testing.T) {
	w := newWorld(t, cvc.ECDSASHA256, ecc.P256())
	root, dv, is := w.chain(cvc.RoleDomesticDV)
	second := w.issue(dv, "UTIS00002", "2026-02-02", "2026-02-20", chat(t, cvc.RoleTerminal))
	link := w.issue(root, "UTCVCA00002", "2026-03-01", "2029-02-28", chat(t, cvc.RoleCVCA))
	newer := w.issue(link, "UTDV00001", "2026-03-01", "2026-05-31", chat(t, cvc.RoleDomesticDV))
	all := []*cvc.Certificate{second.cert, is.cert, link.cert, dv.cert, root.cert}
	for _, x := range []struct {
		name   string
		certs  []*cvc.Certificate
		from   []cvc.Reference
		holder cvc.Reference
		want   []*cvc.Certificate
	}{
		{"the later expiration", all, []cvc.Reference{"UTCVCA00001"}, "", []*cvc.Certificate{dv.cert, is.cert}},
		{"by name", all, []cvc.Reference{"UTCVCA00001"}, "UTIS00002", []*cvc.Certificate{dv.cert, second.cert}},
		{"second reference", all, []cvc.Reference{"UTCVCA00002", "UTCVCA00001"}, "UTIS00001", []*cvc.Certificate{dv.cert, is.cert}},
		{"shorter", append(all, newer.cert), []cvc.Reference{"UTCVCA00001"}, "UTIS00001", []*cvc.Certificate{dv.cert, is.cert}},
		{"newer root first", append(all, newer.cert), []cvc.Reference{"UTCVCA00002", "UTCVCA00001"}, "UTIS00001", []*cvc.Certificate{newer.cert, is.cert}},
		{"nobody of this name", all, []cvc.Reference{"UTCVCA00001"}, "UTIS00009", nil},
		{"unknown root", all, []cvc.Reference{"UTCVCA00009"}, "", nil},
		{"no DV", []*cvc.Certificate{is.cert, root.cert}, []cvc.Reference{"UTCVCA00001"}, "", nil},
		{"nothing", nil, nil, "", nil},
	} {
		got, err := cvc.FindChain(x.certs, x.from, x.holder)
		if !slices.Equal(got, x.want) || (x.want == nil) != errors.Is(err, cvc.ErrIssuer) {
			t.Errorf("%s: %d certificates, %v", x.name, len(got), err)
		}
	}
	if _, err := cvc.Rights(nil); !errors.Is(err, cvc.ErrFormat) {
		t.Error(err)
	}
}
