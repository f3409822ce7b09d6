package document

import (
	"encoding/asn1"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// oidTA is id-TA (Doc 9303-11 (8th ed.), 9.2.9).
var oidTA = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 2}

// terminalAuth makes the TerminalAuthenticationInfo.
func (b *builder) terminalAuth() {
	t := b.o.TA
	if t == nil {
		return
	}
	b.card.TerminalAuth = &t.TerminalAuth
	switch {
	case t.NoInfo:
	case t.File != 0:
		set, err := new(lds.Builder).TerminalAuthWithFile(t.File, t.Short).Encode()
		b.check(err)
		node, _, err := tlv.Parse(set)
		b.check(err)
		b.infos = append(b.infos, node.Value)
	default:
		b.infos = append(b.infos, b.der(struct {
			Protocol asn1.ObjectIdentifier
			Version  int
		}{oidTA, max(t.Version, 1)}))
	}
}
