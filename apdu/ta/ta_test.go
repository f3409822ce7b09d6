package ta_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/ta"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

// Our terminal against our chip under secure messaging: every algorithm, ECDSA
// on every curve of a size that the standard has.
func TestEveryAlgorithm(t *testing.T) {
	n := 0
	run := func(a cvc.Algorithm, c *ecc.Curve) {
		n++
		f := newFamily(t, a, c)
		card, ch := newCard(t, f.store("2026-01-15"))
		if card.chip.MayRead(3) || card.chip.MayRead(4) || !card.chip.MayRead(2) {
			t.Errorf("%v %v: rights before", a, c)
		}
		res, err := ta.Run(context.Background(), ch, f.params())
		if err != nil {
			t.Errorf("%v %v: %v (%v)", a, c, err, card.chip.Refusal())
			return
		}
		if !card.chip.MayRead(3) || card.chip.MayRead(4) || !card.chip.Rights().Equal(res.CHAT) {
			t.Errorf("%v %v: %v", a, c, card.chip.Rights())
		}
		if len(res.Chain) != 2 || res.StaticBinding || ch.Err() != nil {
			t.Errorf("%v %v: %d certificates", a, c, len(res.Chain))
		}
	}
	for _, a := range cvc.Algorithms() {
		if !a.ECDSA() {
			run(a, nil)
			continue
		}
		for _, c := range ecc.All() {
			if c != ecc.P521() {
				run(a, c)
			}
		}
	}
	if n != 6+5*10 {
		t.Errorf("%d combinations", n)
	}
}

// The commands as TR-03110-3, B.14 has them, in the order of B.3.
func TestCommands(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.BrainpoolP256r1())
	card, ch := newCard(t, f.store("2026-01-15"))
	if _, err := ta.Run(context.Background(), ch, f.params()); err != nil {
		t.Fatal(err)
	}
	ref := func(r cvc.Reference) []byte { return append([]byte{0x83, byte(len(r))}, r...) }
	want := []apdu.Command{
		{INS: 0x22, P1: 0x81, P2: 0xB6, Data: ref("UTCVCA00001")},
		{INS: 0x2A, P1: 0x00, P2: 0xBE, Data: f.dv.cert.Parts()},
		{INS: 0x22, P1: 0x81, P2: 0xB6, Data: ref("UTDV00001")},
		{INS: 0x2A, P1: 0x00, P2: 0xBE, Data: f.is.cert.Parts()},
		{INS: 0x22, P1: 0x81, P2: 0xA4, Data: ref("UTIS00001")},
		{INS: 0x84, Ne: 8},
		{INS: 0x82},
	}
	if len(card.seen) != len(want) {
		t.Fatalf("%d commands", len(card.seen))
	}
	for i, w := range want {
		got := card.seen[i]
		if w.INS == 0x82 {
			if len(got.Data) != 64 {
				t.Errorf("signature of %d bytes", len(got.Data))
			}
			w.Data = got.Data
		}
		if fmt.Sprintf("%X", []any{got.INS, got.P1, got.P2, got.Data, got.Ne}) != fmt.Sprintf("%X", []any{w.INS, w.P1, w.P2, w.Data, w.Ne}) {
			t.Errorf("command %d: %+v, want %+v", i, got, w)
		}
	}
	if !bytes.HasPrefix(want[1].Data, []byte{0x7F, 0x4E}) {
		t.Error("PSO: Verify Certificate carries the body first")
	}
}

// The signature of the worked example is over what Challenge.Data is: the
// chip's identifier of PACE, challenge, and compressed ephemeral key. (Version
// 2 appends auxiliary data; there are none in the example.)
func TestVectorSignature(t *testing.T) {
	var v struct {
		Certificates []struct{ Certificate vectors.Hex }
		Chip         vectors.Hex `json:"chip_ephemeral"`
		Terminal     vectors.Hex `json:"terminal_ephemeral"`
		Challenge    vectors.Hex
		Signature    vectors.Hex
		Auxiliary    vectors.Hex `json:"auxiliary_data"`
	}
	vectors.Load(t, "eac2_cvc.json", &v)
	if len(v.Certificates) != 3 || len(v.Auxiliary) != 0 {
		t.Fatal("vector")
	}
	var certs []*cvc.Certificate
	for _, x := range v.Certificates {
		c, err := cvc.Parse(x.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		certs = append(certs, c)
	}
	pub, err := certs[2].PublicKey.Key(certs[0].PublicKey.Curve())
	if err != nil {
		t.Fatal(err)
	}
	id, err := ta.CompressPoint(v.Chip)
	if err != nil {
		t.Fatal(err)
	}
	eph, err := ta.CompressPoint(v.Terminal)
	if err != nil {
		t.Fatal(err)
	}
	a := certs[2].PublicKey.Algorithm
	c := ta.Challenge{Holder: certs[2].CHR, Algorithm: a, ChipID: id, Nonce: v.Challenge, Ephemeral: eph}
	if err := a.Verify(pub, c.Data(), v.Signature); err != nil {
		t.Error(err)
	}
	c.ChipID, c.Ephemeral = c.Ephemeral, c.ChipID
	if err := a.Verify(pub, c.Data(), v.Signature); !errors.Is(err, cvc.ErrSignature) {
		t.Errorf("in another order: %v", err)
	}
}

// A chip with an old trust point is led on by link certificates, remembers the
// new one and the date, and tells when.
func TestLinks(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.P256())
	link := f.issue(f.root, "UTCVCA00002", "2027-06-01", "2030-05-31", cvc.RoleCVCA, cvc.ReadDG3, cvc.ReadDG4)
	dv := f.issue(link, "UTDV00002", "2027-07-01", "2027-09-30", cvc.RoleForeignDV, cvc.ReadDG3, cvc.ReadDG4)
	is := f.issue(dv, "UTIS00002", "2027-08-01", "2027-08-31", cvc.RoleTerminal, cvc.ReadDG3, cvc.ReadDG4)
	store := f.store("2026-01-15")
	changes := 0
	card, ch := newCard(t, store)
	chip, err := ta.NewChip(ta.ChipConfig{Store: store, Changed: func(*cvc.Store) error { changes++; return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := chip.Bind(ta.Binding{ChipID: chipID, Ephemeral: ephemeral}); err != nil {
		t.Fatal(err)
	}
	card.chip = chip
	p := f.params()
	p.Certificates = []*cvc.Certificate{is.cert, dv.cert, link.cert}
	p.Sign = ta.SignWith(is.sign)
	res, err := ta.Run(context.Background(), ch, p)
	if err != nil {
		t.Fatal(err, chip.Refusal())
	}
	if len(res.Chain) != 3 || !chip.MayRead(3) || !chip.MayRead(4) {
		t.Errorf("%d certificates, %v", len(res.Chain), chip.Rights())
	}
	if !slices.Equal(store.References(), []cvc.Reference{"UTCVCA00002", "UTCVCA00001"}) || store.Date() != day(t, "2027-07-01") || changes != 2 {
		t.Errorf("%v %v, %d changes", store.References(), store.Date(), changes)
	}
}

// A chain without a signature updates the chip and opens nothing.
func TestUpdateChip(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.P256())
	store := f.store("2026-01-15")
	card, ch := newCard(t, store)
	chain, err := ta.UpdateChip(context.Background(), ch, ta.Params{References: store.References(), Certificates: f.certificates()})
	if err != nil || len(chain) != 2 || store.Date() != day(t, "2026-02-02") {
		t.Errorf("%d certificates, %v, %v", len(chain), store.Date(), err)
	}
	if card.chip.MayRead(3) || !card.chip.Rights().IsZero() {
		t.Error("rights without a signature")
	}
	if _, err := ta.UpdateChip(context.Background(), ch, ta.Params{}); !errors.Is(err, ta.ErrChain) {
		t.Error(err)
	}
}

// The signer may be anywhere: it sees what it signs, and nothing prints the
// chip's identifier.
func TestRemoteSigner(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA384, ecc.BrainpoolP384r1())
	card, ch := newCard(t, f.store("2026-01-15"))
	type key struct{}
	p := f.params()
	p.Sign = func(ctx context.Context, c ta.Challenge) ([]byte, error) {
		if ctx.Value(key{}) != "ticket" {
			t.Error("another context")
		}
		if c.Holder != "UTIS00001" || c.Algorithm != cvc.ECDSASHA384 || len(c.Nonce) != 8 || !bytes.Equal(c.Data(), slices.Concat(chipID, c.Nonce, ephemeral)) {
			t.Errorf("%v", c)
		}
		for _, s := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %s %x", c, c, c, c)} {
			if strings.Contains(s, string(chipID)) || strings.Contains(s, fmt.Sprintf("%x", chipID)) {
				t.Errorf("prints the chip's identifier: %s", s)
			}
		}
		return c.Algorithm.Sign(f.is.sign, c.Data())
	}
	if _, err := ta.Run(context.WithValue(context.Background(), key{}, "ticket"), ch, p); err != nil {
		t.Fatal(err)
	}
	if !card.chip.MayRead(3) {
		t.Error("no rights")
	}
}

// What chips of some states take instead (TR-03110-1 v2.20, 3.5).
func TestStaticBinding(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.P256())
	for name, x := range map[string]struct {
		id, static []byte
		want       error
		bound      bool
		challenges int
	}{
		"dynamic":            {chipID, []byte("123456"), nil, false, 1},
		"static":             {[]byte("other"), chipID, nil, true, 2},
		"neither":            {[]byte("other"), []byte("another"), ta.ErrDenied, false, 2},
		"static not allowed": {[]byte("other"), nil, ta.ErrDenied, false, 1},
	} {
		card, ch := newCard(t, f.store("2026-01-15"))
		p := f.params()
		p.ChipID, p.StaticID = x.id, x.static
		res, err := ta.Run(context.Background(), ch, p)
		if !errors.Is(err, x.want) || (err == nil) != (res != nil) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
		if res != nil && res.StaticBinding != x.bound {
			t.Errorf("%s: static binding %v", name, res.StaticBinding)
		}
		n := 0
		for _, cmd := range card.seen {
			if cmd.INS == 0x84 {
				n++
			}
		}
		if n != x.challenges || card.chip.MayRead(3) != (x.want == nil) {
			t.Errorf("%s: %d challenges, %v", name, n, card.chip.Rights())
		}
	}
}

// Each thing that the terminal sees for itself is an error before anything is
// sent.
func TestBeforeSending(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.P256())
	other := newFamily(t, cvc.ECDSASHA256, ecc.P256())
	st, err := cvc.NewCHAT(cvc.SignatureTerminal, cvc.RoleDomesticDV)
	if err != nil {
		t.Fatal(err)
	}
	v, err := st.Value()
	if err != nil {
		t.Fatal(err)
	}
	mixed := rewrite(t, f.root, f.dv.cert, 0x7F4C, v)
	for name, x := range map[string]struct {
		f    func(*ta.Params)
		want error
	}{
		"no chip identifier":    {func(p *ta.Params) { p.ChipID = nil }, ta.ErrBinding},
		"no ephemeral key":      {func(p *ta.Params) { p.Ephemeral = nil }, ta.ErrBinding},
		"nobody signs":          {func(p *ta.Params) { p.Sign = nil }, ta.ErrSigner},
		"no certificates":       {func(p *ta.Params) { p.Certificates = nil }, ta.ErrChain},
		"unknown trust point":   {func(p *ta.Params) { p.References = []cvc.Reference{"FOCVCA00001"} }, ta.ErrChain},
		"no references":         {func(p *ta.Params) { p.References = nil }, ta.ErrChain},
		"nobody of this name":   {func(p *ta.Params) { p.Holder = "UTIS00009" }, ta.ErrChain},
		"DV missing":            {func(p *ta.Params) { p.Certificates = []*cvc.Certificate{f.is.cert} }, ta.ErrChain},
		"terminal missing":      {func(p *ta.Params) { p.Certificates = []*cvc.Certificate{other.dv.cert} }, ta.ErrChain},
		"terminal types differ": {func(p *ta.Params) { p.Certificates = []*cvc.Certificate{mixed, f.is.cert} }, ta.ErrChain},
	} {
		card, ch := newCard(t, f.store("2026-01-15"))
		p := f.params()
		x.f(&p)
		if _, err := ta.Run(context.Background(), ch, p); !errors.Is(err, x.want) || len(card.seen) != 0 {
			t.Errorf("%s: %v after %d commands, want %v", name, err, len(card.seen), x.want)
		}
	}
}

// rewrite replaces an object of a certificate's body and signs again.
func rewrite(t testing.TB, by *entity, c *cvc.Certificate, tag tlv.Tag, value []byte) *cvc.Certificate {
	t.Helper()
	body, _, err := tlv.Parse(c.Body)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := body.Children()
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for _, n := range nodes {
		if n.Tag == tag {
			n.Value = value
		}
		b = append(b, tlv.Encode(n.Tag, n.Value)...)
	}
	b = tlv.Encode(0x7F4E, b)
	sig, err := by.key.Algorithm.Sign(by.sign, b)
	if err != nil {
		t.Fatal(err)
	}
	out, err := cvc.Parse(tlv.Encode(0x7F21, b, tlv.Encode(0x5F37, sig)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A signer that fails, or signs wrongly, is found out before the chip sees it.
func TestSignerFaults(t *testing.T) {
	gone := errors.New("custodian is gone")
	for name, x := range map[string]struct {
		f    func(*family) ta.SignFunc
		want []error
	}{
		"fails": {func(*family) ta.SignFunc {
			return func(context.Context, ta.Challenge) ([]byte, error) { return nil, gone }
		}, []error{ta.ErrSigner, gone}},
		"nothing": {func(*family) ta.SignFunc {
			return func(context.Context, ta.Challenge) ([]byte, error) { return nil, nil }
		}, []error{ta.ErrSigner}},
		"another key": {func(f *family) ta.SignFunc { return ta.SignWith(f.dv.sign) }, []error{ta.ErrSigner, cvc.ErrSignature}},
		"something else": {func(f *family) ta.SignFunc {
			return func(_ context.Context, c ta.Challenge) ([]byte, error) { return c.Algorithm.Sign(f.is.sign, c.Nonce) }
		}, []error{ta.ErrSigner, cvc.ErrSignature}},
		"DER": {func(f *family) ta.SignFunc {
			return func(_ context.Context, c ta.Challenge) ([]byte, error) {
				rs, err := c.Algorithm.Sign(f.is.sign, c.Data())
				if err != nil {
					return nil, err
				}
				return ecc.RawToASN1(rs)
			}
		}, []error{ta.ErrSigner, cvc.ErrSignature}},
		"a changed challenge": {func(f *family) ta.SignFunc {
			return func(_ context.Context, c ta.Challenge) ([]byte, error) {
				c.Nonce[0] ^= 1
				return c.Algorithm.Sign(f.is.sign, c.Data())
			}
		}, []error{ta.ErrSigner, cvc.ErrSignature}},
	} {
		f := newFamily(t, cvc.ECDSASHA256, ecc.BrainpoolP256r1())
		card, ch := newCard(t, f.store("2026-01-15"))
		p := f.params()
		p.Sign = x.f(f)
		_, err := ta.Run(context.Background(), ch, p)
		for _, want := range x.want {
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", name, err, want)
			}
		}
		if n := len(card.seen); n != 6 || card.chip.MayRead(3) {
			t.Errorf("%s: %d commands", name, n)
		}
	}
}

// Without a certificate that names the curve the chip is the judge.
func TestUnknownCurve(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.BrainpoolP256r1())
	for want, key := range map[error]*entity{nil: f.is, ta.ErrDenied: f.dv} {
		card, ch := newCard(t, f.store("2026-01-15"))
		p := f.params()
		p.Certificates = p.Certificates[:2]
		p.Sign = ta.SignWith(key.sign)
		if _, err := ta.Run(context.Background(), ch, p); !errors.Is(err, want) || want != nil && !errors.Is(err, apdu.ErrAuthFailed) {
			t.Errorf("%v, want %v", err, want)
		}
		if card.chip.MayRead(3) != (want == nil) || ch.Err() != nil {
			t.Error("rights or session")
		}
	}
}

// One fault in the chip's answers, one outcome at the terminal.
func TestChipAnswers(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.P256())
	for _, x := range []struct {
		name string
		n    int // command, from 1
		r    apdu.Response
		want []error
	}{
		{"issuer refused", 1, apdu.Response{SW: apdu.ErrNotFound}, []error{ta.ErrCertificate, apdu.ErrNotFound}},
		{"DV refused", 2, apdu.Response{SW: apdu.ErrConditions}, []error{ta.ErrCertificate, apdu.ErrConditions}},
		{"terminal refused", 4, apdu.Response{SW: apdu.ErrAuthFailed}, []error{ta.ErrCertificate, apdu.ErrAuthFailed}},
		{"key refused", 5, apdu.Response{SW: apdu.ErrNotFound}, []error{ta.ErrKeyRefused, apdu.ErrNotFound}},
		{"challenge refused", 6, apdu.Response{SW: apdu.ErrINS}, []error{ta.ErrChallenge, apdu.ErrINS}},
		{"no challenge", 6, apdu.Response{SW: apdu.OK}, []error{ta.ErrChallenge}},
		{"short challenge", 6, apdu.Response{Data: make([]byte, 7), SW: apdu.OK}, []error{ta.ErrChallenge}},
		{"long challenge", 6, apdu.Response{Data: make([]byte, 9), SW: apdu.OK}, []error{ta.ErrChallenge}},
		{"denied", 7, apdu.Response{SW: apdu.ErrSecurityStatus}, []error{ta.ErrDenied, apdu.ErrSecurityStatus}},
	} {
		card, ch := newCard(t, f.store("2026-01-15"))
		card.mangle = func(n int, _ apdu.Command, r *apdu.Response) {
			if n == x.n {
				*r = x.r
			}
		}
		_, err := ta.Run(context.Background(), ch, f.params())
		for _, want := range x.want {
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", x.name, err, want)
			}
		}
		if len(card.seen) != x.n || ch.Err() != nil {
			t.Errorf("%s: %d commands, %v", x.name, len(card.seen), ch.Err())
		}
		var ce *ta.CertificateError
		if errors.As(err, &ce) != (x.n <= 4) || ce != nil && (ce.Index != (x.n-1)/2 || ce.Selection != (x.n == 1)) {
			t.Errorf("%s: %+v", x.name, ce)
		}
	}
}

// An answer without protection ends the session.
func TestUnprotected(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.P256())
	card, ch := newCard(t, f.store("2026-01-15"))
	card.naked = true
	if _, err := ta.Run(context.Background(), ch, f.params()); !errors.Is(err, sm.ErrUnprotected) || errors.Is(err, ta.ErrCertificate) || len(card.seen) != 1 {
		t.Errorf("%v after %d commands", err, len(card.seen))
	}
}

// A lost card is no refusal.
func TestCardGone(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.P256())
	if _, err := ta.Run(context.Background(), gone{}, f.params()); !errors.Is(err, apdu.ErrCardGone) || errors.Is(err, ta.ErrCertificate) {
		t.Error(err)
	}
}

type gone struct{}

func (gone) Send(context.Context, apdu.Command) (apdu.Response, error) {
	return apdu.Response{}, apdu.ErrCardGone
}

func TestIdentifiers(t *testing.T) {
	k, err := ecc.GenerateKey(ecc.P384(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if x, err := ta.CompressPoint(k.PublicKey().Bytes()); err != nil || !bytes.Equal(x, k.PublicKey().XBytes()) {
		t.Errorf("%X %v", x, err)
	}
	// SHA-1 of "abc" (FIPS 180-4, example).
	if h, err := ta.CompressNumber([]byte("abc")); err != nil || fmt.Sprintf("%x", h) != "a9993e364706816aba3e25717850c26c9cd0d89d" {
		t.Errorf("%X %v", h, err)
	}
	// Document numbers of Doc 9303-11 (8th ed.), D.2: nine characters, and a
	// longer one.
	for info, want := range map[string]string{"L898902C<369080619406236": "L898902C<3", "D23145890734934071279507122": "D231458907349"} {
		if id, err := ta.ChipIDOfMRZ(info); err != nil || string(id) != want {
			t.Errorf("%q %v, want %q", id, err, want)
		}
	}
	for name, f := range map[string]func() ([]byte, error){
		"no point":     func() ([]byte, error) { return ta.CompressPoint(nil) },
		"compressed":   func() ([]byte, error) { return ta.CompressPoint(append([]byte{2}, make([]byte, 32)...)) },
		"even":         func() ([]byte, error) { return ta.CompressPoint([]byte{4, 1, 2, 3}) },
		"no number":    func() ([]byte, error) { return ta.CompressNumber(nil) },
		"leading zero": func() ([]byte, error) { return ta.CompressNumber([]byte{0, 1}) },
		"short MRZ":    func() ([]byte, error) { return ta.ChipIDOfMRZ("L898902C<36908061940623") },
	} {
		if _, err := f(); !errors.Is(err, ta.ErrBinding) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
