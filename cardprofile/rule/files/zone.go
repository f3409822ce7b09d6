package files

import "github.com/chipid-toolkit/chipid/cardprofile/mrz"

// zone is the machine readable zone in DG1, "" when there is none.
func (f *File) zone() string {
	n, _ := first(f.Parts, 0x5f1f)
	return string(n.Value)
}

// Zone is the zone read, nil when it cannot be.
func (f *File) Zone() *mrz.MRZ {
	m, _, err := mrz.ParseDG1(f.zone())
	if err != nil {
		return nil
	}
	return m
}

// span is one data element of the zone: its length and what may stand in it, of A
// letters, N digits and S the filler.
type span struct {
	name   string
	length int
	coding string
}

// zones are the tables of data elements by the length of the zone: Doc 9303-10 (8th
// ed.), Tables 40, 41 and 42. Names may hold digits nowhere, whatever the tables of
// TD1 and TD2 say (Doc 9303-3 (8th ed.), 4.6); that is package mrz's to note. The
// check digit of TD3's optional data may be a filler where there are none (Doc 9303-4
// (8th ed.), 4.2.2.2), which Table 42 leaves out.
var zones = map[int][]span{
	90: {
		{"document code", 2, "AS"}, {"issuing State", 3, "AS"}, {"document number", 9, "ANS"}, {"its check digit", 1, "NS"}, {"optional data", 15, "ANS"},
		{"date of birth", 6, "NS"}, {"its check digit", 1, "N"}, {"sex", 1, "AS"}, {"date of expiry", 6, "N"}, {"its check digit", 1, "N"},
		{"nationality", 3, "AS"}, {"optional data", 11, "ANS"}, {"composite check digit", 1, "N"}, {"name", 30, "ANS"},
	},
	72: {
		{"document code", 2, "AS"}, {"issuing State", 3, "AS"}, {"name", 31, "ANS"}, {"document number", 9, "ANS"}, {"its check digit", 1, "NS"},
		{"nationality", 3, "AS"}, {"date of birth", 6, "NS"}, {"its check digit", 1, "N"}, {"sex", 1, "AS"}, {"date of expiry", 6, "N"},
		{"its check digit", 1, "N"}, {"optional data", 7, "ANS"}, {"composite check digit", 1, "N"},
	},
	88: {
		{"document code", 2, "AS"}, {"issuing State", 3, "AS"}, {"name", 39, "AS"}, {"document number", 9, "ANS"}, {"its check digit", 1, "NS"},
		{"nationality", 3, "AS"}, {"date of birth", 6, "NS"}, {"its check digit", 1, "N"}, {"sex", 1, "AS"}, {"date of expiry", 6, "N"},
		{"its check digit", 1, "N"}, {"optional data", 14, "ANS"}, {"its check digit", 1, "NS"}, {"composite check digit", 1, "N"},
	},
}

// allows says whether a character is of one of the classes.
func allows(coding string, c byte) bool {
	for _, class := range coding {
		switch {
		case class == 'A' && c >= 'A' && c <= 'Z', class == 'N' && c >= '0' && c <= '9', class == 'S' && c == '<':
			return true
		}
	}
	return false
}
