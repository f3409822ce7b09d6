package ta_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/ta"
)

// rsaKeys are made once. 1536 bits are the least that PSS with SHA-512 fits in,
// of the sizes of the standard.
var rsaKeys = sync.OnceValues(func() ([4]*rsa.PrivateKey, error) {
	var keys [4]*rsa.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = rsa.GenerateKey(rand.Reader, 1536); err != nil {
			return keys, err
		}
	}
	return keys, nil
})

type entity struct {
	cert *cvc.Certificate
	key  cvc.Key
	sign crypto.Signer
}

// world is a PKI of one algorithm: a root, and below it whoever is issued.
type world struct {
	t         testing.TB
	algorithm cvc.Algorithm
	curve     *ecc.Curve
	n         int
}

func (w *world) newKey() crypto.Signer {
	w.t.Helper()
	w.n++
	if !w.algorithm.ECDSA() {
		keys, err := rsaKeys()
		if err != nil {
			w.t.Fatal(err)
		}
		return keys[w.n%4]
	}
	k, err := ecc.GenerateKey(w.curve, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return k
}

func day(t testing.TB, s string) cvc.Date {
	t.Helper()
	v, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	d, err := cvc.DateOf(v)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// issue makes a certificate, self-signed if by is nil.
func (w *world) issue(by *entity, chr cvc.Reference, from, to string, role cvc.Role, rights ...cvc.Right) *entity {
	w.t.Helper()
	chat, err := cvc.NewCHAT(cvc.InspectionSystem, role, rights...)
	if err != nil {
		w.t.Fatal(err)
	}
	e := &entity{sign: w.newKey()}
	x := cvc.Template{CHR: chr, Public: e.sign.Public(), Algorithm: w.algorithm, CHAT: chat, Effective: day(w.t, from), Expiration: day(w.t, to)}
	if by == nil {
		e.cert, err = x.SelfSign(e.sign)
	} else {
		e.cert, err = x.Sign(by.key, by.sign)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	if by == nil {
		e.key, err = cvc.Root(e.cert)
	} else {
		e.key, err = by.key.Verify(e.cert)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// family is one chain, valid in the first months of 2026.
type family struct {
	*world
	root, dv, is *entity
}

func newFamily(t testing.TB, a cvc.Algorithm, c *ecc.Curve) *family {
	t.Helper()
	f := &family{world: &world{t: t, algorithm: a, curve: c}}
	f.root = f.issue(nil, "UTCVCA00001", "2026-01-01", "2028-12-31", cvc.RoleCVCA, cvc.ReadDG3, cvc.ReadDG4)
	f.dv = f.issue(f.root, "UTDV00001", "2026-02-01", "2026-04-30", cvc.RoleDomesticDV, cvc.ReadDG3, cvc.ReadDG4)
	f.is = f.issue(f.dv, "UTIS00001", "2026-02-02", "2026-03-01", cvc.RoleTerminal, cvc.ReadDG3)
	return f
}

func (f *family) certificates() []*cvc.Certificate {
	return []*cvc.Certificate{f.is.cert, f.dv.cert, f.root.cert}
}

func (f *family) store(date string) *cvc.Store {
	f.t.Helper()
	s, err := cvc.NewStore(day(f.t, date), f.root.key)
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

var (
	chipID    = []byte("compressed chip key")
	ephemeral = []byte("compressed terminal key")
)

func (f *family) params() ta.Params {
	return ta.Params{References: []cvc.Reference{"UTCVCA00001"}, Certificates: f.certificates(), ChipID: chipID, Ephemeral: ephemeral, Sign: ta.SignWith(f.is.sign)}
}

// card is a virtual chip under the session of Chip Authentication.
type card struct {
	t       testing.TB
	chip    *ta.Chip
	session *sm.Chip
	seen    []apdu.Command // plain commands
	raw     []apdu.Command // as they came
	mangle  func(n int, cmd apdu.Command, r *apdu.Response)
	naked   bool // answers without protection
	limit   int  // more data in a command is refused with 6700; 0 takes any
}

func (c *card) Transmit(_ context.Context, b []byte) ([]byte, error) {
	cmd, err := apdu.ParseCommand(b)
	if err != nil {
		c.t.Fatalf("%X: %v", b, err)
	}
	c.raw = append(c.raw, cmd)
	plain, err := c.session.Unwrap(cmd)
	if err != nil {
		return apdu.Response{SW: sm.StatusOf(err)}.Encode(), nil
	}
	c.seen = append(c.seen, plain)
	r := apdu.Response{SW: apdu.ErrWrongLength}
	if c.limit == 0 || len(plain.Data) <= c.limit {
		r = c.chip.Handle(plain)
	}
	if c.mangle != nil {
		c.mangle(len(c.seen), plain, &r)
	}
	if !c.naked {
		if r, err = c.session.Wrap(r); err != nil {
			c.t.Fatal(err)
		}
	}
	return r.Encode(), nil
}

func (*card) ATR() []byte      { return nil }
func (*card) MaxCommand() int  { return 65544 }
func (*card) MaxResponse() int { return 65538 }

// newCard makes a chip with trust points, bound to a session.
func newCard(t testing.TB, store *cvc.Store) (*card, *sm.Channel) {
	t.Helper()
	chip, err := ta.NewChip(ta.ChipConfig{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	if err := chip.Bind(ta.Binding{ChipID: chipID, Ephemeral: ephemeral}); err != nil {
		t.Fatal(err)
	}
	enc, macKey := mac.DeriveICAO([]byte{1}, 1, mac.AES128), mac.DeriveICAO([]byte{1}, 2, mac.AES128)
	session, err := sm.NewChip(mac.AES128, enc, macKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &card{t: t, chip: chip, session: session}
	ch, err := sm.New(apdu.NewChannel(c), mac.AES128, enc, macKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, ch
}
