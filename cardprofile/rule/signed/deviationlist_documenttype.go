package signed

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A document type has two characters.
var deviationType = Rule{
	About: lint.About{
		ID: "deviationlist.documenttype", Severity: lint.Error, Kinds: only(lint.DeviationList),
		Title:    lint.Text("A document type has two characters", "Loại giấy tờ có hai ký tự"),
		Citation: "Doc 9303-12 (8th ed.), 10.2",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Deviations == nil {
			return
		}
		for i, e := range o.Deviations.Entries {
			if e.kind.Tag != 0 && (len(e.kind.Value) != 2 || !der.Printable(bytes.ReplaceAll(e.kind.Value, []byte("<"), nil))) {
				report("DeviationList.deviations", "that of number %d has not", i+1)
			}
		}
	},
}
