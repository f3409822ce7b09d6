package lds

import (
	"encoding/asn1"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// cvcaFile reads efCVCA: FileID ::= SEQUENCE { fid OCTET STRING (SIZE(2)), sfid
// OCTET STRING (SIZE(1)) OPTIONAL } (Doc 9303-11 (8th ed.), Appendix K.2). What
// cannot be read is left at the default, with a note.
func (t *TerminalAuthInfo) cvcaFile(node tlv.Node, n *notes) {
	if t.Version != 1 {
		n.add("terminalauth.efcvca", "TerminalAuthenticationInfo of version %d names EF.CVCA, which belongs to version 1", t.Version)
		return
	}
	parts, err := node.Children()
	ok := err == nil && node.Tag == 0x30 && (len(parts) == 1 || len(parts) == 2) && parts[0].Tag == 0x04 && len(parts[0].Value) == 2
	if ok && len(parts) == 2 {
		ok = parts[1].Tag == 0x04 && len(parts[1].Value) == 1
	}
	if !ok {
		n.add("terminalauth.efcvca", "the place of EF.CVCA cannot be read")
		return
	}
	fid := uint16(parts[0].Value[0])<<8 | uint16(parts[0].Value[1])
	var short byte
	if len(parts) == 2 {
		// Some write the identifier into b8 to b4, as control parameters do.
		if short = parts[1].Value[0]; short > 0x1F && short&0x07 == 0 {
			short >>= 3
			n.add("terminalauth.efcvca", "the short identifier of EF.CVCA is written in b8 to b4")
		}
		if short == 0 || short > 0x1E {
			n.add("terminalauth.efcvca", "EF.CVCA has no short identifier %02X", parts[1].Value[0])
			short = 0
		}
	}
	t.CVCAFile, t.CVCAShort = fid, short
}

// TerminalAuthWithFile adds the TerminalAuthenticationInfo of version 1 on a chip
// whose EF.CVCA is not at its own place: fid, and sfi, which is 0 for none (Doc
// 9303-11 (8th ed.), Appendix K.2).
func (b *Builder) TerminalAuthWithFile(fid uint16, sfi byte) *Builder {
	if sfi > 0x1E {
		return b.fail("TerminalAuthenticationInfo: short identifier %02X of EF.CVCA", sfi)
	}
	type fileID struct {
		FID  []byte
		SFID []byte `asn1:"optional,omitempty"`
	}
	id := fileID{FID: []byte{byte(fid >> 8), byte(fid)}}
	if sfi != 0 {
		id.SFID = []byte{sfi}
	}
	return b.add(struct {
		Protocol asn1.ObjectIdentifier
		Version  int
		File     fileID
	}{oidTA, 1, id})
}
