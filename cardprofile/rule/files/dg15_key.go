package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// DG15 is a SubjectPublicKeyInfo with an RSA or elliptic curve key.
var dg15Key = Rule{
	About: lint.About{
		ID: "dg15.key", Severity: lint.Error, Kinds: only(lint.DG(15)),
		Title:    lint.Text("DG15 is a SubjectPublicKeyInfo with an RSA or elliptic curve key", "DG15 là SubjectPublicKeyInfo với khóa RSA hoặc elliptic"),
		Citation: "Doc 9303-10 (8th ed.), 4.7.15; Doc 9303-11 (8th ed.), 6.1",
	},
	Check: func(f *File, report lint.Report) {
		parts, ok := der.Parts(f.Node.Value, der.Sequence)
		if !ok || len(parts) != 2 || parts[1].Tag != der.BitString {
			report("6F", "it is none")
			return
		}
		if a, ok := der.ReadAlgorithm(parts[0]); !ok || a.OID != der.OIDRSA && a.OID != der.OIDEC {
			report("6F", "its algorithm is %s", a.OID)
		}
	},
}
