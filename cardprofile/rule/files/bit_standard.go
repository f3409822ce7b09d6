package files

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The first biometric is in ISO/IEC 19794 or 39794 of its modality.
var bitStandard = Rule{
	About: lint.About{
		ID: "bit.standard", Severity: lint.Error, Kinds: biometrics,
		Title:    lint.Text("The first biometric is in ISO/IEC 19794 or 39794 of its modality", "Mẫu thứ nhất theo ISO/IEC 19794 hoặc 39794 của loại sinh trắc đó"),
		Citation: "Doc 9303-10 (8th ed.), 4.5.6 and 4.7.2.1, 4.7.3.1, 4.7.4.1",
	},
	Check: func(f *File, report lint.Report) {
		all := f.bits()
		if len(all) == 0 {
			return
		}
		if d, ok := all[0].data(); ok && d.Tag == tagOld && !bytes.HasPrefix(d.Value, []byte(blocks[f.Kind].old+"010\x00")) {
			report("5F2E", "it begins otherwise")
		}
	},
}
