package files_test

import (
	"bytes"
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	. "github.com/chipid-toolkit/chipid/cardprofile/rule/ruletest"
)

// zone is DG1 with one thing replaced in its zone.
func zone(from, to string) []byte {
	return t(0x61, s(0x5f1f, strings.Replace(string(good[lint.DG(1)][5:]), from, to, 1)))
}

func bit(parts ...[]byte) []byte { return t(0x7f60, parts...) }

// facial is a header without the element with this tag, or with another value in it.
func without(tag byte, instead ...[]byte) []byte {
	var parts [][]byte
	for _, p := range [][]byte{t(0x81, []byte{2}), t(0x87, []byte{1, 1}), t(0x88, []byte{0, 8})} {
		if p[0] != tag {
			parts = append(parts, p)
		}
	}
	return t(0xa1, append(parts, instead...)...)
}

func dg11(list string, parts ...[]byte) []byte {
	return t(0x6b, append([][]byte{s(0x5c, list)}, parts...)...)
}

func dg12(list string, parts ...[]byte) []byte {
	return t(0x6c, append([][]byte{s(0x5c, list)}, parts...)...)
}

// notified is DG16 with a person without one element.
func notified(leave int) []byte {
	return t(0x70, number(1), t(0xa1, slices.Delete(person(), leave, leave+1)...))
}

var (
	long = strings.Repeat("X", 100)
	dg2  = lint.DG(2)
	dg3  = lint.DG(3)
	dg4  = lint.DG(4)
)

var cases = map[string]Case{
	"file.structure":       is(lint.COM, []byte{0x60, 5, 1}),
	"file.tag":             is(lint.COM, good[lint.DG(1)]),
	"file.length":          is(lint.DG(6), []byte{0x66, 0x81, 1, 1}),
	"file.trailing":        is(lint.DG(1), append(bytes.Clone(good[lint.DG(1)]), 0, 0)),
	"com.ldsversion":       is(lint.COM, t(0x60, s(0x5f01, "1.7"), s(0x5f36, "040000"), s(0x5c, "\x61\x75"))),
	"com.ldsversion.range": is(lint.COM, t(0x60, s(0x5f01, "0100"), s(0x5f36, "040000"), s(0x5c, "\x61\x75"))),
	"com.unicodeversion":   is(lint.COM, t(0x60, s(0x5f01, "0107"), s(0x5c, "\x61\x75"))),
	"com.taglist":          is(lint.COM, t(0x60, s(0x5f01, "0107"), s(0x5f36, "040000"))),
	"com.taglist.tags":     is(lint.COM, t(0x60, s(0x5f01, "0107"), s(0x5f36, "040000"), s(0x5c, "\x61\x75\x77"))),
	"com.taglist.once":     is(lint.COM, t(0x60, s(0x5f01, "0107"), s(0x5f36, "040000"), s(0x5c, "\x61\x75\x61"))),
	"com.mandatory":        is(lint.COM, t(0x60, s(0x5f01, "0107"), s(0x5f36, "040000"), s(0x5c, "\x61"))),
	"com.order":            is(lint.COM, t(0x60, s(0x5f36, "040000"), s(0x5f01, "0107"), s(0x5c, "\x61\x75"))),
	"dg1.mrz":              is(lint.DG(1), t(0x61, good[lint.DG(1)][2:], []byte{4, 0})),
	"dg1.length":           is(lint.DG(1), t(0x61, s(0x5f1f, "I<NLD"))),
	"dg1.coding":           is(lint.DG(1), zone("8F1", "8*1"), "dg1.fields"),
	"dg1.checkdigits":      is(lint.DG(1), zone("<8VAN", "<4VAN")),
	"dg1.fields":           is(lint.DG(1), zone("<8VAN<DER", "<8VAN<<<<")),
	"bit.group":            is(dg2, t(0x75, good[dg2][3:], []byte{4, 0})),
	"bit.count":            is(dg2, t(0x75, t(0x7f61, bit(header(), old(face))))),
	"bit.count.match":      is(dg2, group(0x75, 2, bit(header(), old(face)))),
	"bit.count.range":      is(dg2, group(0x75, 0)),
	"bit.elements":         is(dg2, group(0x75, 1, bit(header(), old(face)), []byte{4, 0})),
	"bit.header":           is(dg2, group(0x75, 1, bit(old(face), header()))),
	"bit.oid":              is(dg2, group(0x75, 1, bit(header(), []byte{6, 1, 0x2a}, old(face)))),
	"bit.owner":            is(dg2, group(0x75, 1, bit(without(0x87), old(face)))),
	"bit.format":           is(dg2, group(0x75, 1, bit(without(0x88), old(face)))),
	"bit.lengths":          is(dg2, group(0x75, 1, bit(header(t(0x80, []byte{2, 0})), old(face)))),
	"bit.subtype":          is(dg3, group(0x63, 1, bit(header(), old(finger(1))))),
	"bit.subtype.finger":   is(dg3, group(0x63, 1, bit(header(subtype(0x1a)), old(finger(1))))),
	"bit.subtype.iris":     is(dg4, group(0x76, 1, bit(header(subtype(0x0a)), old(iris)))),
	"bit.standard":         is(dg4, group(0x76, 1, bit(header(subtype(1)), old(face)))),
	"bit.39794":            is(dg2, group(0x75, 1, bit(header(), t(0x7f2e, t(0xa1, t(0x64, []byte{4, 0})))))),
	"bit.finger.one":       is(dg3, group(0x63, 1, bit(header(subtype(0x0a)), old(finger(2))))),
	"bit.zero":             is(dg3, group(0x63, 0)),
	"image.count":          is(lint.DG(5), t(0x65, t(0x5f40, jpeg))),
	"image.count.match":    is(lint.DG(5), t(0x65, number(2), t(0x5f40, jpeg))),
	"image.format":         is(lint.DG(7), t(0x67, number(1), s(0x5f43, "GIF89a"))),
	"feature.count":        is(lint.DG(9), t(0x69, number(0))),
	"detail.taglist":       is(lint.DG(12), t(0x6c, s(0x5f19, "LOS ANGELES"))),
	"detail.taglist.match": is(lint.DG(12), dg12("\x5f\x19\x5f\x26", s(0x5f19, "LOS ANGELES"))),
	"detail.tags":          is(lint.DG(11), dg11("\x5f\x0e\x5f\x7f", s(0x5f0e, "SMITH"), s(0x5f7f, "X"))),
	"detail.order":         is(lint.DG(12), dg12("\x5f\x26\x5f\x19", s(0x5f26, "20020531"), s(0x5f19, "LOS ANGELES"))),
	"detail.others":        is(lint.DG(11), dg11("\xa0", t(0xa0, number(2), s(0x5f0f, "SMITH<<JACK")))),
	"detail.length":        is(lint.DG(12), dg12("\x5f\x19", s(0x5f19, long))),
	"detail.text":          is(lint.DG(11), dg11("\x5f\x11", s(0x5f11, "M\xfcnchen"))),
	"detail.date":          is(lint.DG(11), dg11("\x5f\x2b", s(0x5f2b, "\x19\x74\x08\x12"))),
	"dg11.name.filler":     is(lint.DG(11), dg11("\x5f\x0e", s(0x5f0e, "SMITH<<JOHN<"))),
	"dg11.conditional":     is(lint.DG(11), dg11("\x5f\x13", s(0x5f13, "TRAVEL AGENT"))),
	"detail.image":         is(lint.DG(12), dg12("\x5f\x1d", s(0x5f1d, "BM"))),
	"dg12.time":            is(lint.DG(12), dg12("\x5f\x55", s(0x5f55, "20020531"))),
	"dg15.key":             is(lint.DG(15), t(0x6f, t(0x30, t(0x30, []byte{6, 1, 0x2a}), []byte{3, 2, 0, 1}))),
	"dg15.der":             is(lint.DG(15), t(0x6f, rsaKey(), []byte{5, 0}), "dg15.key"),
	"dg16.count":           is(lint.DG(16), t(0x70, number(2), t(0xa1, person()...))),
	"dg16.templates":       is(lint.DG(16), t(0x70, number(1), t(0xa2, person()...))),
	"dg16.date":            is(lint.DG(16), notified(0)),
	"dg16.name":            is(lint.DG(16), notified(1)),
	"dg16.telephone":       is(lint.DG(16), notified(2)),
	"dg16.address":         is(lint.DG(16), notified(3)),
	"atrinfo.capabilities": is(lint.ATRInfo, []byte{0x47, 1, 0x84}),
	"atrinfo.lengths":      is(lint.ATRInfo, slices.Concat([]byte{0x47, 3, 0x84, 1, 0xe0}, t(0x7f66, []byte{2, 2, 0xff, 0}, []byte{2, 2, 4, 0}))),
	"atrinfo.stated":       is(lint.ATRInfo, slices.Concat([]byte{0x47, 3, 0x84, 1, 0x80}, t(0x7f66, []byte{2, 2, 4, 0}, []byte{2, 2, 4, 0}))),
	"dir.templates":        is(lint.DIR, slices.Concat(good[lint.DIR], t(0x61, s(0x50, "no identifier")))),
	"dir.lds1":             is(lint.DIR, t(0x61, s(0x4f, "\xa0\x00\x00\x02\x47\x20\x01"))),
}

// others are good files of other forms.
var others = map[lint.Kind][][]byte{
	lint.DG(1): {
		// TD3 of Doc 9303-4, App. B, and TD2 of Doc 9303-6, App. B.
		t(0x61, s(0x5f1f, "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10")),
		t(0x61, s(0x5f1f, "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6")),
	},
	dg2: {group(0x75, 1, bit(header(), t(0x7f2e, t(0xa1, t(0x65, []byte{4, 0})))))},
	dg3: {
		t(0x63, t(0x7f61, number(0)), s(0x53, "random")), t(0x63, t(0x7f61, number(0), s(0x53, "random"))),
		group(0x63, 2, bit(header(subtype(0x0a)), old(finger(1))), bit(header(subtype(0x09)), old(finger(1)))),
	},
	lint.DG(11): {dg11("\x5f\x0f", t(0xa0, number(1), s(0x5f0f, "SMITH<<JACK")))},
}
