package inspect

import (
	"fmt"
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

// compareCOM holds EF.COM, which nobody signs, against EF.SOD (Doc 9303-10 (8th
// ed.), 4.6.1: the SOD is what counts). The check is not required, so that what it
// finds stands among the deviations too.
func (c *content) compareCOM(v *Verdict, files []lds.File, object *sod.SecurityObject) {
	b, ok := findFile(files, lds.NameCOM)
	if !ok {
		v.set(CheckCOM, NotPerformed, false, because("EF.COM was not read", "không đọc được EF.COM"))
		return
	}
	com, devs, err := lds.ParseCOM(b)
	v.deviate(devs...)
	deviate := func(rule, format string, args ...any) {
		v.deviate(cardprofile.Deviation{Where: "COM", Rule: rule, Text: fmt.Sprintf(format, args...)})
	}
	if err != nil {
		deviate("com.malformed", "EF.COM cannot be read: %v", err)
		v.set(CheckCOM, Failed, false, because("EF.COM cannot be read: "+err.Error(), "EF.COM hỏng, không phân tích được"))
		return
	}
	if object == nil {
		v.set(CheckCOM, NotPerformed, false, because("EF.SOD lists no data groups", "EF.SOD không liệt kê nhóm dữ liệu"))
		return
	}
	// LDS 1.7 puts no version into EF.SOD: there the versions are those of LDS 1.7
	// itself (Doc 9303-10 (8th ed.), 4.6.1 and App. D).
	version, unicode := object.LDSVersion, object.UnicodeVersion
	if object.Version == 0 {
		version, unicode = "0107", "040000"
	}
	if com.LDSVersion != version || com.UnicodeVersion != unicode {
		deviate("com.version", "EF.COM says LDS %q and Unicode %q, EF.SOD is of LDS %q and Unicode %q", com.LDSVersion, com.UnicodeVersion, version, unicode)
	}
	listed := object.Numbers()
	if slices.Equal(com.DataGroups(), listed) {
		v.set(CheckCOM, Passed, false, because("EF.COM lists the data groups that EF.SOD covers", "EF.COM liệt kê đúng các nhóm dữ liệu của EF.SOD"))
		return
	}
	deviate("com.match", "EF.COM lists data groups %v, EF.SOD covers %v", com.DataGroups(), listed)
	v.set(CheckCOM, Failed, false, because(
		fmt.Sprintf("EF.COM lists data groups %v, EF.SOD covers %v", com.DataGroups(), listed),
		"EF.COM và EF.SOD liệt kê các nhóm dữ liệu khác nhau"))
}
