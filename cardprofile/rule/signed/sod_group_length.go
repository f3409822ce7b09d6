package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A data group hash is as long as the hash algorithm makes it.
var sodLength = Rule{
	About: lint.About{
		ID: "sod.group.length", Severity: lint.Error, Kinds: only(lint.SOD),
		Title:    lint.Text("A data group hash is as long as the hash algorithm makes it", "Giá trị băm có độ dài của thuật toán băm"),
		Citation: "Doc 9303-10 (8th ed.), 4.6.2.3, Note 1",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Security == nil {
			return
		}
		h := o.Security.Hash.Hash()
		for _, g := range o.Security.Groups {
			if h != 0 && len(g.Hash) != h.Size() {
				report("LDSSecurityObject.dataGroupHashValues", "that of data group %d has %d bytes", g.Number, len(g.Hash))
			}
		}
	},
}
