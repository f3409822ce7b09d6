package hsm

import (
	"fmt"
	"strings"
)

// KeyRef names a key by an RFC 7512 URI, such as "pkcs11:token=issuer;object=ds-2026;id=%01%a2;type=private".
type KeyRef string

// Parse reads the URI.
func (r KeyRef) Parse() (URI, error) { return ParseURI(string(r)) }

// URI is the content of an RFC 7512 URI as far as keys need it. An empty field matches anything.
type URI struct {
	Token        string // CKA_LABEL of the token
	Serial       string
	Manufacturer string
	Model        string
	Object       string // CKA_LABEL of the object
	ID           []byte // CKA_ID
	Type         string // "private", "public", "cert", "secret-key", "data" or empty
}

// maxURI bounds what ParseURI reads.
const maxURI = 2048

// ParseURI reads an RFC 7512 URI. It refuses attributes that this package cannot honour, rather than matching more keys than were meant,
// and it refuses pin-value: a PIN never stands in a key's name. Query attributes module-path, module-name and pin-source are refused too,
// since module and PIN come from the operator and not from a key's name.
func ParseURI(s string) (URI, error) {
	fault := func(detail string) (URI, error) {
		return URI{}, &Fault{Doing: "read key URI", Kind: ErrKeyRef, Detail: detail}
	}
	if len(s) > maxURI {
		return fault("longer than 2048 bytes")
	}
	rest, ok := strings.CutPrefix(s, "pkcs11:")
	if !ok {
		return fault(`it must begin with "pkcs11:"`)
	}
	path, query, hasQuery := strings.Cut(rest, "?")
	if hasQuery && query != "" {
		// RFC 7512, 2.4: the PIN "pin-value" may be in the query; it is not named in the error text beyond its attribute.
		name, _, _ := strings.Cut(query, "=")
		return fault(fmt.Sprintf("query attribute %q is not taken: module and PIN source are given apart from the key's name", printable(name)))
	}
	var u URI
	if path == "" {
		return u, nil
	}
	seen := map[string]bool{}
	for _, part := range strings.Split(path, ";") {
		name, raw, ok := strings.Cut(part, "=")
		if !ok || name == "" {
			return fault("an attribute is not name=value")
		}
		// RFC 7512, 2.3: an attribute is not given twice.
		if seen[name] {
			return fault(fmt.Sprintf("attribute %q stands twice", printable(name)))
		}
		seen[name] = true
		value, err := unescape(raw)
		if err != nil {
			return fault(fmt.Sprintf("attribute %q: %v", printable(name), err))
		}
		switch name {
		case "token":
			u.Token = string(value)
		case "serial":
			u.Serial = string(value)
		case "manufacturer":
			u.Manufacturer = string(value)
		case "model":
			u.Model = string(value)
		case "object":
			u.Object = string(value)
		case "id":
			u.ID = value
		case "type":
			switch t := string(value); t {
			case "private", "public", "cert", "secret-key", "data":
				u.Type = t
			default:
				return fault(`type must be private, public, cert, secret-key or data`)
			}
		default:
			return fault(fmt.Sprintf("attribute %q is not known", printable(name)))
		}
	}
	return u, nil
}

// Ref formats the URI in one canonical form: id escaped byte by byte, other values escaped only where RFC 7512, 2.3 asks for it.
func (u URI) Ref() KeyRef {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	add("token", escape(u.Token))
	add("manufacturer", escape(u.Manufacturer))
	add("serial", escape(u.Serial))
	add("model", escape(u.Model))
	add("object", escape(u.Object))
	var id strings.Builder
	for _, b := range u.ID {
		fmt.Fprintf(&id, "%%%02x", b)
	}
	add("id", id.String())
	add("type", u.Type)
	return KeyRef("pkcs11:" + strings.Join(parts, ";"))
}

// String is the URI as text.
func (u URI) String() string { return string(u.Ref()) }

// escape leaves the unreserved characters of RFC 3986 and those of pk11-path-res-avail (RFC 7512, 2.3), and percent-encodes the rest.
func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if plain(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func plain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~:[]@!$'()*+,&", c) >= 0
}

func unescape(s string) ([]byte, error) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%':
			if i+2 >= len(s) {
				return nil, fmt.Errorf("a percent sign needs two hexadecimal digits")
			}
			hi, lo := hexDigit(s[i+1]), hexDigit(s[i+2])
			if hi < 0 || lo < 0 {
				return nil, fmt.Errorf("a percent sign needs two hexadecimal digits")
			}
			out = append(out, byte(hi<<4|lo))
			i += 2
		case plain(c):
			out = append(out, c)
		default:
			return nil, fmt.Errorf("character %q must be percent-encoded", rune(c))
		}
	}
	return out, nil
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// printable shortens a hostile attribute name for an error text.
func printable(s string) string {
	if len(s) > 32 {
		s = s[:32] + "…"
	}
	return s
}
