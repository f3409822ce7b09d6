package cms

import (
	"errors"
)

// MaxSize bounds an object this package reads, in bytes. The largest lists in
// circulation are below three megabytes.
const MaxSize = 32 << 20

// maxDepth bounds nesting; a certificate inside a list needs about twelve.
const maxDepth = 32

var errBER = errors.New("cms: not a well-formed BER encoding")

// header is the identifier and length of one BER element.
type header struct {
	tag        byte // the identifier octet; only single-octet tags are read
	len        int  // octets of identifier and length
	value      int  // octets of the value; -1 for the indefinite form
	nonMinimal bool // the length was not in the shortest form
}

func (h header) constructed() bool { return h.tag&0x20 != 0 }

func readHeader(b []byte) (header, error) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return header{}, errBER
	}
	h := header{tag: b[0], len: 2}
	switch l := b[1]; {
	case l < 0x80:
		h.value = int(l)
	case l == 0x80:
		if !h.constructed() {
			return header{}, errBER
		}
		h.value = -1
	default:
		n := int(l & 0x7f)
		if n > 4 || len(b) < 2+n {
			return header{}, errBER
		}
		v := uint64(0)
		for _, c := range b[2 : 2+n] {
			v = v<<8 | uint64(c)
		}
		if v > MaxSize {
			return header{}, errBER
		}
		h.len, h.value = 2+n, int(v)
		h.nonMinimal = v < 0x80 || b[2] == 0
	}
	if h.value >= 0 && len(b)-h.len < h.value {
		return header{}, errBER
	}
	return h, nil
}

// normalize returns the first element of b with indefinite lengths made definite,
// definite ones the shortest, and constructed octet strings joined, how many octets of b it took, and whether
// anything had to change. What needs no change is returned as a part of b, so the
// bytes that signatures cover stay those that came.
func normalize(b []byte, depth int) (out []byte, used int, changed bool, err error) {
	h, err := readHeader(b)
	if err != nil || depth > maxDepth {
		return nil, 0, false, errBER
	}
	if !h.constructed() {
		used = h.len + h.value
		if h.nonMinimal {
			return encode(h.tag, b[h.len:used]), used, true, nil
		}
		return b[:used], used, false, nil
	}
	body := b[h.len:]
	if h.value >= 0 {
		body = body[:h.value]
	}
	used = h.len
	var parts [][]byte
	changed = h.value < 0 || h.tag == 0x24 || h.nonMinimal
	for {
		if h.value >= 0 && len(body) == 0 {
			break
		}
		if h.value < 0 && len(body) >= 2 && body[0] == 0 && body[1] == 0 {
			used += 2
			break
		}
		part, n, c, err := normalize(body, depth+1)
		if err != nil {
			if h.value < 0 || h.tag == 0x24 {
				return nil, 0, false, err
			}
			// The length of this element is known: what lies in it is for
			// the reader of that structure to judge, as it came.
			used = h.len + h.value
			return b[:used], used, false, nil
		}
		parts = append(parts, part)
		changed = changed || c
		body, used = body[n:], used+n
	}
	if !changed {
		return b[:used], used, false, nil
	}
	tag := h.tag
	if tag == 0x24 { // a constructed OCTET STRING becomes a primitive one
		tag = 0x04
		for i, p := range parts {
			ph, err := readHeader(p)
			if err != nil || ph.tag != 0x04 {
				return nil, 0, false, errBER
			}
			parts[i] = p[ph.len:]
		}
	}
	return encode(tag, parts...), used, true, nil
}

// encode writes one element with a definite length in its shortest form.
func encode(tag byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	out := make([]byte, 0, n+6)
	out = append(out, tag)
	switch {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 0x100:
		out = append(out, 0x81, byte(n))
	case n < 0x10000:
		out = append(out, 0x82, byte(n>>8), byte(n))
	case n < 0x1000000:
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	default:
		out = append(out, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
