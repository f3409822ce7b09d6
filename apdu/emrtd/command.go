package emrtd

import (
	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// maxB0Offset is the last offset that an even READ BINARY can name; the bytes
// after it need the odd one (Doc 9303-10, 3.6.6).
const maxB0Offset = 0x7FFF

// Data objects of the odd READ BINARY (Doc 9303-10, 3.6.6, table 6).
const (
	tagDiscretionary tlv.Tag = 0x53
	tagOffset        tlv.Tag = 0x54
)

// SelectApplicationCommand selects an application by its name (Doc 9303-10,
// 3.6.1.2, table 2).
func SelectApplicationCommand(aid []byte) apdu.Command {
	return apdu.Command{INS: 0xA4, P1: 0x04, P2: 0x0C, Data: aid}
}

// SelectMFCommand selects the master file (Doc 9303-10, 3.6.1.1, table 1).
func SelectMFCommand() apdu.Command {
	return apdu.Command{INS: 0xA4, P1: 0x00, P2: 0x0C}
}

// SelectMFByIDCommand selects the master file by its identifier, as ISO/IEC
// 7816-4:2020, 11.2.2 has it.
func SelectMFByIDCommand() apdu.Command {
	return apdu.Command{INS: 0xA4, P1: 0x00, P2: 0x0C, Data: []byte{0x3F, 0x00}}
}

// SelectFileCommand selects an elementary file of the current application
// (Doc 9303-10, 3.6.2, table 3).
func SelectFileCommand(fid uint16) apdu.Command {
	return apdu.Command{INS: 0xA4, P1: 0x02, P2: 0x0C, Data: []byte{byte(fid >> 8), byte(fid)}}
}

// ReadBinaryCommand reads ne bytes of the selected file from offset on
// (Doc 9303-10, 3.6.3.1, table 4). The offset is at most 32,767.
func ReadBinaryCommand(offset, ne int) apdu.Command {
	return apdu.Command{INS: 0xB0, P1: byte(offset >> 8 & 0x7F), P2: byte(offset), Ne: ne}
}

// ReadBinarySFICommand selects a file by its short identifier and reads ne
// bytes from offset on (Doc 9303-10, 3.6.3.2, table 5). The offset is at most
// 255.
func ReadBinarySFICommand(sfi byte, offset, ne int) apdu.Command {
	return apdu.Command{INS: 0xB0, P1: 0x80 | sfi&0x1F, P2: byte(offset), Ne: ne}
}

// ReadBinaryOddCommand reads the selected file from any offset on
// (Doc 9303-10, 3.6.6, table 6). The answer is DO 53, whose header counts into
// ne.
func ReadBinaryOddCommand(offset, ne int) apdu.Command {
	return apdu.Command{INS: 0xB1, Data: tlv.Encode(tagOffset, minimalOffset(offset)), Ne: ne}
}

// minimalOffset is an unsigned number in as few bytes as possible, at least one
// (Doc 9303-10, 3.6.6: "as short as possible").
func minimalOffset(offset int) []byte {
	b := []byte{byte(offset >> 24), byte(offset >> 16), byte(offset >> 8), byte(offset)}
	for len(b) > 1 && b[0] == 0 {
		b = b[1:]
	}
	return b
}
