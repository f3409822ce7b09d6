package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// digestAlgorithm is present where a signer is named by its certificate's digest.
var deviationDigest = Rule{
	About: lint.About{
		ID: "deviationlist.digest", Severity: lint.Error, Kinds: only(lint.DeviationList),
		Title:    lint.Text("digestAlgorithm is present where a signer is named by its certificate's digest", "Có digestAlgorithm khi bên ký được nêu bằng giá trị băm của chứng thư"),
		Citation: "Doc 9303-12 (8th ed.), 10.2",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Deviations == nil || o.Deviations.HasDigest {
			return
		}
		for i, e := range o.Deviations.Entries {
			if e.signer.Tag == 0x83 {
				report("DeviationList.digestAlgorithm", "it is missing, and number %d has one", i+1)
			}
		}
	},
}
