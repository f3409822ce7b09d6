package chip

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
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

// putKey answers PUT KEY: all three keys of the one key set at once, so that
// the card never has half a set (GlobalPlatform Card Specification 2.3.1, 11.8).
func (c *Chip) putKey(cmd apdu.Command) apdu.Response {
	c.endPersonalization()
	k := &c.st.Keys
	switch {
	case cmd.P2 != 0x81: // several keys, the first with identifier 01
		return refuse(apdu.ErrWrongP1P2)
	case cmd.P1 != k.KVN && (cmd.P1 != 0 || !k.Initial):
		return refuse(apdu.ErrNotFound)
	}
	cmd.P1 = k.KVN // keys that are added take the place of the initial ones
	d := c.v.domain
	r := d.PutKey(cmd)
	if r.SW != apdu.OK {
		return r
	}
	set := d.Keys[d.DefaultKVN]
	next := keySet{KVN: d.DefaultKVN, ENC: clone(set.ENC.Bytes()), MAC: clone(set.MAC.Bytes()), DEK: clone(set.DEK.Bytes())}
	whole := len(r.Data) == 1+3*mac.KCVLen
	if !whole || c.update(func(s *state) error { s.Keys = next; return nil }) != nil {
		old := c.newDomain()
		d.Keys, d.DefaultKVN = old.Keys, old.DefaultKVN
		if !whole {
			return refuse(apdu.ErrWrongData)
		}
		return refuse(apdu.ErrMemory)
	}
	return r
}
