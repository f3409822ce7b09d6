package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A CSCA does not use a serial number for two certificates.
var masterSerial = Rule{
	About: lint.About{
		ID: "masterlist.serial", Severity: lint.Error, Kinds: only(lint.MasterList),
		Title:    lint.Text("A CSCA does not use a serial number for two certificates", "CSCA không dùng một số sê-ri cho hai chứng thư"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.5",
	},
	Check: func(o *Object, report lint.Report) {
		seen := map[string]string{}
		for _, c := range o.listed() {
			key := string(c.Issuer.Raw) + "\x00" + string(c.Serial)
			if before, twice := seen[key]; twice && before != string(c.Raw) {
				report("CscaMasterList.certList", "serial number %x occurs under one name with two certificates", c.Serial[:min(len(c.Serial), 24)])
			}
			seen[key] = string(c.Raw)
		}
	},
}
