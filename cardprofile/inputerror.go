package cardprofile

import (
	"strconv"
	"strings"
)

// InputError reports a profile, record or batch file that cannot be used as it
// stands. It says where the problem is and what to do about it, and never
// repeats the value found there, which may be personal data. The command maps
// it to exit status 2.
type InputError struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`  // 1-based; 0 when the problem has no line
	Field   string `json:"field,omitempty"` // column, key or element name
	Problem string `json:"problem"`
	Fix     string `json:"fix,omitempty"`
}

// Error is FILE:LINE: FIELD: PROBLEM; FIX, leaving out what is not known.
func (e *InputError) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			b.WriteString(":" + strconv.Itoa(e.Line))
		}
		b.WriteString(": ")
	} else if e.Line > 0 {
		b.WriteString("line " + strconv.Itoa(e.Line) + ": ")
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Problem)
	if e.Fix != "" {
		b.WriteString("; " + e.Fix)
	}
	return b.String()
}
