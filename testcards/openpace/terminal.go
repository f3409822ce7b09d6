package openpace

import (
	"context"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// RunPACE is PACE with libeac as the terminal, over APDUs to ch. A status other
// than 9000 is an error that wraps it, what libeac refuses a *RefusedError.
func (p *Peer) RunPACE(ctx context.Context, ch apdu.Sender, c PACE) (*Session, error) {
	oid, err := p.startPACE(c)
	if err != nil {
		return nil, err
	}
	mechanism, err := value(oid)
	if err != nil {
		return nil, err
	}
	set := apdu.Command{INS: insMSE, P1: 0xC1, P2: 0xA4, Data: tlv.Encode(tagMechanism, mechanism)}
	set.Data = append(set.Data, tlv.Encode(tagPassword, []byte{byte(c.Password.ref)})...)
	set.Data = append(set.Data, tlv.Encode(tagReference, []byte{byte(c.ParameterID)})...)
	if _, err := apdu.Do(ctx, ch, set); err != nil {
		return nil, err
	}
	t := terminal{ctx, p, ch}

	z, err := t.general(true, nil, tagNonce)
	if err != nil {
		return nil, err
	}
	if _, err := p.ask("nonce", octets(z)); err != nil {
		return nil, err
	}
	data, err := p.ask("mapping")
	if err != nil {
		return nil, err
	}
	theirs, err := t.general(true, tlv.Encode(tagMapTerminal, data), tagMapChip)
	if err != nil {
		return nil, err
	}
	if c.Protocol.Mapping == pace.Integrated {
		theirs = data // the chip has nothing to add: both map with the terminal's nonce
	}
	if err := p.mapWith(c, theirs); err != nil {
		return nil, err
	}
	own, err := p.ask("ephemeral")
	if err != nil {
		return nil, err
	}
	public, err := t.general(true, tlv.Encode(tagKeyTerminal, own), tagKeyChip)
	if err != nil {
		return nil, err
	}
	if _, err := p.ask("agree", octets(public)); err != nil {
		return nil, err
	}
	token, err := p.ask("token", octets(public))
	if err != nil {
		return nil, err
	}
	answer, err := t.general(false, tlv.Encode(tagTokenIFD, token), tagTokenIC)
	if err != nil {
		return nil, err
	}
	if _, err := p.ask("verify", octets(answer)); err != nil {
		return nil, err
	}
	return p.newSession(c.Protocol.Cipher, ch)
}

type terminal struct {
	ctx context.Context
	p   *Peer
	ch  apdu.Sender
}

// general is GENERAL AUTHENTICATE with DO 7C around body; it returns one object
// of the answer.
func (t terminal) general(more bool, body []byte, want tlv.Tag) ([]byte, error) {
	cmd := apdu.Command{INS: insGeneral, Data: tlv.Encode(tagDynamic, body), Ne: apdu.MaxExtendedNe}
	if more {
		cmd.CLA = apdu.ClassChaining
	}
	data, err := apdu.Do(t.ctx, t.ch, cmd)
	if err != nil {
		return nil, err
	}
	v, ok := dynamic(data, want)
	if !ok {
		return nil, fmt.Errorf("openpace: no object %v in the answer", want)
	}
	return v, nil
}

// RunCA is Chip Authentication with libeac as the terminal: by MSE:Set KAT with
// 3DES, else by MSE:Set AT and GENERAL AUTHENTICATE.
func (p *Peer) RunCA(ctx context.Context, ch apdu.Sender, c CA, public *domain.PublicKey) (*Session, error) {
	if err := p.startCA(c, nil); err != nil {
		return nil, err
	}
	own, err := p.ask("ephemeral")
	if err != nil {
		return nil, err
	}
	if c.Protocol.Cipher == mac.TDES {
		kat := apdu.Command{INS: insMSE, P1: 0x41, P2: 0xA6, Data: tlv.Encode(tagKAT, own)}
		if _, err := apdu.Do(ctx, ch, kat); err != nil {
			return nil, err
		}
	} else if err := p.setAT(ctx, ch, c, own); err != nil {
		return nil, err
	}
	if err := p.agreeCA(c, public.Bytes()); err != nil {
		return nil, err
	}
	return p.newSession(c.Protocol.Cipher, ch)
}

func (p *Peer) setAT(ctx context.Context, ch apdu.Sender, c CA, own []byte) error {
	oid, err := c.Protocol.OID()
	if err != nil {
		return err
	}
	mechanism, err := value(oid)
	if err != nil {
		return err
	}
	set := apdu.Command{INS: insMSE, P1: 0x41, P2: 0xA4, Data: tlv.Encode(tagMechanism, mechanism)}
	if _, err := apdu.Do(ctx, ch, set); err != nil {
		return err
	}
	_, err = apdu.Do(ctx, ch, apdu.Command{
		INS: insGeneral, Data: tlv.Encode(tagDynamic, tlv.Encode(tagPublic, own)), Ne: apdu.MaxShortNe,
	})
	return err
}
