package files

import (
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Data in 7F2E are A1 around the data object of ISO/IEC 39794 of the modality.
var bitNew = Rule{
	About: lint.About{
		ID: "bit.39794", Severity: lint.Error, Kinds: biometrics,
		Title:    lint.Text("Data in 7F2E are A1 around the data object of ISO/IEC 39794 of the modality", "Dữ liệu trong 7F2E là A1 bao đối tượng ISO/IEC 39794 của loại sinh trắc đó"),
		Citation: "Doc 9303-10 (8th ed.), 4.5.6, Tables 2 and 3",
	},
	Check: func(f *File, report lint.Report) {
		for i, b := range f.bits() {
			d, ok := first(b.parts, tagNew)
			if !ok {
				continue
			}
			parts, err := d.Children()
			if err != nil || len(parts) != 1 || parts[0].Tag != tagHeader {
				report("7F2E", "those of number %d are not", i+1)
				continue
			}
			if n, one := der.One(parts[0].Value); !one || n.Tag != blocks[f.Kind].tag {
				report("7F2E", "A1 of number %d holds another", i+1)
			}
		}
	},
}
