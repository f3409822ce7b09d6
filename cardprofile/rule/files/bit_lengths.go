package files

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// The elements of a header have their lengths, and its version is 0101.
var bitLengths = Rule{
	About: lint.About{
		ID: "bit.lengths", Severity: lint.Error, Kinds: biometrics,
		Title:    lint.Text("The elements of a header have their lengths, and its version is 0101", "Các phần tử của phần đầu đúng độ dài và phiên bản là 0101"),
		Citation: "Doc 9303-10 (8th ed.), Tables 44, 47 and 54",
	},
	Check: eachBIT(func(n int, b bit, report lint.Report) {
		lengths := map[tlv.Tag][2]int{0x80: {2, 2}, 0x81: {1, 3}, 0x82: {1, 1}, 0x83: {7, 7}, 0x85: {8, 8}, 0x86: {4, 4}}
		for _, h := range b.header {
			if want, ok := lengths[h.Tag]; ok && (len(h.Value) < want[0] || len(h.Value) > want[1]) || h.Tag == 0x80 && !bytes.Equal(h.Value, []byte{1, 1}) {
				report("A1", "%s of number %d is another", h.Tag, n)
			}
		}
	}),
}
