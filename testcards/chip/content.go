package chip

import (
	"bytes"
	"crypto/subtle"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
)

const keyTypeAES = 0x88

// Status words of PUT KEY (GlobalPlatform Card Specification 2.3.1, table 11-73).
const (
	errAlgorithm  apdu.Status = 0x9484
	errCheckValue apdu.Status = 0x9485
)

// install answers INSTALL: for personalization, since the applet is there and
// nothing else is wanted (GlobalPlatform Card Specification 2.3.1, 11.5.2.3.6).
func (c *Chip) install(cmd apdu.Command) apdu.Response {
	c.endPersonalization()
	switch {
	case cmd.P2 != 0:
		return refuse(apdu.ErrWrongP1P2)
	case cmd.P1 != 0x20:
		return refuse(apdu.ErrConditions)
	}
	want := append([]byte{0, 0, byte(len(emrtdAID))}, emrtdAID...)
	aid, ok := installTarget(cmd.Data)
	switch {
	case !ok:
		return refuse(apdu.ErrWrongData)
	case !bytes.Equal(aid, want[3:]):
		return refuse(apdu.ErrNotFound)
	case c.st.Applet.Progress == applet.ProgressFinalized:
		return refuse(apdu.ErrConditions)
	}
	c.v.target = true
	if cmd.Ne == 0 {
		return refuse(apdu.OK)
	}
	return apdu.Response{Data: []byte{0x00}, SW: apdu.OK}
}

// installTarget reads 00 00 len AID 00 00 00.
func installTarget(b []byte) (aid []byte, ok bool) {
	if len(b) < 3 || b[0] != 0 || b[1] != 0 || len(b) != 3+int(b[2])+3 {
		return nil, false
	}
	n := int(b[2])
	return b[3 : 3+n], bytes.Equal(b[3+n:], []byte{0, 0, 0})
}

// setStatus answers SET STATUS (GlobalPlatform Card Specification 2.3.1,
// 11.10). Life cycles go forward only. The card is secured when the applet is
// personalized and the initial keys are gone: what is secured cannot be mended.
func (c *Chip) setStatus(cmd apdu.Command) apdu.Response {
	c.endPersonalization()
	switch cmd.P1 {
	case 0x80:
		if len(cmd.Data) != 0 && !bytes.Equal(cmd.Data, isdAID) {
			return refuse(apdu.ErrNotFound)
		}
		return refuse(c.setCard(cmd.P2))
	case 0x40:
		if !bytes.Equal(cmd.Data, emrtdAID) {
			return refuse(apdu.ErrNotFound)
		}
		return refuse(c.setApplet(cmd.P2))
	}
	return refuse(apdu.ErrWrongP1P2)
}

func (c *Chip) setCard(to byte) apdu.Status {
	switch {
	case to == applet.CardInitialized && c.st.Card == applet.CardOPReady:
	case to == applet.CardSecured && c.st.Applet.personalized() && !c.st.Keys.Initial:
	default:
		return apdu.ErrConditions
	}
	return statusOf(c.update(func(s *state) error { s.Card = to; return nil }))
}

func (c *Chip) setApplet(to byte) apdu.Status {
	a := &c.st.Applet
	if to != applet.AppletPersonalized || a.LifeCycle != applet.AppletSelectable || a.Progress != applet.ProgressFinalized {
		return apdu.ErrConditions
	}
	err := c.update(func(s *state) error { s.Applet.LifeCycle = to; return nil })
	if err == nil {
		c.v.proto = c.newProtocols()
	}
	return statusOf(err)
}

// putKey answers PUT KEY: all three keys of the one key set at once
// (GlobalPlatform Card Specification 2.3.1, 11.8; Amd D, 7.2).
func (c *Chip) putKey(cmd apdu.Command) apdu.Response {
	c.endPersonalization()
	k := &c.st.Keys
	switch {
	case cmd.P2 != 0x81: // several keys, the first with identifier 01
		return refuse(apdu.ErrWrongP1P2)
	case cmd.P1 != k.KVN && (cmd.P1 != 0 || !k.Initial):
		return refuse(apdu.ErrNotFound)
	case len(cmd.Data) == 0 || cmd.Data[0] == 0 || cmd.Data[0] > 0x7F:
		return refuse(apdu.ErrWrongData)
	}
	next := keySet{KVN: cmd.Data[0]}
	answer := []byte{next.KVN}
	rest := cmd.Data[1:]
	for _, into := range []*[]byte{&next.ENC, &next.MAC, &next.DEK} {
		key, kcv, after, sw := c.newKey(rest)
		if sw != apdu.OK {
			return refuse(sw)
		}
		*into, rest = key, after
		answer = append(answer, kcv...)
	}
	if len(rest) != 0 || len(next.MAC) != len(next.ENC) || len(next.DEK) != len(next.ENC) {
		return refuse(apdu.ErrWrongData)
	}
	if err := c.update(func(s *state) error { s.Keys = next; return nil }); err != nil {
		return refuse(apdu.ErrMemory)
	}
	fresh := c.newDomain() // the session under way goes on with its own keys
	c.v.domain.Keys, c.v.domain.DefaultKVN = fresh.Keys, fresh.DefaultKVN
	return apdu.Response{Data: answer, SW: apdu.OK}
}

// newKey reads one key: type, length of what follows, length of the key,
// ciphertext under Key-DEK, length of the check value, check value.
func (c *Chip) newKey(b []byte) (key, kcv, rest []byte, sw apdu.Status) {
	if len(b) < 3 {
		return nil, nil, nil, apdu.ErrWrongData
	}
	total, n := int(b[1]), int(b[2])
	if b[0] != keyTypeAES || n != 16 && n != 24 && n != 32 {
		return nil, nil, nil, errAlgorithm
	}
	if total != 1+(n+15)/16*16 || len(b) < 2+total+1+mac.KCVLen || int(b[2+total]) != mac.KCVLen {
		return nil, nil, nil, apdu.ErrWrongData
	}
	plain, err := c.v.domain.DecryptDEK(b[3 : 2+total])
	if err != nil {
		return nil, nil, nil, apdu.ErrWrongData
	}
	key = plain[:n:n]
	kcv = b[2+total+1 : 2+total+1+mac.KCVLen]
	want, err := mac.KCVAES(key)
	if err != nil || subtle.ConstantTimeCompare(want, kcv) != 1 {
		return nil, nil, nil, errCheckValue
	}
	return key, kcv, b[2+total+1+mac.KCVLen:], apdu.OK
}
