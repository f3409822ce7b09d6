package ca

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// NoKeyID says that the chip names no key identifier.
const NoKeyID = -1

// Params are the parameters of one run: a ChipAuthenticationInfo and the
// ChipAuthenticationPublicKeyInfo that belongs to it.
type Params struct {
	// OID is the protocol.
	OID asn1.ObjectIdentifier
	// KeyID is the identifier of the key, NoKeyID if the chip names none. Where
	// it is known it is always sent.
	KeyID int
	// Public is the chip's static key: an *ecc.PublicKey, *ecdsa.PublicKey or
	// *domain.PublicKey (domain.ParseSPKI reads all of them).
	Public crypto.PublicKey
}

// Result is what a run leads to.
type Result struct {
	// Channel runs under the new keys. Until one answer on it is verified, the
	// chip has proven nothing.
	Channel *sm.Channel
	// TerminalEphemeral is our ephemeral public key, plain value. Terminal
	// Authentication refers to it.
	TerminalEphemeral []byte
	// SetAT says that the chip did 3DES by MSE:Set AT and GENERAL AUTHENTICATE
	// after it had refused MSE:Set KAT, which the standard wants it to have
	// (Doc 9303-11 (8th ed.), 8.5, note 1).
	SetAT bool
}

// Run performs Chip Authentication on ch, the secure messaging of PACE or BAC.
// On success ch is closed and the result's channel takes its place. A status
// other than 9000 is ErrRefused together with the apdu.Status, and ch goes on.
func Run(ctx context.Context, ch apdu.Sender, p Params) (*Result, error) {
	return run(ctx, ch, p, rand.Reader)
}

func run(ctx context.Context, ch apdu.Sender, p Params, random io.Reader) (*Result, error) {
	proto, err := ParseOID(p.OID)
	if err != nil {
		return nil, err
	}
	static, err := domain.FromPublic(p.Public)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	if !proto.fits(static.Parameters()) {
		return nil, fmt.Errorf("%w: %v for %v", ErrKey, static.Parameters(), proto)
	}
	ref, err := keyReference(p.KeyID)
	if err != nil {
		return nil, err
	}
	t := &terminal{ctx: ctx, ch: ch, oid: p.OID, cipher: proto.Cipher, ref: ref, static: static, random: random}
	if proto.Cipher != mac.TDES {
		return t.attempt(t.setAT)
	}
	res, err := t.attempt(t.setKAT)
	if !errors.Is(err, ErrRefused) {
		return res, err
	}
	// Some chips have only the other sequence; it is tried in the same session
	// with a new ephemeral key (8.5, note 1, b). What they refuse the second
	// time is their answer.
	if res, err = t.attempt(t.setAT); err == nil {
		res.SetAT = true
	}
	return res, err
}

// terminal is one run.
type terminal struct {
	ctx    context.Context
	ch     apdu.Sender
	oid    asn1.ObjectIdentifier
	cipher mac.Cipher
	ref    []byte
	static *domain.PublicKey
	random io.Reader
}

// attempt makes an ephemeral key, has send carry it to the chip, and switches
// to the new session keys.
func (t *terminal) attempt(send func(public []byte) error) (*Result, error) {
	key, err := t.static.Parameters().Generator().GenerateKey(t.random)
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	defer key.Wipe()
	shared, err := key.Agree(t.static)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	public := key.Public().Bytes()
	if err := send(public); err != nil {
		return nil, err
	}
	enc, macKey := deriveKeys(t.cipher, shared)
	defer enc.Wipe()
	defer macKey.Wipe()
	c, err := sm.Restart(t.ch, t.cipher, enc, macKey)
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	return &Result{Channel: c, TerminalEphemeral: public}, nil
}

// send is one command that must be answered with 9000.
func (t *terminal) send(cmd apdu.Command) ([]byte, error) {
	r, err := t.ch.Send(t.ctx, cmd)
	if err != nil {
		return nil, fmt.Errorf("ca: %s: %w", apdu.InstructionName(cmd.INS), err)
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrRefused, apdu.InstructionName(cmd.INS), err)
	}
	return r.Data, nil
}

// setKAT is MSE:Set KAT (Doc 9303-11 (8th ed.), 6.2.4.1), for 3DES alone.
func (t *terminal) setKAT(public []byte) error {
	data := append(tlv.Encode(tagEphemeral, public), t.ref...)
	_, err := t.send(apdu.Command{INS: insMSE, P1: mseP1, P2: mseKAT, Data: data})
	return err
}

// setAT is MSE:Set AT and GENERAL AUTHENTICATE (6.2.4.2). The answer's DO 7C is
// empty; nothing in it is of use, so nothing is read from it.
func (t *terminal) setAT(public []byte) error {
	o, err := oidValue(t.oid)
	if err != nil {
		return err
	}
	data := append(tlv.Encode(tagMechanism, o), t.ref...)
	if _, err := t.send(apdu.Command{INS: insMSE, P1: mseP1, P2: mseAT, Data: data}); err != nil {
		return err
	}
	_, err = t.send(apdu.Command{
		INS:  insGeneralAuthenticate,
		Data: tlv.Encode(tagDynamic, tlv.Encode(tagPublicKey, public)),
		Ne:   apdu.MaxShortNe,
	})
	return err
}
