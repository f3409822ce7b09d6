package document

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A CSCA does not use a serial number for two certificates.
var serials = Rule{
	About: lint.About{
		ID: "document.serial", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("A CSCA does not use a serial number for two certificates", "CSCA không dùng một số sê-ri cho hai chứng thư"),
		Citation: "Doc 9303-12 (8th ed.), 7.1.1.5",
	},
	Check: func(t *Together, report lint.Report) {
		seen := map[string][]byte{}
		for _, c := range t.Certificates {
			key := string(c.Issuer.Raw) + "\x00" + string(c.Serial)
			if before, twice := seen[key]; twice && !bytes.Equal(before, c.Raw) {
				report("certificates", "serial number %x occurs under one name with two", c.Serial[:min(len(c.Serial), 24)])
			}
			seen[key] = c.Raw
		}
	},
}
