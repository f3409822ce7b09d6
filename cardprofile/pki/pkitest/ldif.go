package pkitest

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// LDIFValue writes one attribute in base64, folded as RFC 2849 wants: 76 columns, and
// lines that go on begin with a space.
func LDIFValue(name string, value []byte) string {
	line := name + ":: " + base64.StdEncoding.EncodeToString(value)
	var b strings.Builder
	for width := 76; len(line) > width; width = 75 {
		b.WriteString(line[:width] + "\n ")
		line = line[width:]
	}
	return b.String() + line + "\n"
}

// LDIFRecord writes one entry of a directory.
func LDIFRecord(n int, values ...string) string {
	return fmt.Sprintf("dn: cn=%d,o=dsc,c=VN,dc=data,dc=download,dc=pkd,dc=example\nobjectClass: top\npkdVersion: %d\n%s\n", n, n, strings.Join(values, ""))
}
