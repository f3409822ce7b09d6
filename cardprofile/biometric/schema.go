package biometric

import (
	"fmt"
	"maps"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// A schema is the list of the fields of one SEQUENCE of ISO/IEC 39794, all of
// them with context-specific tags (IMPLICIT TAGS). The same list reads and
// writes.
type schema struct {
	fields []field
	closed bool // the type has no extension marker
}

type field struct {
	tag      int
	name     string
	required bool
	codec    codec
}

// codec is the content of one field, without its tag and length.
type codec interface {
	constructed() bool
	read(r *blockReader, content []byte, path string)
	// write gives ok == false for a field that is left out.
	write() (content []byte, ok bool, err error)
}

// blockReader reads DER blocks tolerantly.
type blockReader struct {
	*notes
	extensions []Extension
}

const maxExtensions = 64

// block reads the content of a SEQUENCE.
func (r *blockReader) block(content []byte, path string, s schema) {
	nodes, err := tlv.ParseAll(content)
	if err != nil {
		r.note("der", "%s: the encoding is broken", path)
	}
	seen := make(map[int]bool, len(s.fields))
	last := -1
	for _, n := range nodes {
		num, ok := contextTag(n.Tag)
		if !ok {
			r.note("tag", "%s: an element %s that does not belong there", path, n.Tag)
			continue
		}
		if !n.Minimal() {
			r.note("der", "%s: a length that is not in its shortest form", path)
		}
		if num <= last {
			r.note("order", "%s: field %d is repeated or out of order", path, num)
			if seen[num] {
				continue
			}
		}
		last = max(last, num)
		i := slices.IndexFunc(s.fields, func(f field) bool { return f.tag == num })
		if i < 0 {
			if s.closed {
				r.note("tag", "%s: a field %d that the type does not have", path, num)
			}
			if len(r.extensions) < maxExtensions {
				r.extensions = append(r.extensions, Extension{fmt.Sprintf("%s.%d", path, num), n.Raw})
			}
			continue
		}
		f := s.fields[i]
		seen[num] = true
		inner := path + "." + f.name
		// A choice inside a tag is always constructed; some write the bare code.
		if n.Tag.Constructed() != f.codec.constructed() {
			r.note("form", "%s: not of the form its type has", inner)
			if choice, ok := f.codec.(choiceCodec); ok {
				optInt(choice.to, 0, choice.max).read(r, n.Value, inner)
			}
			continue
		}
		f.codec.read(r, n.Value, inner)
	}
	for _, f := range s.fields {
		if f.required && !seen[f.tag] {
			r.note("missing", "%s: the field %s is required and not there", path, f.name)
		}
	}
}

// contextTag is the number of a context-specific tag.
func contextTag(t tlv.Tag) (int, bool) {
	switch {
	case t <= 0xFF:
		return int(t & 0x1F), t&0xC0 == 0x80
	case t <= 0xFFFF:
		return int(t & 0x7F), t&0xC000 == 0x8000 && t&0x80 == 0
	}
	return 0, false
}

func makeTag(num int, constructed bool) tlv.Tag {
	t := tlv.Tag(0x80 | num)
	if constructed {
		t |= 0x20
	}
	return t
}

// write makes the content of a SEQUENCE.
func (s schema) write() ([]byte, error) {
	var out []byte
	for _, f := range s.fields {
		content, ok, err := f.codec.write()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		if !ok {
			if f.required {
				return nil, fmt.Errorf("%w: %s is required", ErrBuild, f.name)
			}
			continue
		}
		out = append(out, tlv.Encode(makeTag(f.tag, f.codec.constructed()), content)...)
	}
	return out, nil
}

// intCodec is an INTEGER or ENUMERATED within bounds; to is nil when absent.
type intCodec struct {
	to       **int
	min, max int
}

func optInt(to **int, low, high int) codec { return intCodec{to, low, high} }

// reqInt is the integer that is always there.
type reqInt struct {
	to       *int
	min, max int
}

func (reqInt) constructed() bool   { return false }
func (intCodec) constructed() bool { return false }

func (c intCodec) read(r *blockReader, b []byte, path string) {
	if v, ok := r.integer(b, path, c.min, c.max); ok {
		*c.to = &v
	}
}

func (c reqInt) read(r *blockReader, b []byte, path string) {
	if v, ok := r.integer(b, path, c.min, c.max); ok {
		*c.to = v
	}
}

func (c intCodec) write() ([]byte, bool, error) {
	if *c.to == nil {
		return nil, false, nil
	}
	return reqInt{*c.to, c.min, c.max}.write()
}

func (c reqInt) write() ([]byte, bool, error) {
	if *c.to < c.min || *c.to > c.max {
		return nil, false, fmt.Errorf("%w: %d is not within %d and %d", ErrBuild, *c.to, c.min, c.max)
	}
	return integerBytes(*c.to), true, nil
}

// integer reads two's complement of at most 8 bytes. A value out of its bounds
// is kept, with a deviation.
func (r *blockReader) integer(b []byte, path string, low, high int) (int, bool) {
	if len(b) == 0 || len(b) > 8 {
		r.note("integer", "%s: not a number", path)
		return 0, false
	}
	if len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xFF && b[1] >= 0x80) {
		r.note("der", "%s: a number with bytes that say nothing", path)
	}
	v := int64(int8(b[0]))
	for _, c := range b[1:] {
		v = v<<8 | int64(c)
	}
	if v < int64(low) || v > int64(high) {
		r.note("range", "%s: the value is out of its bounds", path)
	}
	return int(v), true
}

func integerBytes(v int) []byte {
	b := []byte{byte(v)}
	for rest := int64(v) >> 8; ; rest >>= 8 {
		if rest == 0 && b[0] < 0x80 || rest == -1 && b[0] >= 0x80 {
			return b
		}
		b = append([]byte{byte(rest)}, b...)
	}
}

// octets is an OCTET STRING, or any block that is kept as it is.
type octets struct {
	to    *[]byte
	block bool
}

func (c octets) constructed() bool { return c.block }

func (c octets) read(_ *blockReader, b []byte, _ string) { *c.to = b }

func (c octets) write() ([]byte, bool, error) { return *c.to, *c.to != nil, nil }

// Flags are the BOOLEANs of a block by their names; one that is not there was
// not stated.
type Flags map[string]bool

// flagCodec is a SEQUENCE of OPTIONAL BOOLEANs; names in the order of the tags.
type flagCodec struct {
	to    *Flags
	names []string
}

func (flagCodec) constructed() bool { return true }

func (c flagCodec) schema(v []*bool) schema {
	var s schema
	for i, name := range c.names {
		s.fields = append(s.fields, field{i, name, false, boolCodec{&v[i]}})
	}
	return s
}

func (c flagCodec) read(r *blockReader, b []byte, path string) {
	v := make([]*bool, len(c.names))
	r.block(b, path, c.schema(v))
	*c.to = Flags{}
	for i, name := range c.names {
		if v[i] != nil {
			(*c.to)[name] = *v[i]
		}
	}
}

func (c flagCodec) write() ([]byte, bool, error) {
	if *c.to == nil {
		return nil, false, nil
	}
	v := make([]*bool, len(c.names))
	for _, name := range slices.Sorted(maps.Keys(*c.to)) {
		i := slices.Index(c.names, name)
		if i < 0 {
			return nil, false, fmt.Errorf("%w: no flag %q", ErrBuild, name)
		}
		set := (*c.to)[name]
		v[i] = &set
	}
	out, err := c.schema(v).write()
	return out, true, err
}

type boolCodec struct{ to **bool }

func (boolCodec) constructed() bool { return false }

func (c boolCodec) read(r *blockReader, b []byte, path string) {
	if len(b) != 1 {
		r.note("boolean", "%s: not a truth value", path)
		return
	}
	if b[0] != 0 && b[0] != 0xFF {
		r.note("der", "%s: a truth value other than 00 and FF", path)
	}
	v := b[0] != 0
	*c.to = &v
}

func (c boolCodec) write() ([]byte, bool, error) {
	switch {
	case *c.to == nil:
		return nil, false, nil
	case **c.to:
		return []byte{0xFF}, true, nil
	}
	return []byte{0}, true, nil
}
