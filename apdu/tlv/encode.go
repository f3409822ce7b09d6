package tlv

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// Encode writes one data object with a length in as few bytes as possible.
// The value is the concatenation of the given parts.
func Encode(tag Tag, value ...[]byte) []byte {
	n := 0
	for _, v := range value {
		n += len(v)
	}
	t := tag.bytes()
	l := EncodeLength(n)
	out := make([]byte, 0, len(t)+len(l)+n)
	out = append(out, t...)
	out = append(out, l...)
	for _, v := range value {
		out = append(out, v...)
	}
	return out
}

// EncodeLength writes a length field of one to five bytes, as short as
// possible (ISO/IEC 7816-4, 5.2.2.2). n is not negative.
func EncodeLength(n int) []byte {
	switch {
	case n < 0x80:
		return []byte{byte(n)}
	case n <= 0xFF:
		return []byte{0x81, byte(n)}
	case n <= 0xFFFF:
		return []byte{0x82, byte(n >> 8), byte(n)}
	case n <= 0xFFFFFF:
		return []byte{0x83, byte(n >> 16), byte(n >> 8), byte(n)}
	}
	return []byte{0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}

const (
	dumpDepth = 16      // levels shown
	dumpLine  = 64      // value bytes shown on a line
	dumpLimit = 1 << 18 // characters at most, about
)

// Dump draws data objects as an indented tree for people: one line each with
// tag, length and, of primitive ones, the value in hex (long ones cut). What
// is no data object is shown as plain bytes. It shows values as they are, so
// it is not for logs of cards with people's data.
func Dump(b []byte) string {
	var s strings.Builder
	dump(&s, b, 0)
	return s.String()
}

func dump(s *strings.Builder, b []byte, depth int) {
	indent := strings.Repeat("  ", depth)
	for len(b) > 0 {
		if s.Len() > dumpLimit {
			fmt.Fprintf(s, "%s… cut\n", indent)
			return
		}
		n, rest, err := Parse(b)
		if err != nil {
			fmt.Fprintf(s, "%s? %d bytes %s\n", indent, len(b), cut(b))
			return
		}
		if n.Constructed() && depth < dumpDepth {
			fmt.Fprintf(s, "%s%s %d\n", indent, n.Tag, len(n.Value))
			dump(s, n.Value, depth+1)
		} else {
			fmt.Fprintf(s, "%s%s %d %s\n", indent, n.Tag, len(n.Value), cut(n.Value))
		}
		b = rest
	}
}

func cut(b []byte) string {
	if len(b) > dumpLine {
		return strings.ToUpper(hex.EncodeToString(b[:dumpLine])) + "…"
	}
	return strings.ToUpper(hex.EncodeToString(b))
}
