package signed

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A period of issue is two GeneralizedTimes, the first before the last.
var deviationPeriod = Rule{
	About: lint.About{
		ID: "deviationlist.period", Severity: lint.Error, Kinds: only(lint.DeviationList),
		Title:    lint.Text("A period of issue is two GeneralizedTimes, the first before the last", "Thời gian cấp gồm hai GeneralizedTime, đầu trước cuối"),
		Citation: "Doc 9303-12 (8th ed.), 10.2",
	},
	Check: func(o *Object, report lint.Report) {
		if o.Deviations == nil {
			return
		}
		for i, e := range o.Deviations.Entries {
			if e.period.Tag == 0 {
				continue
			}
			p, err := e.period.Children()
			if err != nil || len(p) != 2 || p[0].Tag != der.GeneralizedTime || p[1].Tag != der.GeneralizedTime {
				report("DeviationList.deviations", "that of number %d is not", i+1)
				continue
			}
			first, _ := der.ReadTime(p[0])
			last, _ := der.ReadTime(p[1])
			from, one := first.When()
			to, two := last.When()
			if !one || !two || to.Before(from) {
				report("DeviationList.deviations", "that of number %d is not", i+1)
			}
		}
	},
}
