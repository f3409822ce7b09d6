package files

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// A finger's data block holds one image.
var bitOneFinger = Rule{
	About: lint.About{
		ID: "bit.finger.one", Severity: lint.Error, Kinds: only(lint.DG(3)),
		Title:    lint.Text("A finger's data block holds one image", "Khối dữ liệu vân tay chứa một ảnh"),
		Citation: "Doc 9303-10 (8th ed.), 4.7.3.2.3 and 4.7.3.2.4",
	},
	Check: eachBIT(func(n int, b bit, report lint.Report) {
		const numberOfFingers = 18 // offset in the header of ISO/IEC 19794-4:2005, 7
		d, ok := first(b.parts, tagOld)
		if ok && bytes.HasPrefix(d.Value, []byte("FIR\x00010\x00")) && (len(d.Value) <= numberOfFingers || d.Value[numberOfFingers] != 1) {
			report("5F2E", "that of number %d holds another number", n)
		}
	}),
}
