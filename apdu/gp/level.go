package gp

import "fmt"

// Level is the security level of a channel, P1 of EXTERNAL AUTHENTICATE
// (Amd D, 7.1.2.1).
type Level byte

// The levels this package opens. A channel without C-MAC is not offered.
const (
	LevelCMAC                   Level = 0x01 // commands authenticated
	LevelCMACCDec               Level = 0x03 // commands authenticated and encrypted
	LevelCMACRMAC               Level = 0x11 // commands and responses authenticated
	LevelCMACCDecRMAC           Level = 0x13 // both authenticated, commands encrypted
	LevelCMACCDecRMACREnc       Level = 0x33 // both authenticated and encrypted
	levelCMAC, levelCDec              = 0x01, 0x02
	levelRMAC, levelREnc              = 0x10, 0x20
	iPseudoRandom, iRMAC, iREnc       = 0x10, 0x20, 0x40
)

func (l Level) has(bit Level) bool { return l&bit != 0 }

func (l Level) valid() bool {
	switch l {
	case LevelCMAC, LevelCMACCDec, LevelCMACRMAC, LevelCMACCDecRMAC, LevelCMACCDecRMACREnc:
		return true
	}
	return false
}

// String writes the level as two hex digits and in words.
func (l Level) String() string {
	s := fmt.Sprintf("%02X", byte(l))
	for _, f := range []struct {
		bit  Level
		name string
	}{{levelCMAC, " C-MAC"}, {levelCDec, " C-DEC"}, {levelRMAC, " R-MAC"}, {levelREnc, " R-ENC"}} {
		if l.has(f.bit) {
			s += f.name
		}
	}
	return s
}

// validI reports whether i is one of those of Amd D v1.1.1, table 5-1: 00, 10,
// 20, 30, 60, 70.
func validI(i byte) bool {
	return i&^(iPseudoRandom|iRMAC|iREnc) == 0 && i&(iRMAC|iREnc) != iREnc
}

// supports reports whether a card with this i can do the level.
func supports(i byte, l Level) bool {
	return (!l.has(levelRMAC) || i&iRMAC != 0) && (!l.has(levelREnc) || i&iREnc != 0)
}
