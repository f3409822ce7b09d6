package ecc

import (
	"crypto/hmac"
	"hash"
)

// nonces makes the secret numbers of ECDSA: RFC 6979, 3.2, with additional
// input (3.6). With random additional input a broken random generator costs
// nothing (the numbers still depend on key and digest) and a fault that makes
// one digest signed twice does not show the key.
type nonces struct {
	c    *Curve
	h    func() hash.Hash
	k, v []byte
}

// newNonces starts with the private key d and the digest e reduced modulo the
// order, both of ScalarLen bytes.
func newNonces(c *Curve, h func() hash.Hash, d, e, extra []byte) *nonces {
	size := h().Size()
	n := &nonces{c: c, h: h, k: make([]byte, size), v: make([]byte, size)}
	for i := range n.v {
		n.v[i] = 1
	}
	n.update(0, d, e, extra)
	n.update(1, d, e, extra)
	return n
}

// update is steps d and e, or f and g, of RFC 6979, 3.2.
func (n *nonces) update(b byte, parts ...[]byte) {
	m := hmac.New(n.h, n.k)
	m.Write(n.v)
	m.Write([]byte{b})
	for _, p := range parts {
		m.Write(p)
	}
	n.k = m.Sum(n.k[:0])
	n.v = n.sum(n.v)
}

func (n *nonces) sum(v []byte) []byte {
	m := hmac.New(n.h, n.k)
	m.Write(v)
	return m.Sum(v[:0])
}

// next returns the next number in [1, order), ScalarLen bytes (step h). The
// orders of the curves that sign here fill their bytes, so no bits are cut.
func (n *nonces) next() []byte {
	for {
		t := make([]byte, 0, n.c.scalarLen+len(n.v))
		for len(t) < n.c.scalarLen {
			n.v = n.sum(n.v)
			t = append(t, n.v...)
		}
		t = t[:n.c.scalarLen]
		ok := n.c.inRange(t)
		if ok {
			return t
		}
		n.update(0)
	}
}

// reject makes the next number another one.
func (n *nonces) reject() { n.update(0) }
