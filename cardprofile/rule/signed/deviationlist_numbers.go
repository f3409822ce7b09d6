package signed

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Document numbers and descriptions are PrintableStrings.
var deviationNumbers = Rule{
	About: lint.About{
		ID: "deviationlist.numbers", Severity: lint.Error, Kinds: only(lint.DeviationList),
		Title:    lint.Text("Document numbers and descriptions are PrintableStrings", "Số giấy tờ và mô tả là PrintableString"),
		Citation: "Doc 9303-12 (8th ed.), 10.2",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Deviations == nil {
			return
		}
		for i, e := range o.Deviations.Entries {
			good := func(n tlv.Node) bool { return n.Tag == der.PrintableString && der.Printable(n.Value) }
			bad := false
			whole := der.Each(e.numbers.Value, func(n tlv.Node) bool {
				bad = bad || !good(n)
				return !bad
			})
			for _, d := range e.descriptions {
				bad = bad || d.text.Tag != 0 && !good(d.text)
			}
			if bad || !whole {
				report("DeviationList.deviations", "one of number %d is none", i+1)
			}
		}
	},
}
