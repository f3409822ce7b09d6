package conformance

import (
	_ "embed" // coverage.txt
	"strings"
)

//go:embed coverage.txt
var coverage string

// Statement is one mandatory statement of Doc 9303-10 or -12, and what asks for it.
type Statement struct {
	Part    string // "10" or "12"
	Section string
	Text    string   // what is demanded, in our words
	Rules   []string // rules that ask for it
	Reason  string   // why no rule can, where there is none
}

// Coverage is the account of the mandatory statements of Doc 9303-10 and -12 (8th
// ed., with Amendment 1).
func Coverage() []Statement {
	var out []Statement
	for _, line := range strings.Split(coverage, "\n") {
		f := strings.Split(line, " | ")
		if strings.HasPrefix(line, "#") || len(f) != 4 {
			continue
		}
		s := Statement{Part: f[0], Section: f[1], Text: f[2]}
		if reason, ok := strings.CutPrefix(f[3], "- "); ok {
			s.Reason = reason
		} else {
			s.Rules = strings.Split(f[3], ", ")
		}
		out = append(out, s)
	}
	return out
}
