package cms

import (
	"math/big"
	"strconv"
	"strings"
)

// Object identifiers of content types, as dotted strings.
const (
	OIDData              = "1.2.840.113549.1.7.1"
	OIDSignedData        = "1.2.840.113549.1.7.2"
	OIDLDSSecurityObject = "2.23.136.1.1.1"       // EF.SOD, Doc 9303-10 (8th ed.), 4.6.2.3
	OIDMasterList        = "2.23.136.1.1.2"       // Doc 9303-12 (8th ed.), 9.2
	OIDDeviationList     = "2.23.136.1.1.7"       // Doc 9303-12 (8th ed.), 10.2
	OIDSecurityObject    = "0.4.0.127.0.7.3.2.1"  // EF.CardSecurity, Doc 9303-10 (8th ed.), 3.11.4
	oidAttrContentType   = "1.2.840.113549.1.9.3" // RFC 5652, 11
	oidAttrMessageDigest = "1.2.840.113549.1.9.4"
	oidAttrSigningTime   = "1.2.840.113549.1.9.5"
)

// maxOIDContent bounds the content octets of an object identifier; the longest
// in use, with an arc of 128 bits, needs 20.
const maxOIDContent = 64

// OIDString turns the content octets of an OBJECT IDENTIFIER into dotted form.
// Arcs of any size are taken, since certificates carry UUID arcs; an empty,
// truncated, overlong or padded encoding is refused.
func OIDString(content []byte) (string, bool) {
	if len(content) == 0 || len(content) > maxOIDContent || content[len(content)-1]&0x80 != 0 {
		return "", false
	}
	var b strings.Builder
	first := true
	for i := 0; i < len(content); {
		if content[i] == 0x80 { // an arc starts with padding
			return "", false
		}
		n := 0
		for content[i+n]&0x80 != 0 {
			n++
		}
		arc := content[i : i+n+1]
		i += n + 1
		if n < 8 {
			var v uint64
			for _, c := range arc {
				v = v<<7 | uint64(c&0x7f)
			}
			if first {
				first = false
				root := min(v/40, 2)
				b.WriteString(strconv.FormatUint(root, 10))
				v -= root * 40
			}
			b.WriteByte('.')
			b.WriteString(strconv.FormatUint(v, 10))
			continue
		}
		v := new(big.Int)
		for _, c := range arc {
			v.Lsh(v, 7).Or(v, big.NewInt(int64(c&0x7f)))
		}
		if first {
			first = false
			b.WriteString("2")
			v.Sub(v, big.NewInt(80))
		}
		b.WriteByte('.')
		b.WriteString(v.String())
	}
	return b.String(), true
}
