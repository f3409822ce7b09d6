package files

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Profession comes with title, title with personal summary, that with proof of citizenship.
var detailConditional = Rule{
	About: lint.About{
		ID: "dg11.conditional", Severity: lint.Warning, Kinds: only(lint.DG(11)),
		Title:    lint.Text("Profession comes with title, title with personal summary, that with proof of citizenship", "Nghề nghiệp kèm chức danh, chức danh kèm tóm tắt cá nhân, tóm tắt kèm chứng minh quốc tịch"),
		Citation: "Doc 9303-10 (8th ed.), Table 72, data elements 08 to 11",
	},
	Check: func(f *File, report lint.Report) {
		chain := []tlv.Tag{0x5f13, 0x5f14, 0x5f15, 0x5f16}
		for i := range chain[1:] {
			_, has := first(f.Parts, chain[i])
			if _, next := first(f.Parts, chain[i+1]); has && !next {
				report(chain[i].String(), "%s is missing, though section 4.7.11 calls every element optional", chain[i+1])
			}
		}
	},
}
