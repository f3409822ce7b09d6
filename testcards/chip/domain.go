package chip

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
)

const (
	// scpI is SCP03's "i": pseudo-random challenges, R-MAC and R-ENC.
	scpI = 0x70
	// maxAuthFailures is how many failed EXTERNAL AUTHENTICATEs in a row the
	// issuer security domain bears before it answers no more.
	maxAuthFailures = 10
)

// newDomain sets up the security domain's half of SCP03.
func (c *Chip) newDomain() *gp.Chip {
	k := &c.st.Keys
	return &gp.Chip{
		KDD: kdd(c.st.CPLC), I: scpI, AID: isdAID, DefaultKVN: k.KVN, Rand: c.rnd,
		Keys: map[byte]*gp.KeySet{k.KVN: {
			ENC: mac.NewKey(k.ENC), MAC: mac.NewKey(k.MAC), DEK: mac.NewKey(k.DEK), Counter: k.Counter,
		}},
	}
}

// domainCommand answers a command to the issuer security domain.
func (c *Chip) domainCommand(cmd apdu.Command) apdu.Response {
	secure := cmd.CLA == 0x84
	switch {
	case cmd.CLA != 0x00 && cmd.CLA != 0x80 && !secure:
		return refuse(apdu.ErrCLA)
	case cmd.CLA == 0x00 && cmd.INS == insSelect:
		return refuse(apdu.ErrFuncNotSupported) // it has no files
	case cmd.INS == 0x50 && cmd.CLA != 0x00:
		return c.initializeUpdate(cmd)
	case cmd.INS == 0x82 && secure && c.v.domain.Level() == 0:
		return c.externalAuthenticate(cmd)
	}
	// Plain for the class means: whatever the session asks for is missing.
	r := c.v.domain.Process(cmd, c.domainPlain)
	if c.v.domain.Aborted() {
		c.endPersonalization()
	}
	return r
}

// initializeUpdate begins a session. The sequence counter that went up is
// written before the challenge made of it is given away (Amd D, 6.2.2.1).
func (c *Chip) initializeUpdate(cmd apdu.Command) apdu.Response {
	c.endPersonalization()
	if c.st.Keys.Failed >= maxAuthFailures {
		return refuse(apdu.ErrAuthBlocked)
	}
	r := c.v.domain.InitializeUpdate(cmd)
	set := c.v.domain.Keys[c.st.Keys.KVN]
	if set.Counter == c.st.Keys.Counter {
		return r
	}
	if err := c.update(func(s *state) error { s.Keys.Counter = set.Counter; return nil }); err != nil {
		c.v.domain.End()
		return refuse(apdu.ErrMemory)
	}
	return r
}

func (c *Chip) externalAuthenticate(cmd apdu.Command) apdu.Response {
	r := c.v.domain.ExternalAuthenticate(cmd)
	failed := 0
	switch {
	case r.SW == apdu.ErrAuthFailed:
		failed = c.st.Keys.Failed + 1
	case r.SW != apdu.OK || c.st.Keys.Failed == 0:
		return r
	}
	if err := c.update(func(s *state) error { s.Keys.Failed = failed; return nil }); err != nil {
		c.v.domain.End()
		return refuse(apdu.ErrMemory)
	}
	return r
}

// domainPlain answers what the secure channel has opened, or what came without
// one.
func (c *Chip) domainPlain(cmd apdu.Command) apdu.Response {
	if cmd.INS == 0xCA { // GET DATA is for everybody, in both classes
		return c.getData(cmd)
	}
	var handle func(apdu.Command) apdu.Response
	switch cmd.INS {
	case 0xF2:
		handle = c.getStatus
	case 0xE6:
		handle = c.install
	case 0xE2:
		handle = c.storeData
	case 0xD8:
		handle = c.putKey
	case 0xF0:
		handle = c.setStatus
	case 0xE4, 0xE8: // DELETE, LOAD: what is on the card stays, and nothing is added
		handle = func(apdu.Command) apdu.Response { return refuse(apdu.ErrConditions) }
	default:
		return refuse(apdu.ErrINS)
	}
	switch {
	case cmd.CLA&^0x04 != 0x80:
		return refuse(apdu.ErrCLA)
	case c.v.domain.Level() == 0:
		return refuse(apdu.ErrSecurityStatus)
	case cmd.INS == 0xF2:
		return handle(cmd)
	case c.v.domain.Level()&gp.LevelCMACCDec != gp.LevelCMACCDec:
		return refuse(apdu.ErrSecurityStatus)
	case c.st.Card == applet.CardSecured:
		return refuse(apdu.ErrConditions) // for ever
	}
	return handle(cmd)
}

// domainFCI is the issuer security domain's answer to SELECT (GlobalPlatform
// Card Specification 2.3.1, 11.9.3.1).
func (c *Chip) domainFCI() []byte {
	return tlv.Encode(0x6F, tlv.Encode(0x84, isdAID), tlv.Encode(0xA5, tlv.Encode(0x9F65, []byte{0xFF})))
}

// getData answers GET DATA (GlobalPlatform Card Specification 2.3.1, 11.3).
func (c *Chip) getData(cmd apdu.Command) apdu.Response {
	var data []byte
	k := &c.st.Keys
	switch uint16(cmd.P1)<<8 | uint16(cmd.P2) {
	case 0x0045: // card image number
		data = tlv.Encode(0x45, c.st.CPLC[serialFrom:serialTo])
	case 0x0066:
		data = cardData()
	case 0x00C1:
		data = tlv.Encode(0xC1, []byte{byte(k.Counter >> 16), byte(k.Counter >> 8), byte(k.Counter)})
	case 0x00CF:
		data = tlv.Encode(0xCF, kdd(c.st.CPLC))
	case 0x00E0:
		data = c.v.domain.KeyInformation()
	case 0x9F7F:
		data = tlv.Encode(0x9F7F, c.st.CPLC)
	default:
		return refuse(apdu.ErrNotFound)
	}
	return apdu.Response{Data: data, SW: apdu.OK}
}

// cardData is the card recognition data (GlobalPlatform Card Specification
// 2.3.1, H.2): version 2.3.1, and SCP03 with its "i".
func cardData() []byte {
	gpOID := []byte{0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B} // 1.2.840.114283
	oid := func(tag tlv.Tag, tail ...byte) []byte {
		return tlv.Encode(tag, tlv.Encode(0x06, gpOID, tail))
	}
	return tlv.Encode(0x66, tlv.Encode(0x73,
		tlv.Encode(0x06, gpOID, []byte{1}),
		oid(0x60, 2, 2, 3, 1),
		oid(0x63, 3),
		oid(0x64, 4, 3, scpI),
	))
}

// registryEntry is a line of GET STATUS.
type registryEntry struct {
	aid        []byte
	state      byte
	privileges []byte
	module     bool // of an executable load file
}

// getStatus answers GET STATUS (GlobalPlatform Card Specification 2.3.1, 11.4).
func (c *Chip) getStatus(cmd apdu.Command) apdu.Response {
	criterion, rest, err := tlv.Parse(cmd.Data)
	if err != nil || criterion.Tag != 0x4F || len(criterion.Value) > 16 {
		return refuse(apdu.ErrWrongData)
	}
	if len(rest) > 0 { // a tag list may follow
		if list, more, err := tlv.Parse(rest); err != nil || list.Tag != 0x5C || len(more) != 0 {
			return refuse(apdu.ErrWrongData)
		}
	}
	if cmd.P2&^0x03 != 0 {
		return refuse(apdu.ErrWrongP1P2)
	}
	var list []registryEntry
	switch cmd.P1 {
	case 0x80:
		list = []registryEntry{{aid: isdAID, state: c.st.Card, privileges: []byte{0x9E, 0xFE, 0x80}}}
	case 0x40:
		list = []registryEntry{{aid: emrtdAID, state: c.st.Applet.LifeCycle, privileges: []byte{0x00, 0x00, 0x00}}}
	case 0x20:
		list = []registryEntry{{aid: packageAID, state: 0x01}}
	case 0x10:
		list = []registryEntry{{aid: packageAID, state: 0x01, module: true}}
	default:
		return refuse(apdu.ErrWrongP1P2)
	}
	var data []byte
	for _, e := range list {
		if bytes.HasPrefix(e.aid, criterion.Value) && cmd.P2&0x01 == 0 {
			data = append(data, e.encode(cmd.P2&0x02 != 0)...)
		}
	}
	if data == nil {
		return refuse(apdu.ErrNotFound)
	}
	return apdu.Response{Data: data, SW: apdu.OK}
}

// encode writes the entry, as template E3 or in the older plain form.
func (e registryEntry) encode(template bool) []byte {
	if !template {
		out := append([]byte{byte(len(e.aid))}, e.aid...)
		out = append(out, e.state)
		if e.privileges == nil {
			out = append(out, 0x00)
		} else {
			out = append(out, e.privileges[0])
		}
		if e.module {
			out = append(out, 0x01, byte(len(emrtdAID)))
			out = append(out, emrtdAID...)
		}
		return out
	}
	parts := [][]byte{tlv.Encode(0x4F, e.aid), tlv.Encode(0x9F70, []byte{e.state})}
	if e.privileges != nil {
		parts = append(parts, tlv.Encode(0xC5, e.privileges))
	}
	if e.module {
		parts = append(parts, tlv.Encode(0x84, emrtdAID))
	}
	return tlv.Encode(0xE3, parts...)
}
