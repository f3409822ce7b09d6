package biometric

import (
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Codecs that hold others: blocks, lists and choices.

// nested is a SEQUENCE that is a field; to is nil when absent.
type nested[T any] struct {
	to **T
	of func(*T) schema
}

func (nested[T]) constructed() bool { return true }

func (c nested[T]) read(r *blockReader, b []byte, path string) {
	v := new(T)
	r.block(b, path, c.of(v))
	*c.to = v
}

func (c nested[T]) write() ([]byte, bool, error) {
	if *c.to == nil {
		return nil, false, nil
	}
	b, err := c.of(*c.to).write()
	return b, true, err
}

// inline is a SEQUENCE whose fields stand in the type around it, and which is
// left out when none of them is there, unless always is set.
type inline struct {
	of     schema
	always bool
}

func (inline) constructed() bool                            { return true }
func (c inline) read(r *blockReader, b []byte, path string) { r.block(b, path, c.of) }
func (c inline) write() (content []byte, ok bool, err error) {
	content, err = c.of.write()
	return content, len(content) > 0 || c.always, err
}

// list is a SEQUENCE OF SEQUENCE.
type list[T any] struct {
	to  *[]T
	of  func(*T) schema
	max int
}

func (list[T]) constructed() bool { return true }

func (c list[T]) read(r *blockReader, b []byte, path string) {
	nodes, err := tlv.ParseAll(b)
	if err != nil {
		r.note("der", "%s: the encoding is broken", path)
	}
	if len(nodes) > 0 && nodes[0].Tag != tagSequence {
		// Written as if the list were its one entry.
		r.note("list", "%s: the entries of the list are not told apart", path)
		var v T
		r.block(b, path, c.of(&v))
		*c.to = append(*c.to, v)
		return
	}
	for i, n := range nodes {
		if i == c.max {
			r.note("count", "%s: more than %d entries", path, c.max)
			return
		}
		if n.Tag != tagSequence {
			r.note("tag", "%s: an element %s that does not belong there", path, n.Tag)
			continue
		}
		if !n.Minimal() {
			r.note("der", "%s: a length that is not in its shortest form", path)
		}
		var v T
		r.block(n.Value, path, c.of(&v))
		*c.to = append(*c.to, v)
	}
}

func (c list[T]) write() ([]byte, bool, error) {
	if len(*c.to) > c.max {
		return nil, false, fmt.Errorf("%w: more than %d entries", ErrBuild, c.max)
	}
	var out []byte
	for i := range *c.to {
		b, err := c.of(&(*c.to)[i]).write()
		if err != nil {
			return nil, false, err
		}
		out = append(out, tlv.Encode(tagSequence, b)...)
	}
	return out, *c.to != nil, nil
}

const tagSequence tlv.Tag = 0x30

// choiceCodec is a CHOICE of a code [0] and an extension block [1] whose first
// field is the code to fall back on. The code is the same to the reader.
type choiceCodec struct {
	to  **int
	max int
	// fallback writes the extension block: the application profile for eMRTDs
	// leaves no other way for most codes.
	fallback bool
	// open is for a choice whose extension block has no fallback.
	open bool
}

func (choiceCodec) constructed() bool { return true }

func (c choiceCodec) read(r *blockReader, b []byte, path string) {
	var extension *fallback
	s := schema{closed: true, fields: []field{{0, "code", false, optInt(c.to, 0, c.max)}}}
	s.fields = append(s.fields, field{1, "extension", false, nested[fallback]{&extension, func(f *fallback) schema {
		return schema{fields: []field{{0, "fallback", !c.open, optInt(&f.code, 0, c.max)}}}
	}}})
	r.block(b, path, s)
	switch {
	case extension != nil && *c.to != nil:
		r.note("choice", "%s: both alternatives of a choice", path)
	case extension != nil:
		*c.to = extension.code
		if extension.code == nil {
			r.note("extension", "%s: a value of a later edition that says nothing to fall back on", path)
		}
	case *c.to == nil:
		r.note("choice", "%s: an empty choice", path)
	}
}

type fallback struct{ code *int }

func (c choiceCodec) write() ([]byte, bool, error) {
	if *c.to == nil {
		return nil, false, nil
	}
	b, _, err := reqInt{*c.to, 0, c.max}.write()
	if err != nil {
		return nil, false, err
	}
	code := tlv.Encode(makeTag(0, false), b)
	if c.fallback {
		return tlv.Encode(makeTag(1, true), code), true, nil
	}
	return code, true, nil
}

// scoreCodec is ScoreOrError of ISO/IEC 39794-1: a score [0], or an error [1]
// that is itself a choice. -1 stands for any error.
type scoreCodec struct{ to *int }

func (scoreCodec) constructed() bool { return true }

func (c scoreCodec) read(r *blockReader, b []byte, path string) {
	var score *int
	var failed []byte
	r.block(b, path, schema{closed: true, fields: []field{{0, "score", false, optInt(&score, 0, 100)}, {1, "error", false, octets{&failed, true}}}})
	*c.to = -1
	switch {
	case score != nil:
		*c.to = *score
	case failed == nil:
		r.note("choice", "%s: an empty choice", path)
	}
}

func (c scoreCodec) write() ([]byte, bool, error) {
	if *c.to == -1 { // the error, as its only code, in the form of the application profile
		return tlv.Encode(makeTag(1, true), tlv.Encode(makeTag(1, true), tlv.Encode(makeTag(0, false), []byte{0}))), true, nil
	}
	b, _, err := reqInt{c.to, 0, 100}.write()
	return tlv.Encode(makeTag(0, false), b), true, err
}

// Blocks of ISO/IEC 39794-1.

type version struct{ Generation, Year int }

func versionSchema(v *version) schema {
	return schema{fields: []field{{0, "generation", true, reqInt{&v.Generation, 3, 65535}}, {1, "year", true, reqInt{&v.Year, 2019, 9999}}}}
}

func registrySchema(v *RegistryID) schema {
	return schema{closed: true, fields: []field{{0, "organization", true, reqInt{&v.Organization, 1, 65535}}, {1, "id", true, reqInt{&v.ID, 1, 65535}}}}
}

// qualitySchema wants the algorithm named: a score without it, as ISO/IEC 19794
// has them, is not written.
func qualitySchema(v *Quality) schema {
	return schema{fields: []field{{0, "algorithm", true, inline{registrySchema(&v.Algorithm), true}}, {1, "score", true, scoreCodec{&v.Score}}}}
}

// dateTimeCodec is a DateTimeBlock; parts after the year may be left out.
type dateTimeCodec struct{ to **DateTime }

func (dateTimeCodec) constructed() bool { return true }

func (c dateTimeCodec) schema(d *DateTime, parts *[6]*int) schema {
	s := schema{closed: true, fields: []field{{0, "year", true, reqInt{&d.Year, 0, 9999}}}}
	for i, p := range []struct {
		name      string
		low, high int
	}{{"month", 1, 12}, {"day", 1, 31}, {"hour", 0, 23}, {"minute", 0, 59}, {"second", 0, 59}, {"millisecond", 0, 999}} {
		s.fields = append(s.fields, field{i + 1, p.name, false, optInt(&parts[i], p.low, p.high)})
	}
	return s
}

func (d *DateTime) parts() [6]*int {
	return [6]*int{&d.Month, &d.Day, &d.Hour, &d.Minute, &d.Second, &d.Millisecond}
}

func (c dateTimeCodec) read(r *blockReader, b []byte, path string) {
	d, read := new(DateTime), [6]*int{}
	r.block(b, path, c.schema(d, &read))
	for i, p := range d.parts() {
		*p = -1
		if read[i] != nil {
			*p = *read[i]
		}
	}
	*c.to = d
}

func (c dateTimeCodec) write() ([]byte, bool, error) {
	if *c.to == nil {
		return nil, false, nil
	}
	d := **c.to
	parts := d.parts()
	for i, p := range parts {
		if *p < 0 {
			parts[i] = nil
		}
	}
	b, err := c.schema(&d, &parts).write()
	return b, true, err
}
