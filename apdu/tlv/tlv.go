package tlv

import (
	"errors"
	"fmt"
)

// Tag is a tag's bytes as a big-endian number: 0x61, 0x5F1F, 0x7F61. At most
// four bytes.
type Tag uint32

// String writes the tag as chip documents do: "61", "5F1F".
func (t Tag) String() string { return fmt.Sprintf("%X", t.bytes()) }

// Constructed reports whether the value is itself a sequence of data objects
// (bit 6 of the first tag byte; ISO/IEC 7816-4, 5.2.2.1).
func (t Tag) Constructed() bool { return t.bytes()[0]&0x20 != 0 }

func (t Tag) bytes() []byte {
	switch {
	case t > 0xFFFFFF:
		return []byte{byte(t >> 24), byte(t >> 16), byte(t >> 8), byte(t)}
	case t > 0xFFFF:
		return []byte{byte(t >> 16), byte(t >> 8), byte(t)}
	case t > 0xFF:
		return []byte{byte(t >> 8), byte(t)}
	}
	return []byte{byte(t)}
}

// Errors of reading. ErrShort means that more bytes could cure it; ErrFormat
// that none can.
var (
	ErrShort   = errors.New("tlv: not all bytes of the data object are there")
	ErrFormat  = errors.New("tlv: not a data object")
	ErrTooMany = errors.New("tlv: too many data objects")
)

// MaxNodes is the largest number of data objects that one level may hold.
const MaxNodes = 1 << 16

// Node is one data object as read. Value and Raw are parts of the input.
type Node struct {
	Tag   Tag
	Value []byte
	Raw   []byte // header and value, as read
}

// Header reads tag and length from the first bytes of a data object, as when
// the first bytes of a file tell how long the file is. headerLen and valueLen
// are in bytes; valueLen is what the object declares and may be far more than
// is there. ErrShort: b ends before the header does.
func Header(b []byte) (tag Tag, headerLen, valueLen int, err error) {
	if len(b) == 0 {
		return 0, 0, 0, ErrShort
	}
	i := 1
	tag = Tag(b[0])
	// ISO/IEC 7816-4, 5.2.2.1: 00 is no tag (it pads between objects).
	if tag == 0 {
		return 0, 0, 0, fmt.Errorf("%w: tag 00", ErrFormat)
	}
	if b[0]&0x1F == 0x1F {
		for {
			if i == 4 {
				return 0, 0, 0, fmt.Errorf("%w: tag of more than four bytes", ErrFormat)
			}
			if i >= len(b) {
				return 0, 0, 0, ErrShort
			}
			if i == 1 && b[i] == 0x80 {
				return 0, 0, 0, fmt.Errorf("%w: tag number with a leading zero", ErrFormat)
			}
			tag = tag<<8 | Tag(b[i])
			i++
			if b[i-1]&0x80 == 0 {
				break
			}
		}
	}
	if i >= len(b) {
		return 0, 0, 0, ErrShort
	}
	l := b[i]
	i++
	if l < 0x80 {
		return tag, i, int(l), nil
	}
	n := int(l & 0x7F)
	switch {
	case n == 0:
		return 0, 0, 0, fmt.Errorf("%w: indefinite length", ErrFormat)
	case n > 4:
		return 0, 0, 0, fmt.Errorf("%w: length of %d bytes", ErrFormat, n)
	case i+n > len(b):
		return 0, 0, 0, ErrShort
	}
	var v uint64
	for _, c := range b[i : i+n] {
		v = v<<8 | uint64(c)
	}
	if v > 0x7FFFFFFF-16 { // a header is at most 9 bytes: the sum fits an int everywhere
		return 0, 0, 0, fmt.Errorf("%w: length beyond 2 GiB", ErrFormat)
	}
	return tag, i + n, int(v), nil
}

// Parse reads the first data object of b and returns what follows it.
// ErrShort: b ends before the object does.
func Parse(b []byte) (n Node, rest []byte, err error) {
	tag, h, l, err := Header(b)
	if err != nil {
		return Node{}, nil, err
	}
	if l > len(b)-h {
		return Node{}, nil, fmt.Errorf("%w: tag %s declares %d bytes, %d are there", ErrShort, tag, l, len(b)-h)
	}
	end := h + l
	return Node{Tag: tag, Value: b[h:end:end], Raw: b[:end:end]}, b[end:], nil
}

// ParseAll reads b as a sequence of data objects without bytes between or
// after them. An empty b is an empty sequence.
func ParseAll(b []byte) ([]Node, error) {
	var nodes []Node
	for len(b) > 0 {
		if len(nodes) == MaxNodes {
			return nil, ErrTooMany
		}
		n, rest, err := Parse(b)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
		b = rest
	}
	return nodes, nil
}

// Constructed reports whether the value is a sequence of data objects, by the
// tag.
func (n Node) Constructed() bool { return n.Tag.Constructed() }

// Children reads the value as a sequence of data objects. It does so for
// primitive tags too: some templates on chips (A0 of EF.COM's kin, 7F..) are
// wrongly tagged primitive, and the caller knows what it asks for.
func (n Node) Children() ([]Node, error) { return ParseAll(n.Value) }

// First returns the first child with this tag. Children after a malformed one
// are not seen.
func (n Node) First(tag Tag) (Node, bool) { return First(n.Value, tag) }

// First returns the first data object with this tag in a sequence of them.
func First(b []byte, tag Tag) (Node, bool) {
	for i := 0; len(b) > 0 && i < MaxNodes; i++ {
		n, rest, err := Parse(b)
		if err != nil {
			return Node{}, false
		}
		if n.Tag == tag {
			return n, true
		}
		b = rest
	}
	return Node{}, false
}

// Path follows one tag after the other, the first such child on each level.
func (n Node) Path(tags ...Tag) (Node, bool) {
	for _, t := range tags {
		next, ok := n.First(t)
		if !ok {
			return Node{}, false
		}
		n = next
	}
	return n, true
}

// Minimal reports whether the length is written in as few bytes as possible,
// as DER wants (ISO/IEC 8825-1, 10.1).
func (n Node) Minimal() bool {
	return len(n.Raw)-len(n.Value) == len(n.Tag.bytes())+len(EncodeLength(len(n.Value)))
}
