package cvc_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// rsaKeys are made once: RSA keys take their time. 1536 bits are the least that
// PSS with SHA-512 fits in, of the sizes of the standard.
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

// newKey is a key for algorithm a on curve c, the nth of RSA ones.
func newKey(t testing.TB, a cvc.Algorithm, c *ecc.Curve, n int) crypto.Signer {
	t.Helper()
	if !a.ECDSA() {
		keys, err := rsaKeys()
		if err != nil {
			t.Fatal(err)
		}
		return keys[n]
	}
	k, err := ecc.GenerateKey(c, nil)
	if err != nil {
		t.Fatal(err)
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

func chat(t testing.TB, role cvc.Role, rights ...cvc.Right) cvc.CHAT {
	t.Helper()
	c, err := cvc.NewCHAT(cvc.InspectionSystem, role, rights...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// entity is somebody with a key and a certificate.
type entity struct {
	cert *cvc.Certificate
	key  cvc.Key
	sign crypto.Signer
}

// world is a small PKI of one algorithm.
type world struct {
	t         testing.TB
	algorithm cvc.Algorithm
	curve     *ecc.Curve
	n         int
}

func newWorld(t testing.TB, a cvc.Algorithm, c *ecc.Curve) *world {
	return &world{t: t, algorithm: a, curve: c}
}

func (w *world) template(chr cvc.Reference, from, to string, c cvc.CHAT) (cvc.Template, crypto.Signer) {
	key := newKey(w.t, w.algorithm, w.curve, w.n%4)
	w.n++
	return cvc.Template{CHR: chr, Public: key.Public(), Algorithm: w.algorithm, CHAT: c, Effective: day(w.t, from), Expiration: day(w.t, to)}, key
}

func (w *world) root(chr cvc.Reference, from, to string) entity {
	w.t.Helper()
	x, key := w.template(chr, from, to, chat(w.t, cvc.RoleCVCA, cvc.ReadDG3, cvc.ReadDG4))
	c, err := x.SelfSign(key)
	if err != nil {
		w.t.Fatal(err)
	}
	k, err := cvc.Root(c)
	if err != nil {
		w.t.Fatal(err)
	}
	return entity{c, k, key}
}

func (w *world) issue(by entity, chr cvc.Reference, from, to string, c cvc.CHAT) entity {
	w.t.Helper()
	x, key := w.template(chr, from, to, c)
	cert, err := x.Sign(by.key, by.sign)
	if err != nil {
		w.t.Fatal(err)
	}
	k, err := by.key.Verify(cert)
	if err != nil {
		w.t.Fatal(err)
	}
	return entity{cert, k, key}
}

// Everybody in one chain, valid in 2026.
func (w *world) chain(dv cvc.Role) (root, verifier, terminal entity) {
	w.t.Helper()
	root = w.root("UTCVCA00001", "2026-01-01", "2028-12-31")
	verifier = w.issue(root, "UTDV00001", "2026-02-01", "2026-04-30", chat(w.t, dv, cvc.ReadDG3, cvc.ReadDG4))
	terminal = w.issue(verifier, "UTIS00001", "2026-02-02", "2026-03-01", chat(w.t, cvc.RoleTerminal, cvc.ReadDG3))
	return root, verifier, terminal
}

// forge takes a certificate apart, lets f change the objects of its body, and
// signs again, whatever the rules say.
func forge(t testing.TB, by entity, c *cvc.Certificate, f func([]tlv.Node) []tlv.Node) *cvc.Certificate {
	t.Helper()
	b := forgeBytes(t, by, c, f)
	forged, err := cvc.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return forged
}

func forgeBytes(t testing.TB, by entity, c *cvc.Certificate, f func([]tlv.Node) []tlv.Node) []byte {
	t.Helper()
	n, _, err := tlv.Parse(c.Body)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := n.Children()
	if err != nil {
		t.Fatal(err)
	}
	var body []byte
	for _, x := range f(nodes) {
		if x.Raw != nil {
			body = append(body, x.Raw...)
			continue
		}
		body = append(body, tlv.Encode(x.Tag, x.Value)...)
	}
	body = tlv.Encode(0x7F4E, body)
	sig, err := by.key.Algorithm.Sign(by.sign, body)
	if err != nil {
		t.Fatal(err)
	}
	return tlv.Encode(0x7F21, body, tlv.Encode(0x5F37, sig))
}

// set replaces the value of one object.
func set(tag tlv.Tag, value ...byte) func([]tlv.Node) []tlv.Node {
	return func(nodes []tlv.Node) []tlv.Node {
		for i := range nodes {
			if nodes[i].Tag == tag {
				nodes[i] = tlv.Node{Tag: tag, Value: value}
			}
		}
		return nodes
	}
}

// without leaves one object out.
func without(tag tlv.Tag) func([]tlv.Node) []tlv.Node {
	return func(nodes []tlv.Node) []tlv.Node {
		var out []tlv.Node
		for _, n := range nodes {
			if n.Tag != tag {
				out = append(out, n)
			}
		}
		return out
	}
}

// inKey changes the objects of the public key.
func inKey(f func([]tlv.Node) []tlv.Node) func([]tlv.Node) []tlv.Node {
	return func(nodes []tlv.Node) []tlv.Node {
		for i, n := range nodes {
			if n.Tag != 0x7F49 {
				continue
			}
			children, _ := n.Children()
			var b []byte
			for _, x := range f(children) {
				b = append(b, tlv.Encode(x.Tag, x.Value)...)
			}
			nodes[i] = tlv.Node{Tag: n.Tag, Value: b}
		}
		return nodes
	}
}

func add(tag tlv.Tag, value ...byte) func([]tlv.Node) []tlv.Node {
	return func(nodes []tlv.Node) []tlv.Node { return append(nodes, tlv.Node{Tag: tag, Value: value}) }
}
