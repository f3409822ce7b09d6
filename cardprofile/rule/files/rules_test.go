package files_test

import (
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/files"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	. "github.com/chipid-toolkit/chipid/cardprofile/rule/ruletest"
)

func t(tag tlv.Tag, parts ...[]byte) []byte { return tlv.Encode(tag, parts...) }

func s(tag tlv.Tag, text string) []byte { return tlv.Encode(tag, []byte(text)) }

var (
	jpeg = []byte{0xff, 0xd8, 0xff, 0xe0, 0, 0}
	face = append([]byte("FAC\x00010\x00"), make([]byte, 40)...)
	iris = append([]byte("IIR\x00010\x00"), make([]byte, 40)...)
)

// finger is a record of ISO/IEC 19794-4 with so many images.
func finger(images byte) []byte {
	return append([]byte("FIR\x00010\x00\x00\x00\x00\x00\x00\x30\x00\x00\x00\x1f"), append([]byte{images}, make([]byte, 30)...)...)
}

// header is a biometric header with these elements between its type and its format.
func header(between ...[]byte) []byte {
	return t(0xa1, slices.Concat([][]byte{t(0x81, []byte{2})}, between, [][]byte{t(0x87, []byte{1, 1}), t(0x88, []byte{0, 8})})...)
}

func subtype(v byte) []byte { return t(0x82, []byte{v}) }

func number(v byte) []byte { return []byte{2, 1, v} }

func old(block []byte) []byte { return t(0x5f2e, block) }

// group is a file with one group of templates.
func group(tag tlv.Tag, n byte, bits ...[]byte) []byte {
	return t(tag, t(0x7f61, append([][]byte{number(n)}, bits...)...))
}

// good are the correct files.
var good = map[lint.Kind][]byte{
	lint.COM: t(0x60, s(0x5f01, "0107"), s(0x5f36, "040000"), s(0x5c, "\x61\x75\x6c")),
	// The zone of TD1 in Doc 9303-10, A.2.1, with its composite digit put right.
	lint.DG(1):  t(0x61, s(0x5f1f, "I<NLDXI85935F86999999990<<<<<<7208148F1108268NLD<<<<<<<<<<<8VAN<DER<STEEN<<MARIANNE<LOUISE")),
	lint.DG(2):  group(0x75, 1, t(0x7f60, header(), old(face))),
	lint.DG(3):  group(0x63, 1, t(0x7f60, header(subtype(0x0a)), old(finger(1)))),
	lint.DG(4):  group(0x76, 1, t(0x7f60, header(subtype(1)), old(iris))),
	lint.DG(5):  t(0x65, number(1), t(0x5f40, jpeg)),
	lint.DG(6):  t(0x66, []byte{1}),
	lint.DG(7):  t(0x67, number(1), t(0x5f43, jpeg)),
	lint.DG(8):  t(0x68, number(1), []byte{0x04, 1, 9}),
	lint.DG(9):  t(0x69, number(1), []byte{0x04, 1, 9}),
	lint.DG(10): t(0x6a, number(1), []byte{0x04, 1, 9}),
	lint.DG(11): t(0x6b, s(0x5c, "\x5f\x0e\xa0\x5f\x2b\x5f\x42"), s(0x5f0e, "SMITH<<JOHN<T"),
		t(0xa0, number(1), s(0x5f0f, "SMITH<<JACK")), s(0x5f2b, "19740000"), s(0x5f42, "123 MAPLE RD<ANYTOWN<MN")),
	lint.DG(12):  t(0x6c, s(0x5c, "\x5f\x19\x5f\x26\x5f\x55"), s(0x5f19, "UNITED STATES OF AMERICA"), s(0x5f26, "20020531"), s(0x5f55, "20020531120000")),
	lint.DG(13):  t(0x6d, []byte{1}),
	lint.DG(15):  t(0x6f, rsaKey()),
	lint.DG(16):  t(0x70, number(1), t(0xa1, person()...)),
	lint.ATRInfo: slices.Concat([]byte{0x47, 3, 0x84, 1, 0xe0}, t(0x7f66, []byte{2, 2, 4, 0}, []byte{2, 2, 4, 0})),
	lint.DIR:     t(0x61, s(0x4f, "\xa0\x00\x00\x02\x47\x10\x01")),
}

func person() [][]byte {
	return [][]byte{s(0x5f50, "20020101"), s(0x5f51, "SMITH<<CHARLES<R"), s(0x5f52, "19525551212"), s(0x5f53, "123 MAPLE RD<ANYTOWN<MN<55100")}
}

func rsaKey() []byte {
	key := t(0x30, t(2, append([]byte{1}, make([]byte, 255)...)), []byte{2, 1, 3})
	return New(0x30, nil, AlgorithmID("1.2.840.113549.1.1.1", New(5, nil)), New(3, append([]byte{0}, key...))).Bytes()
}

// is is a case: the bad file of a kind, as a whole.
func is(kind lint.Kind, bad []byte, also ...string) Case {
	return Case{
		Kind: kind, Also: also,
		Make: func(testing.TB) []byte { return good[kind] },
		Bad:  func(testing.TB) []byte { return bad },
	}
}

func TestRules(t *testing.T) {
	Table(t, files.Rules().Abouts(), cases, func(kind lint.Kind, object []byte) []lint.Finding { return files.Lint(object, kind) })
}

// TestGood holds every good file to all rules, those of kinds without one of their
// own too, and the forms that a good file may have besides.
func TestGood(t *testing.T) {
	for kind, b := range good {
		if f := files.Lint(b, kind); len(f) > 0 {
			t.Errorf("%s: %v", kind, f)
		}
	}
	for kind, b := range others {
		for i, b := range b {
			if f := files.Lint(b, kind); len(f) > 0 {
				t.Errorf("%s %d: %v", kind, i, f)
			}
		}
	}
}

func FuzzLint(f *testing.F) {
	for _, b := range good {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for kind := range good {
			files.Lint(b, kind)
		}
		files.Lint(b, lint.DG(14))
	})
}
