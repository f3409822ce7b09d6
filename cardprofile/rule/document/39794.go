package document

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Documents issued from 2030 on hold biometrics in ISO/IEC 39794.
var newBiometrics = Rule{
	About: lint.About{
		ID: "document.39794", Severity: lint.Error, Kinds: kinds,
		Title:    lint.Text("Documents issued from 2030 on hold biometrics in ISO/IEC 39794", "Giấy tờ cấp từ năm 2030 dùng ISO/IEC 39794 cho sinh trắc"),
		Citation: "Doc 9303-10 (8th ed.), 4.5.6",
	},
	Check: func(t *Together, report lint.Report) {
		if t.sod == nil || len(t.sod.Signed.Signers) == 0 || t.sod.Signed.Signers[0].SigningTime.Year() < 2030 {
			return
		}
		for _, n := range []int{2, 3, 4} {
			b, ok := t.group(n)
			node, _, err := tlv.Parse(b)
			if !ok || err != nil {
				continue
			}
			if _, old := node.Path(0x7f61, 0x7f60, 0x5f2e); old {
				report(string(lint.DG(n)), "it holds ISO/IEC 19794")
			}
		}
	},
}
