package cvc

import "fmt"

// Right is one bit of an authorization, of one terminal type.
type Right uint16

func newRight(t TerminalType, bit int) Right { return Right(int(t)<<8 | bit) }

// Type is the terminal type that the right belongs to.
func (r Right) Type() TerminalType { return TerminalType(r >> 8) }

func (r Right) bit() int { return int(r & 0xFF) }

// Rights of inspection systems (TR-03110-4 v2.21, Table 2).
const (
	ReadDG3 = Right(InspectionSystem) << 8   // bit 0, fingerprints
	ReadDG4 = Right(InspectionSystem)<<8 | 1 // irises
)

// Rights of authentication terminals, the special functions (TR-03110-4 v2.21,
// Table 4).
const (
	AgeVerification Right = Right(AuthenticationTerminal)<<8 | iota
	MunicipalityVerification
	RestrictedIdentification
	PrivilegedTerminal
	CANAllowed
	PINManagement
	InstallCertificate
	InstallQualifiedCertificate
)

// Rights of signature terminals (TR-03110 v2.05, C.4.3).
const (
	Signature          = Right(SignatureTerminal) << 8 // bit 0
	QualifiedSignature = Right(SignatureTerminal)<<8 | 1
)

// Bits of the rights of authentication terminals (TR-03110-4 v2.21, Table 4).
const (
	firstRead, lastRead   = 8, 29  // DG1 to DG22
	pseudonymous          = 30     // RFU in older editions
	firstWrite, lastWrite = 32, 37 // DG22 to DG17
)

// PseudonymousSignature is the right of authentication terminals to a
// pseudonymous signature for authentication.
const PseudonymousSignature = Right(AuthenticationTerminal)<<8 | pseudonymous

// ReadEID is the right of an authentication terminal to read data group n, 1 to
// 22, of the eID application; others are a right that nobody has.
func ReadEID(n int) Right {
	if n < 1 || n > 22 {
		return 0
	}
	return newRight(AuthenticationTerminal, firstRead+n-1)
}

// WriteEID is the right of an authentication terminal to write data group n, 17
// to 22, of the eID application; others are a right that nobody has.
func WriteEID(n int) Right {
	if n < 17 || n > 22 {
		return 0
	}
	return newRight(AuthenticationTerminal, lastWrite-(n-17))
}

var rightNames = map[Right]string{
	ReadDG3: "read DG3", ReadDG4: "read DG4",
	AgeVerification: "age verification", MunicipalityVerification: "municipality verification",
	RestrictedIdentification: "restricted identification", PrivilegedTerminal: "privileged terminal",
	CANAllowed: "CAN allowed", PINManagement: "PIN management",
	InstallCertificate: "install certificate", InstallQualifiedCertificate: "install qualified certificate",
	PseudonymousSignature: "pseudonymous signature",
	Signature:             "electronic signature", QualifiedSignature: "qualified electronic signature",
}

// String is as in "read DG3"; bits without a name are "RFU bit 5".
func (r Right) String() string {
	if name, ok := rightNames[r]; ok {
		return name
	}
	if b := r.bit(); r.Type() == AuthenticationTerminal {
		switch {
		case b >= firstRead && b <= lastRead:
			return fmt.Sprintf("read eID DG%d", b-firstRead+1)
		case b >= firstWrite && b <= lastWrite:
			return fmt.Sprintf("write eID DG%d", 17+lastWrite-b)
		}
	}
	return fmt.Sprintf("RFU bit %d", r.bit())
}
