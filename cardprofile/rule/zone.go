package rule

import (
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
)

// zone: the machine readable zone can be built.
var zone = Record{
	ID:       "record.mrz",
	Title:    cardprofile.Text{VI: "Dòng MRZ", EN: "Machine readable zone"},
	Citation: "Doc 9303-3, -4, -5, -6 (8th ed.), 4.2",
	check: func(s *subject) {
		for _, f := range s.findings {
			if f.Outcome == Reject { // the reason is said already
				return
			}
		}
		if _, err := citizen.Zone(s.Profile, *s.rec); err != nil {
			s.reject("", "không lập được dòng MRZ từ bản ghi này", err.Error())
		}
	},
}
