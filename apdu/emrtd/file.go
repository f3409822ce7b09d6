package emrtd

import "fmt"

// AID of the LDS1 application (Doc 9303-10, 4.2) and of the master file's
// neighbours of LDS2.
var (
	AID                     = []byte{0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01}
	AIDTravelRecords        = []byte{0xA0, 0x00, 0x00, 0x02, 0x47, 0x20, 0x01}
	AIDVisaRecords          = []byte{0xA0, 0x00, 0x00, 0x02, 0x47, 0x20, 0x02}
	AIDAdditionalBiometrics = []byte{0xA0, 0x00, 0x00, 0x02, 0x47, 0x20, 0x03}
)

// File is an elementary file as reading needs it. The same short identifiers
// mean other files in the master file and in the application: who reads selects
// the right one first.
type File struct {
	Name string // "EF.DG1"
	FID  uint16 // file identifier
	SFI  byte   // short EF identifier, 1 to 30; 0 if it has none
	// Sequence: the file is a sequence of data objects instead of a single
	// one, and its length is known only at its end.
	Sequence bool
}

// Files of the master file (Doc 9303-10, 3.11) and of the LDS1 application (4.6,
// 4.7).
var (
	ATRInfo      = File{Name: "EF.ATR/INFO", FID: 0x2F01, SFI: 0x01, Sequence: true}
	Dir          = File{Name: "EF.DIR", FID: 0x2F00, SFI: 0x1E, Sequence: true}
	CardAccess   = File{Name: "EF.CardAccess", FID: 0x011C, SFI: 0x1C}
	CardSecurity = File{Name: "EF.CardSecurity", FID: 0x011D, SFI: 0x1D}

	COM = File{Name: "EF.COM", FID: 0x011E, SFI: 0x1E}
	SOD = File{Name: "EF.SOD", FID: 0x011D, SFI: 0x1D}

	// CVCA is EF.CVCA where the chip does not say otherwise (Doc 9303-11,
	// Appendix K.2): references, and zeros to the end.
	CVCA = File{Name: "EF.CVCA", FID: 0x011C, SFI: 0x1C, Sequence: true}
)

// DG is the file of data group n, 1 to 16; any other n is the zero File, which
// cannot be read.
func DG(n int) File {
	if n < 1 || n > 16 {
		return File{}
	}
	return File{Name: fmt.Sprintf("EF.DG%d", n), FID: 0x0100 | uint16(n), SFI: byte(n)}
}
