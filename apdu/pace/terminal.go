package pace

import (
	"context"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Result is what a run leads to.
type Result struct {
	// Channel protects everything that follows.
	Channel *sm.Channel
	// ChipEphemeral is the chip's ephemeral public key of the key agreement,
	// plain value (Doc 9303-11 (8th ed.), 9.4.5). Terminal Authentication
	// refers to it.
	ChipEphemeral []byte
	// TerminalEphemeral is our own ephemeral public key of the key agreement,
	// plain value. Terminal Authentication is bound to it after chip
	// authentication mapping, unless Chip Authentication follows (Doc 9303-11
	// (8th ed.), 7.1.2).
	TerminalEphemeral []byte
	// CARs are the Certification Authority References that the chip named, the
	// most recent first, at most two.
	CARs []string
	// CAM is the chip's claim of chip authentication mapping, nil with other
	// mappings. It is not judged yet.
	CAM *CAM
}

// Run performs PACE on ch, which is plain, or secure messaging of an earlier
// run with another password. A refused password matches ErrDenied and carries
// the chip's status in a *DeniedError.
func Run(ctx context.Context, ch apdu.Sender, p Params, pw Password) (*Result, error) {
	return run(ctx, ch, p, pw, rand.Reader)
}

func run(ctx context.Context, ch apdu.Sender, p Params, pw Password, random io.Reader) (*Result, error) {
	proto, d, err := p.resolve()
	if err != nil {
		return nil, err
	}
	t := &terminal{ctx: ctx, ch: ch, oid: p.OID, ref: pw.ref, proto: proto, domain: d, random: random}
	if err := t.setAT(p, pw.ref); err != nil {
		return nil, err
	}
	nonce, err := t.nonce(pw)
	if err != nil {
		return nil, err
	}
	defer clear(nonce)
	generator, err := t.mapNonce(nonce)
	if err != nil {
		return nil, err
	}
	own, peer, k, err := t.agree(generator)
	if err != nil {
		return nil, err
	}
	defer k.wipe()
	res := &Result{ChipEphemeral: peer.Bytes(), TerminalEphemeral: own.Bytes()}
	if err := t.authenticate(own, peer, k, res); err != nil {
		return nil, err
	}
	if res.Channel, err = sm.Restart(ch, proto.Cipher, k.enc, k.mac); err != nil {
		return nil, fmt.Errorf("pace: %w", err)
	}
	return res, nil
}

// terminal is one run.
type terminal struct {
	ctx    context.Context
	ch     apdu.Sender
	oid    asn1.ObjectIdentifier
	ref    Reference
	proto  Protocol
	domain *domain.Parameters
	random io.Reader

	chipMapping *domain.PublicKey // chip's mapping key, generic mapping
}

// setAT is MSE:Set AT (Doc 9303-11 (8th ed.), 4.4.4.1).
func (t *terminal) setAT(p Params, ref Reference) error {
	o, err := oidValue(t.oid)
	if err != nil {
		return err
	}
	data := append(tlv.Encode(tagMechanism, o), tlv.Encode(tagPassword, []byte{byte(ref)})...)
	if p.ParameterID != NoParameterID {
		data = append(data, tlv.Encode(tagDomain, []byte{byte(p.ParameterID)})...)
	}
	if p.CHAT != nil {
		data = append(data, tlv.Encode(tagCHAT, p.CHAT)...)
	}
	r, err := t.ch.Send(t.ctx, apdu.Command{INS: insMSE, P1: mseSetATp1, P2: mseSetATp2, Data: data})
	if err != nil {
		return fmt.Errorf("pace: %s: %w", apdu.InstructionName(insMSE), err)
	}
	if r.SW == apdu.OK {
		return nil
	}
	// 63Cx is a warning: the password is selected and has x tries left
	// (TR-03110-3 v2.21, B.14.1). Without one it is the end. A PIN or PUK with
	// one left is suspended: the chip would not take it here, or take the last try
	// for it; inside a session, which the CAN has opened, it is being resumed.
	denied := &DeniedError{SW: r.SW, Password: ref}
	_, inside := t.ch.(*sm.Channel)
	switch n, counted := r.SW.Tries(); {
	case counted && n > 0 && (inside || !errors.Is(denied, ErrSuspended)):
		return nil
	case counted, r.SW == apdu.ErrAuthBlocked, hasStates(ref) && unusable(r.SW):
		return denied
	}
	return fmt.Errorf("pace: %s: %w", apdu.InstructionName(insMSE), r.SW)
}

// general is one GENERAL AUTHENTICATE of the chain (4.4.4.2, 4.4.4.3).
func (t *terminal) general(last bool, objects ...[]byte) (map[tlv.Tag][]byte, error) {
	cmd := apdu.Command{CLA: apdu.ClassChaining, INS: insGeneralAuthenticate, Data: tlv.Encode(tagDynamic, objects...), Ne: apdu.MaxShortNe}
	if last {
		cmd.CLA = 0
	}
	// A public key of a large prime field fills more than a short answer, and the
	// chip's comes where ours goes. This command may use extended length without
	// asking (9.3.1.2).
	if g := t.domain.Group(); g != nil && !last && g.Len()+8 > apdu.MaxShortNe && len(cmd.Data) > apdu.MaxShortData {
		cmd.Ne = apdu.MaxExtendedNe
	}
	r, err := t.ch.Send(t.ctx, cmd)
	if err != nil {
		return nil, fmt.Errorf("pace: %s: %w", apdu.InstructionName(insGeneralAuthenticate), err)
	}
	if r.SW != apdu.OK {
		return nil, refusal(t.ref, r.SW, last)
	}
	return parseDynamic(r.Data)
}

// want picks one object of an answer.
func want(m map[tlv.Tag][]byte, tag tlv.Tag) ([]byte, error) {
	v, ok := m[tag]
	if !ok {
		return nil, fmt.Errorf("%w: object %v is missing", ErrFormat, tag)
	}
	return v, nil
}

// nonce gets and decrypts the chip's nonce s.
func (t *terminal) nonce(pw Password) ([]byte, error) {
	m, err := t.general(false)
	if err != nil {
		return nil, err
	}
	z, err := want(m, tagNonce)
	if err != nil {
		return nil, err
	}
	if err := t.proto.checkNonceLen(len(z)); err != nil {
		return nil, err
	}
	k := pw.key(t.proto.Cipher)
	defer k.Wipe()
	return cbc(t.proto.Cipher, k.Bytes(), z, false)
}

// mapNonce is the mapping step.
func (t *terminal) mapNonce(s []byte) (domain.Generator, error) {
	if t.proto.Mapping == Integrated {
		return t.mapIntegrated(s)
	}
	own, err := t.domain.Generator().GenerateKey(t.random)
	if err != nil {
		return domain.Generator{}, fmt.Errorf("pace: %w", err)
	}
	defer own.Wipe()
	peer, err := t.exchangeKeys(own, tagMapTerminal, tagMapChip)
	if err != nil {
		return domain.Generator{}, err
	}
	t.chipMapping = peer
	h, err := own.Agree(peer)
	if err != nil {
		return domain.Generator{}, fmt.Errorf("%w: %w", ErrMapping, err)
	}
	return genericMap(t.domain, s, h)
}

func (t *terminal) mapIntegrated(s []byte) (domain.Generator, error) {
	_, n := nonceLens(t.proto.Cipher)
	nonce := make([]byte, n)
	if _, err := io.ReadFull(t.random, nonce); err != nil {
		return domain.Generator{}, fmt.Errorf("pace: random numbers: %w", err)
	}
	m, err := t.general(false, tlv.Encode(tagMapTerminal, nonce))
	if err != nil {
		return domain.Generator{}, err
	}
	// The chip's object is empty, and some leave it out (4.4.5.2.2).
	if v := m[tagMapChip]; len(v) != 0 {
		return domain.Generator{}, fmt.Errorf("%w: mapping data of %d bytes", ErrFormat, len(v))
	}
	return integratedMap(t.domain, t.proto.Cipher, s, nonce)
}

// exchangeKeys sends our ephemeral key and reads the chip's: valid, and not
// ours (4.4.1, step 3d).
func (t *terminal) exchangeKeys(own *domain.Key, ours, theirs tlv.Tag) (*domain.PublicKey, error) {
	m, err := t.general(false, tlv.Encode(ours, own.Public().Bytes()))
	if err != nil {
		return nil, err
	}
	v, err := want(m, theirs)
	if err != nil {
		return nil, err
	}
	peer, err := t.domain.ParsePublicKey(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPublicKey, err)
	}
	if peer.Equal(own.Public()) {
		return nil, fmt.Errorf("%w: the chip sends our own", ErrPublicKey)
	}
	return peer, nil
}

// agree is the key agreement on the mapped generator.
func (t *terminal) agree(g domain.Generator) (own, peer *domain.PublicKey, k keys, err error) {
	key, err := g.GenerateKey(t.random)
	if err != nil {
		return nil, nil, keys{}, fmt.Errorf("pace: %w", err)
	}
	defer key.Wipe()
	if peer, err = t.exchangeKeys(key, tagKeyTerminal, tagKeyChip); err != nil {
		return nil, nil, keys{}, err
	}
	shared, err := key.Agree(peer)
	if err != nil {
		return nil, nil, keys{}, fmt.Errorf("%w: %w", ErrPublicKey, err)
	}
	return key.Public(), peer, deriveKeys(t.proto.Cipher, shared), nil
}

// authenticate exchanges the tokens and takes what else comes with the chip's.
func (t *terminal) authenticate(own, peer *domain.PublicKey, k keys, res *Result) error {
	ours, err := k.token(t.proto.Cipher, t.oid, peer)
	if err != nil {
		return err
	}
	m, err := t.general(true, tlv.Encode(tagTokenIFD, ours))
	if err != nil {
		return err
	}
	theirs, err := want(m, tagTokenIC)
	if err != nil {
		return err
	}
	expected, err := k.token(t.proto.Cipher, t.oid, own)
	if err != nil {
		return err
	}
	if !equalTokens(theirs, expected) {
		return ErrToken
	}
	for _, tag := range []tlv.Tag{tagCAR, tagPreviousCAR} {
		if v, ok := m[tag]; ok {
			if len(v) == 0 || len(v) > maxCAR {
				return fmt.Errorf("%w: authority reference of %d bytes", ErrFormat, len(v))
			}
			res.CARs = append(res.CARs, string(v))
		}
	}
	if t.proto.Mapping != ChipAuthentication {
		return nil
	}
	sealed, ok := m[tagEncryptedCAM]
	if !ok {
		return fmt.Errorf("%w: the chip sends no data", ErrCAM)
	}
	res.CAM, err = openCAM(t.proto.Cipher, k, sealed, t.chipMapping)
	return err
}
