package applet

// The personalization interface of the project's own eMRTD applet, in numbers.
// docs/chip-dgi.md is its full description, written so that an applet author
// can follow it; this file is what a driver and a virtual chip share, and holds
// constants alone.
//
// Conventions: GlobalPlatform Card Specification 2.3.1, 11.11 (STORE DATA) and
// 11.5.2.3.6 (INSTALL [for personalization]); a DGI is id(2) || length(1 or
// FF and 2) || value, and may run over several STORE DATA commands.

// Application identifiers.
const (
	// ISDAID is the issuer security domain's, as hexadecimal.
	ISDAID = "A000000151000000"
	// EMRTDAID is the LDS1 application's (Doc 9303-10 (8th ed.), 4.1), and
	// the AID of the applet instance.
	EMRTDAID = "A0000002471001"
	// EMRTDLabel is the application label (tag 50) that a blank applet shows
	// in the proprietary template of its FCI.
	EMRTDLabel = "chipid eMRTD"
	// DGIMapVersion is the version of this map, in tag 9F71 of that template.
	DGIMapVersion = 1
)

// Bits of P1 of STORE DATA (GlobalPlatform Card Specification 2.3.1, table 11-89).
const (
	StoreLast      byte = 0x80 // last block: ends the association
	StoreEncrypted byte = 0x60 // every DGI value of the block is encrypted under Key-DEK
	StoreDGI       byte = 0x08 // the data field is in DGI format
	StoreResponse  byte = 0x01 // an answer with data is expected
)

// Data grouping identifiers of the applet. Those whose first byte is 80 are
// secrets: encrypted under Key-DEK (P1 b7 b6 = 11), or at least under the
// session's C-ENC. All others come without StoreEncrypted.
const (
	// DGIConfiguration sets how the chip behaves: TagFlags, TagMechanisms,
	// TagCANTries. Once, before DGIFinalize.
	DGIConfiguration uint16 = 0xA001
	// DGIPACE adds one set of PACE parameters: TagProtocol, TagParameterID.
	// At most MaxPACE times.
	DGIPACE uint16 = 0xA002
	// DGIMRZ is the MRZ information of Doc 9303-11 (8th ed.), 4.3.2, in ASCII:
	// password of BAC and of PACE.
	DGIMRZ uint16 = 0x8003
	// DGICAN is the card access number, 4 to 16 ASCII digits: password of PACE.
	DGICAN uint16 = 0x8004
	// DGICreateFile makes a file in the application: one FCP template 62.
	DGICreateFile uint16 = 0xA010
	// DGICreateFileMF makes a file in the master file.
	DGICreateFileMF uint16 = 0xA011
	// DGIFileContent is FID(2) || offset(3) || bytes, for a file of the
	// application. Offsets go up without a gap.
	DGIFileContent uint16 = 0xA012
	// DGIFileContentMF is the same for a file of the master file.
	DGIFileContentMF uint16 = 0xA013
	// DGIGenerateCA makes a chip authentication key on the chip: one TagProtocol
	// for every protocol that it serves, TagKeyID (optional), TagCurve. With
	// StoreResponse; answers TagPublicKey.
	DGIGenerateCA uint16 = 0xA020
	// DGIGenerateAA makes the active authentication key on the chip:
	// TagAlgorithm, TagModulusBits or TagCurve, TagHash. With StoreResponse;
	// answers TagPublicKey.
	DGIGenerateAA uint16 = 0xA021
	// DGIDate is the date of personalization, YYMMDD, one digit a byte
	// (TR-03110-3 v2.2, D.2.1.3).
	DGIDate uint16 = 0xA030
	// DGITrustPoints are those of terminal authentication: TagFileID and TagSFI of
	// EF.CVCA (optional, in this order), then one or two CVCA certificates (7F21),
	// self-signed. After DGIDate, once.
	DGITrustPoints uint16 = 0xA031
	// DGIFinalize checks that nothing is missing and closes the data: empty,
	// or SHA-256 over DF(1, 00 master file or 01 application) || FID(2) ||
	// size(3) || content of every file in the order of creation. The last DGI.
	DGIFinalize uint16 = 0xA0F0
)

// Data objects inside the DGIs.
const (
	TagFlags       = 0x80 // DGIConfiguration: 1 byte, Flag…
	TagMechanisms  = 0x81 // DGIConfiguration: 1 byte, Mechanism…
	TagCANTries    = 0x82 // DGIConfiguration: 1 byte, 0 no limit, at most 15
	TagProtocol    = 0x80 // DGIPACE, DGIGenerateCA: the protocol's object identifier, value only
	TagParameterID = 0x81 // DGIPACE: 1 byte, Doc 9303-11 (8th ed.), 9.5.1
	TagKeyID       = 0x82 // DGIGenerateCA: 1 byte
	TagAlgorithm   = 0x80 // DGIGenerateAA: 1 byte, Algorithm…
	TagModulusBits = 0x81 // DGIGenerateAA: 2 bytes
	TagHash        = 0x82 // DGIGenerateAA: 1 byte, Hash…
	TagCurve       = 0x06 // the curve's object identifier

	// TagPublicKey is the answer of a key generation: 7F49 { 06 curve, 86
	// point } or 7F49 { 81 modulus, 82 exponent } (ISO/IEC 7816-8, 5.3).
	TagPublicKey = 0x7F49
	TagModulus   = 0x81
	TagExponent  = 0x82
	TagPoint     = 0x86
)

// Values of TagFlags.
const (
	// FlagNoMF: no master file. SELECT of it answers 6D00, and EF.CardAccess
	// and EF.ATR/INFO stand in the application.
	FlagNoMF byte = 0x01
)

// Values of TagMechanisms: what opens the chip.
const (
	MechanismBAC     byte = 0x01
	MechanismPACEMRZ byte = 0x02
	MechanismPACECAN byte = 0x04
)

// Values of TagAlgorithm.
const (
	AlgorithmRSA   byte = 0x01
	AlgorithmECDSA byte = 0x02
)

// Values of TagHash.
const (
	HashSHA1   byte = 0x01
	HashSHA224 byte = 0x02
	HashSHA256 byte = 0x03
	HashSHA384 byte = 0x04
	HashSHA512 byte = 0x05
)

// Data objects of the FCP template (ISO/IEC 7816-4:2020, 7.4.3).
const (
	TagFCP        = 0x62
	TagFileSize   = 0x80 // 2 or 3 bytes
	TagDescriptor = 0x82 // 1 byte, DescriptorTransparent
	TagFileID     = 0x83 // 2 bytes
	TagSFI        = 0x88 // 1 byte: the short identifier in b8 to b4, 00 none
	TagSecurity   = 0x8C // 2 bytes: ModeRead, then a security condition

	DescriptorTransparent byte = 0x01
	ModeRead              byte = 0x01 // access mode byte: READ alone
)

// Security conditions of ModeRead (ISO/IEC 7816-4:2020, 9.3.3, compact form).
const (
	ReadAlways   byte = 0x00
	ReadAccess   byte = 0xD0 // secure messaging after PACE or BAC
	ReadTerminal byte = 0xF0 // and terminal authentication
	ReadNever    byte = 0xFF
)

// Bounds of the applet.
const (
	MaxFiles    = 32
	MaxFileSize = 1<<18 - 1 // bytes
	MaxPACE     = 8
	MaxCAKeys   = 4

	MaxTrustPoints = 2 // TR-03110-3 v2.21, 2.5
)

// What a blank applet shows of itself: SELECT with P2 = 00 answers
// 6F { 84 AID, A5 { 50 label, 9F70 life cycle and progress, 9F71 map version } }.
// Once personalized, only 84 remains.
const (
	TagState      = 0x9F70 // 2 bytes: life cycle state, Progress…
	TagMapVersion = 0x9F71 // 1 byte
	TagLabel      = 0x50

	ProgressNone      byte = 0x00 // untouched
	ProgressBegun     byte = 0x01
	ProgressFinalized byte = 0x02
)

// Life cycle states (GlobalPlatform Card Specification 2.3.1, 11.1.1).
const (
	AppletSelectable   byte = 0x07
	AppletPersonalized byte = 0x0F

	CardOPReady     byte = 0x01
	CardInitialized byte = 0x07
	CardSecured     byte = 0x0F
)
