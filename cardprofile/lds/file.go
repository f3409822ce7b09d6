package lds

import (
	"strings"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// File is one elementary file as its bytes stand on the chip: header included,
// nothing re-encoded. What is hashed and signed is Bytes.
type File struct {
	Name  string // "EF.COM", "EF.DG1" … "EF.DG16", "EF.SOD", "EF.CardAccess", …
	Bytes []byte
}

// FileID is where a file of the LDS lives.
type FileID struct {
	Name string
	FID  uint16  // file identifier
	SFI  byte    // short file identifier, 5 bits
	Tag  tlv.Tag // outermost tag of the content; 0 where the file has no single template
	MF   bool    // under the master file rather than in an application
	LDS2 string  // the LDS2 application that it is in, "" otherwise
}

// Names of the files that are not data groups.
const (
	NameCOM          = "EF.COM"
	NameSOD          = "EF.SOD"
	NameCardAccess   = "EF.CardAccess"
	NameCardSecurity = "EF.CardSecurity"
	NameATRInfo      = "EF.ATR/INFO"
	NameDIR          = "EF.DIR"
	NameCVCA         = "EF.CVCA"
)

// Doc 9303-10 (8th ed.), 3.11 and 4.2, tables of file identifiers and tags.
var fileIDs = []FileID{
	{Name: NameCOM, FID: 0x011E, SFI: 0x1E, Tag: 0x60},
	{Name: "EF.DG1", FID: 0x0101, SFI: 0x01, Tag: 0x61},
	{Name: "EF.DG2", FID: 0x0102, SFI: 0x02, Tag: 0x75},
	{Name: "EF.DG3", FID: 0x0103, SFI: 0x03, Tag: 0x63},
	{Name: "EF.DG4", FID: 0x0104, SFI: 0x04, Tag: 0x76},
	{Name: "EF.DG5", FID: 0x0105, SFI: 0x05, Tag: 0x65},
	{Name: "EF.DG6", FID: 0x0106, SFI: 0x06, Tag: 0x66},
	{Name: "EF.DG7", FID: 0x0107, SFI: 0x07, Tag: 0x67},
	{Name: "EF.DG8", FID: 0x0108, SFI: 0x08, Tag: 0x68},
	{Name: "EF.DG9", FID: 0x0109, SFI: 0x09, Tag: 0x69},
	{Name: "EF.DG10", FID: 0x010A, SFI: 0x0A, Tag: 0x6A},
	{Name: "EF.DG11", FID: 0x010B, SFI: 0x0B, Tag: 0x6B},
	{Name: "EF.DG12", FID: 0x010C, SFI: 0x0C, Tag: 0x6C},
	{Name: "EF.DG13", FID: 0x010D, SFI: 0x0D, Tag: 0x6D},
	{Name: "EF.DG14", FID: 0x010E, SFI: 0x0E, Tag: 0x6E},
	{Name: "EF.DG15", FID: 0x010F, SFI: 0x0F, Tag: 0x6F},
	{Name: "EF.DG16", FID: 0x0110, SFI: 0x10, Tag: 0x70},
	{Name: NameSOD, FID: 0x011D, SFI: 0x1D, Tag: 0x77},
	{Name: NameCVCA, FID: 0x011C, SFI: 0x1C}, // Doc 9303-11 (8th ed.), Appendix K.2
	{Name: NameCardAccess, FID: 0x011C, SFI: 0x1C, Tag: 0x31, MF: true},
	{Name: NameCardSecurity, FID: 0x011D, SFI: 0x1D, Tag: 0x30, MF: true},
	{Name: NameATRInfo, FID: 0x2F01, SFI: 0x01, MF: true},
	{Name: NameDIR, FID: 0x2F00, SFI: 0x1E, Tag: 0x61, MF: true},
}

// FileIDs lists every file of the LDS1 application and the master file, in the
// order of the standard.
func FileIDs() []FileID { return append([]FileID(nil), fileIDs...) }

// FileByName finds a file by its name, those of LDS2 too; case, and a leading
// "EF." that is left out, do not matter.
func FileByName(name string) (FileID, bool) {
	want := strings.ToUpper(name)
	if !strings.HasPrefix(want, "EF.") {
		want = "EF." + want
	}
	for _, table := range [][]FileID{fileIDs, lds2Files} {
		for _, f := range table {
			if strings.ToUpper(f.Name) == want {
				return f, true
			}
		}
	}
	return FileID{}, false
}

// FileByTag finds the file of the LDS1 application whose content begins with
// tag: EF.COM, a data group or EF.SOD.
func FileByTag(tag tlv.Tag) (FileID, bool) {
	for _, f := range fileIDs {
		if !f.MF && f.Tag == tag {
			return f, true
		}
	}
	return FileID{}, false
}

// DataGroup returns the file of data group n, 1 to 16.
func DataGroup(n int) (FileID, bool) {
	if n < 1 || n > 16 {
		return FileID{}, false
	}
	return fileIDs[n], true
}

// Number is the data group's number, 0 for a file that is none.
func (f FileID) Number() int {
	if f.LDS2 == "" && f.FID >= 0x0101 && f.FID <= 0x0110 {
		return int(f.FID & 0xFF)
	}
	return 0
}
