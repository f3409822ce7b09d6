package infos

import (
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Of several chip authentication keys, each has a keyId of its own.
var caKeyID = Rule{
	About: lint.About{
		ID: "securityinfos.ca.keyid", Severity: lint.Error, Kinds: signed,
		Title:    lint.Text("Of several chip authentication keys, each has a keyId of its own", "Khi có nhiều khóa xác thực chip, mỗi khóa có keyId riêng"),
		Citation: "Doc 9303-11 (8th ed.), 9.2.5 and 9.2.6",
	},
	Check: func(s *Set, report lint.Report) {
		seen := map[int]bool{}
		for _, k := range s.Infos.ChipAuthKeys {
			if len(s.Infos.ChipAuthKeys) > 1 && (k.KeyID == lds.NoID || seen[k.KeyID]) {
				report("ChipAuthenticationPublicKeyInfo", "one has not")
			}
			seen[k.KeyID] = true
		}
	},
}
