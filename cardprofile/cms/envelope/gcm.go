package envelope

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
)

// gcm is AES-GCM (NIST SP 800-38D) over a stream, which crypto/cipher does not offer:
// nonces of 12 bytes, tags of 16, no additional data.
type gcm struct {
	ctr   cipher.Stream
	mask  [16]byte // what the tag is masked with
	table [16]element
	y     element
	part  [16]byte // of a block
	n     uint64   // bytes so far
}

// maxGCM is how much one key and nonce may encrypt (SP 800-38D, 5.2.1.1), in bytes.
const maxGCM = 1<<36 - 32

// element is one of GF(2^128) in the order of bits of SP 800-38D, 6.3: the first bit is
// the highest of hi.
type element struct{ hi, lo uint64 }

// timesX multiplies by x.
func (e element) timesX() element {
	carry := e.lo & 1
	e.lo = e.lo>>1 | e.hi<<63
	e.hi = e.hi>>1 ^ carry*0xe1<<56
	return e
}

// reduced is what four bits that are shifted out add at the front.
var reduced = func() (t [16]uint64) {
	for i := range t {
		t[i] = element{lo: uint64(i)}.timesX().timesX().timesX().timesX().hi //nolint:gosec // below 16
	}
	return t
}()

func newGCM(block cipher.Block, nonce []byte) *gcm {
	g := new(gcm)
	var b [16]byte
	block.Encrypt(b[:], b[:])
	h := element{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
	// The table holds h times each polynomial of four bits, the highest of which is 1.
	for bit := 8; bit > 0; bit >>= 1 {
		g.table[bit] = h
		h = h.timesX()
	}
	for i := range g.table {
		var sum element
		for bit := 8; bit > 0; bit >>= 1 {
			if i&bit != 0 {
				sum.hi ^= g.table[bit].hi
				sum.lo ^= g.table[bit].lo
			}
		}
		g.table[i] = sum
	}
	counter := [16]byte{15: 1}
	copy(counter[:], nonce)
	block.Encrypt(g.mask[:], counter[:])
	counter[15] = 2
	g.ctr = cipher.NewCTR(block, counter[:])
	return g
}

// hash takes ciphertext in.
func (g *gcm) hash(p []byte) {
	for len(p) > 0 {
		at := g.n % 16
		if at == 0 && len(p) >= 16 {
			g.block(p)
			g.n, p = g.n+16, p[16:]
			continue
		}
		k := copy(g.part[at:], p)
		g.n, p = g.n+uint64(k), p[k:]
		if g.n%16 == 0 {
			g.block(g.part[:])
		}
	}
}

func (g *gcm) block(p []byte) {
	x := element{g.y.hi ^ binary.BigEndian.Uint64(p), g.y.lo ^ binary.BigEndian.Uint64(p[8:])}
	var z element
	for _, word := range [2]uint64{x.lo, x.hi} {
		for range 16 {
			out := z.lo & 15
			z.lo = z.lo>>4 | z.hi<<60
			z.hi = z.hi>>4 ^ reduced[out]
			t := &g.table[word&15]
			z.hi ^= t.hi
			z.lo ^= t.lo
			word >>= 4
		}
	}
	g.y = z
}

// tag ends the stream.
func (g *gcm) tag() [16]byte {
	n := g.n
	if n%16 != 0 {
		clear(g.part[n%16:])
		g.block(g.part[:])
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[8:], n*8)
	g.block(b[:])
	binary.BigEndian.PutUint64(b[:8], g.y.hi)
	binary.BigEndian.PutUint64(b[8:], g.y.lo)
	subtle.XORBytes(b[:], b[:], g.mask[:])
	return b
}
