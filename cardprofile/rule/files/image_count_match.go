package files

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// There are as many images as stated, and nothing else.
var imageMatch = Rule{
	About: lint.About{
		ID: "image.count.match", Severity: lint.Error, Kinds: images,
		Title:    lint.Text("There are as many images as stated, and nothing else", "Số ảnh đúng với số đã nêu và không có gì khác"),
		Citation: "Doc 9303-10 (8th ed.), Tables 58, 60, 62 and 64",
	},
	Check: func(f *File, report lint.Report) {
		tag := map[lint.Kind]tlv.Tag{lint.DG(5): 0x5f40, lint.DG(7): 0x5f43}[f.Kind]
		n, _ := first(f.Parts, tagCount)
		if len(n.Value) == 1 && int(n.Value[0]) != count(f.Parts, tag) {
			report("file", "it states %d, and there are %d", n.Value[0], count(f.Parts, tag))
		}
		for _, p := range f.Parts {
			if p.Tag != tag && p.Tag != tagCount {
				report("file", "it holds %s", p.Tag)
			}
		}
	},
}
