package printer

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math"
	"strings"

	"github.com/OpenPrinting/goipp"
)

// Bounds of what an answer may hold.
const (
	ippMaxDepth  = 8       // of collections in collections
	ippMaxValues = 1 << 14 // values in all
	ippMaxGroups = 1 << 10
)

// ippAnswer reads an answer. The printer is not trusted: its size, depth and
// count are looked at before the message is built.
func ippAnswer(raw []byte, id uint32) (*goipp.Message, error) {
	if len(raw) > ippMaxAnswer {
		return nil, fmt.Errorf("%w: it is too long", ErrProtocol)
	}
	if err := ippBounds(raw); err != nil {
		return nil, err
	}
	var m goipp.Message
	if err := m.DecodeBytes(raw); err != nil {
		return nil, fmt.Errorf("%w: the message is damaged", ErrProtocol)
	}
	if v := m.Version.Major(); v != 1 && v != 2 {
		return nil, fmt.Errorf("%w: IPP version %d", ErrProtocol, v)
	}
	if m.RequestID != id {
		return nil, fmt.Errorf("%w: it belongs to another request", ErrProtocol)
	}
	return &m, nil
}

// ippBounds walks over a message (RFC 8010, 3.1) and builds nothing.
func ippBounds(b []byte) error {
	short := fmt.Errorf("%w: the message ends early", ErrProtocol)
	if len(b) < 8 {
		return short
	}
	b = b[8:]
	depth, values, groups := 0, 0, 0
	length := func() bool { // skips what a length of two bytes announces
		if len(b) < 2 {
			return false
		}
		n := int(binary.BigEndian.Uint16(b))
		if len(b) < 2+n {
			return false
		}
		b = b[2+n:]
		return true
	}
	for {
		if len(b) == 0 {
			return short
		}
		tag := b[0]
		b = b[1:]
		switch {
		case tag == byte(goipp.TagEnd):
			return nil
		case tag < 0x10:
			groups++
		default:
			values++
			name, value := length(), length()
			if !name || !value {
				return short
			}
			switch goipp.Tag(tag) {
			case goipp.TagBeginCollection:
				depth++
			case goipp.TagEndCollection:
				depth--
			}
		}
		if depth > ippMaxDepth || depth < 0 || values > ippMaxValues || groups > ippMaxGroups {
			return fmt.Errorf("%w: it holds too much", ErrProtocol)
		}
	}
}

// ippAttrs are attributes by name, the first of each.
type ippAttrs map[string]goipp.Values

func ippAttributes(list goipp.Attributes) ippAttrs {
	m := make(ippAttrs, len(list))
	for _, a := range list {
		if _, twice := m[a.Name]; !twice {
			m[a.Name] = a.Values
		}
	}
	return m
}

// keywords are the values that are keywords, names or media types; any that
// could not be one is left out.
func (a ippAttrs) keywords(name string) []string {
	var out []string
	for _, v := range a[name] {
		if s, ok := v.V.(goipp.String); ok && ippKeyword(string(s)) {
			out = append(out, string(s))
		}
	}
	return out
}

// ippKeyword reports whether a text can be a keyword (RFC 8011, 5.1.4), so that
// it may stand in a message to people.
func ippKeyword(s string) bool {
	return s != "" && len(s) <= 127 && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_./+", r)
	}) < 0
}

// text is a text for people, without what could disturb a terminal.
func (a ippAttrs) text(name string) string {
	if len(a[name]) == 0 {
		return ""
	}
	var s string
	switch v := a[name][0].V.(type) {
	case goipp.String:
		s = string(v)
	case goipp.TextWithLang:
		s = v.Text
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7F && r < 0xA0 || r == 0xFFFD || r >= 0x2028 && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if runes := []rune(s); len(runes) > 127 {
		s = string(runes[:127])
	}
	return s
}

func (a ippAttrs) numbers(name string) []int {
	var out []int
	for _, v := range a[name] {
		if n, ok := v.V.(goipp.Integer); ok {
			out = append(out, int(n))
		}
	}
	return out
}

// number is the first value, or missing.
func (a ippAttrs) number(name string, missing int) int {
	if n := a.numbers(name); len(n) > 0 {
		return n[0]
	}
	return missing
}

// is reports whether an attribute has a boolean value.
func (a ippAttrs) is(name string, value bool) bool {
	if len(a[name]) == 0 {
		return false
	}
	b, ok := a[name][0].V.(goipp.Boolean)
	return ok && bool(b) == value
}

// resolutions are those that are the same both ways, in dots per inch.
func (a ippAttrs) resolutions(name string) []int {
	var out []int
	for _, v := range a[name] {
		r, ok := v.V.(goipp.Resolution)
		if !ok || r.Xres != r.Yres || r.Xres < 1 || r.Xres > 1<<14 {
			continue
		}
		if r.Units == goipp.UnitsDpcm {
			r.Xres = int(math.Round(float64(r.Xres) * 2.54))
		}
		out = append(out, r.Xres)
	}
	return out
}

func (a ippAttrs) collections(name string) []ippAttrs {
	var out []ippAttrs
	for _, v := range a[name] {
		if c, ok := v.V.(goipp.Collection); ok {
			out = append(out, ippAttributes(goipp.Attributes(c)))
		}
	}
	return out
}

// pemCertificates reads the certificates of a PEM file.
func pemCertificates(text []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for rest := bytes.TrimSpace(text); len(rest) > 0; {
		block, after := pem.Decode(rest)
		if block == nil {
			break
		}
		rest = after
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w: the certificates: %w", ErrUnknownDriver, err)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: the file of certificates holds none", ErrUnknownDriver)
	}
	return out, nil
}
