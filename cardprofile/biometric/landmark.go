package biometric

import (
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Landmark is one point of a face, ISO/IEC 39794-5:2019. X and Y are pixels of
// the image from its upper left corner; Z is -1 in a flat picture. Without
// coordinates X and Y are -1 too.
type Landmark struct {
	Scheme  string // mpeg4, name, point-name or point-id; empty: of a later edition
	Code    int    // in the table of the scheme; see Name for MPEG-4
	X, Y, Z int
}

// maxLandmarks bounds the list; MPEG-4 has 88 points, anthropometry 61.
const maxLandmarks = 256

// mpeg4Points is how many points each group of ISO/IEC 14496-2 has in the
// schema, groups 2 to 12, in the order of the codes.
var mpeg4Points = []int{14, 14, 6, 4, 4, 1, 10, 15, 10, 6, 4}

// Name is the point in the notation of MPEG-4 ("2.11"), or the scheme and code.
func (l Landmark) Name() string {
	if l.Scheme == "mpeg4" {
		c := l.Code
		for i, n := range mpeg4Points {
			if c < n {
				return fmt.Sprintf("%d.%d", i+2, c+1)
			}
			c -= n
		}
	}
	return fmt.Sprintf("%s %d", l.Scheme, l.Code)
}

// Where each scheme stands in the choices of landmarkKind: the tags under [0],
// and the highest code.
var landmarkSchemes = []struct {
	name    string
	path    []int
	highest int
}{
	{"mpeg4", []int{0}, 87},
	{"name", []int{1, 0, 0}, 60},
	{"point-name", []int{1, 0, 1}, 36},
	{"point-id", []int{1, 0, 2}, 62},
}

func landmarkSchema(l *Landmark) schema {
	return schema{fields: []field{{0, "kind", true, landmarkKind{l}}, {1, "coordinates", false, landmarkPlace{l}}}}
}

// landmarkKind is base [0], then the choices of the scheme, then the code.
type landmarkKind struct{ l *Landmark }

func (landmarkKind) constructed() bool { return true }

func (c landmarkKind) read(r *blockReader, b []byte, path string) {
	c.l.X, c.l.Y, c.l.Z = -1, -1, -1
	var codes [4]*int
	one := func(i int, tag int) field {
		return field{tag, landmarkSchemes[i].name, false, apCode(&codes[i], landmarkSchemes[i].highest)}
	}
	anthropometric := schema{fields: []field{{0, "base", false, inline{of: schema{fields: []field{one(1, 0), one(2, 1), one(3, 2)}}}}}}
	r.block(b, path, schema{fields: []field{{0, "base", false, inline{of: schema{fields: []field{one(0, 0), {1, "anthropometric", false, inline{of: anthropometric}}}}}}}})
	for i, code := range codes {
		if code != nil {
			c.l.Scheme, c.l.Code = landmarkSchemes[i].name, *code
			return
		}
	}
	r.note("landmark", "%s: a landmark of no known scheme", path)
}

func (c landmarkKind) write() ([]byte, bool, error) {
	for _, s := range landmarkSchemes {
		if s.name != c.l.Scheme {
			continue
		}
		code := &c.l.Code
		b, _, err := apCode(&code, s.highest).write()
		if err != nil {
			return nil, false, err
		}
		for i := len(s.path) - 1; i >= 0; i-- {
			b = tlv.Encode(makeTag(s.path[i], true), b)
		}
		return tlv.Encode(makeTag(0, true), b), true, nil
	}
	return nil, false, fmt.Errorf("%w: no landmark scheme %q", ErrBuild, c.l.Scheme)
}

// landmarkPlace is base [0], then a point in the picture [0], in its texture [1]
// or in space [2].
type landmarkPlace struct{ l *Landmark }

func (landmarkPlace) constructed() bool { return true }

func (c landmarkPlace) read(r *blockReader, b []byte, path string) {
	type point struct{ x, y, z *int }
	var flat, texture, space *point
	at := func(dimensions int) func(*point) schema {
		return func(p *point) schema {
			s := schema{closed: true}
			for i, to := range []**int{&p.x, &p.y, &p.z}[:dimensions] {
				s.fields = append(s.fields, field{i, "coordinate", true, optInt(to, 0, 65535)})
			}
			return s
		}
	}
	r.block(b, path, schema{fields: []field{{0, "base", false, inline{of: schema{fields: []field{
		{0, "2d", false, nested[point]{&flat, at(2)}}, {1, "texture", false, nested[point]{&texture, at(2)}}, {2, "3d", false, nested[point]{&space, at(3)}}}}}}}})
	for _, p := range []*point{flat, texture, space} {
		if p == nil {
			continue
		}
		for _, v := range []struct {
			to   *int
			from *int
		}{{&c.l.X, p.x}, {&c.l.Y, p.y}, {&c.l.Z, p.z}} {
			if v.from != nil {
				*v.to = *v.from
			}
		}
	}
}

func (c landmarkPlace) write() ([]byte, bool, error) {
	if c.l.X < 0 || c.l.Y < 0 {
		return nil, false, nil
	}
	tag, values := 0, []*int{&c.l.X, &c.l.Y}
	if c.l.Z >= 0 {
		tag, values = 2, append(values, &c.l.Z)
	}
	var s schema
	for i, v := range values {
		s.fields = append(s.fields, field{i, "coordinate", true, reqInt{v, 0, 65535}})
	}
	b, err := s.write()
	return tlv.Encode(makeTag(0, true), tlv.Encode(makeTag(tag, true), b)), true, err
}
