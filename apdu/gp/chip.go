package gp

import (
	"crypto/rand"
	"errors"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// KeySet is one version of a card's static keys, all of one length. A key may
// be missing (empty) while the set is being loaded; it is then not used.
type KeySet struct {
	ENC, MAC, DEK mac.Key
	// Counter is the sequence counter of pseudo-random challenges, 3 bytes.
	Counter uint32
}

func (k *KeySet) complete() bool {
	n := k.ENC.Len()
	return (n == 16 || n == 24 || n == 32) && k.MAC.Len() == n && k.DEK.Len() == n
}

// Chip is a security domain's half of SCP03: what a virtual chip, or an applet
// that carries the channel itself, holds. The exported fields are its
// configuration and its persistent memory; set them before use. It is not
// safe for concurrent use, as a chip is not.
//
// A chip that gets a command does this:
//
//	switch {
//	case reset or another application selected: c.End()
//	case INS 50: answer c.InitializeUpdate(cmd)
//	case INS 82: answer c.ExternalAuthenticate(cmd)
//	default:     answer c.Process(cmd, application)
//	}
type Chip struct {
	// KDD is the key diversification data, 10 bytes.
	KDD []byte
	// I is SCP03's "i": 00, 10, 20, 30, 60 or 70.
	I byte
	// AID is that of the application that invokes the channel, 5 to 16 bytes:
	// part of pseudo-random challenges (Amd D, 6.2.2.1).
	AID []byte
	// Keys are the key sets by key version number, DefaultKVN the one used
	// for INITIALIZE UPDATE with P1 = 00.
	Keys       map[byte]*KeySet
	DefaultKVN byte
	Quirks     Quirks
	// Rand gives random challenges; nil means crypto/rand.Reader.
	Rand io.Reader
	// RequireLevel is the least level that EXTERNAL AUTHENTICATE may ask for
	// (some cards refuse MAC-only sessions): zero means any.
	RequireLevel Level
	// RefuseLevelStatus is what it answers otherwise; zero means 6A80.
	RefuseLevelStatus apdu.Status

	ses     *session
	dek     mac.Key // Key-DEK of the set the session runs under
	kvn     byte
	pending bool // INITIALIZE UPDATE done, EXTERNAL AUTHENTICATE awaited
	aborted bool // a session broke and has not been ended
}

// InitializeUpdate answers INITIALIZE UPDATE (GPCS, E.5.1; Amd D, 7.1.1). It
// ends a session that is open.
func (c *Chip) InitializeUpdate(cmd apdu.Command) apdu.Response {
	c.End()
	if cmd.CLA&0x80 == 0 || isSecure(cmd.CLA) {
		return apdu.Response{SW: apdu.ErrCLA}
	}
	if len(cmd.Data) != challengeLen {
		return apdu.Response{SW: apdu.ErrWrongLength}
	}
	if cmd.P2 != 0 || cmd.P1&0x80 != 0 {
		return apdu.Response{SW: apdu.ErrWrongP1P2}
	}
	kvn := cmd.P1
	if kvn == 0 {
		kvn = c.DefaultKVN
	}
	set := c.Keys[kvn]
	if set == nil || !set.complete() || len(c.KDD) != kddLen || !validI(c.I) {
		return apdu.Response{SW: apdu.ErrNotFound} // Amd D, 7.1.1
	}
	challenge, tail, sw := c.challenge(set)
	if sw != apdu.OK {
		return apdu.Response{SW: sw}
	}
	scp := append(append(make([]byte, 0, 2*challengeLen), cmd.Data...), challenge...)
	senc, smac, srmac, err := DeriveSessionKeys(set.ENC.Bytes(), set.MAC.Bytes(), scp)
	if err != nil {
		return apdu.Response{SW: apdu.ErrUnknown}
	}
	ses, err := newSession(senc, smac, srmac, scp, c.Quirks)
	if err != nil {
		return apdu.Response{SW: apdu.ErrUnknown}
	}
	cryptogram, err := ses.cryptogram(constCardCryptogram)
	if err != nil {
		return apdu.Response{SW: apdu.ErrUnknown}
	}
	c.ses, c.kvn, c.pending, c.dek = ses, kvn, true, mac.NewKey(set.DEK.Bytes())
	out := append([]byte(nil), c.KDD...)
	out = append(out, kvn, 0x03, c.I)
	out = append(out, challenge...)
	out = append(out, cryptogram...)
	return apdu.Response{Data: append(out, tail...), SW: apdu.OK}
}

// challenge makes a card challenge, random or pseudo-random (Amd D, 6.2.2.1),
// and what of it ends the answer.
func (c *Chip) challenge(set *KeySet) (challenge, tail []byte, sw apdu.Status) {
	if c.I&iPseudoRandom == 0 {
		rnd := c.Rand
		if rnd == nil {
			rnd = rand.Reader
		}
		challenge = make([]byte, challengeLen)
		if _, err := io.ReadFull(rnd, challenge); err != nil {
			return nil, nil, apdu.ErrUnknown
		}
		return challenge, nil, apdu.OK
	}
	if set.Counter >= 1<<(8*counterLen)-1 {
		return nil, nil, apdu.ErrConditions
	}
	set.Counter++
	tail = []byte{byte(set.Counter >> 16), byte(set.Counter >> 8), byte(set.Counter)}
	challenge, err := mac.CounterKDF(set.ENC.Bytes(), constCardChallenge, append(append([]byte(nil), tail...), c.AID...), challengeLen*8)
	if err != nil {
		return nil, nil, apdu.ErrUnknown
	}
	return challenge, tail, apdu.OK
}

// ExternalAuthenticate answers EXTERNAL AUTHENTICATE (Amd D, 7.1.2). Wrong
// host cryptogram or MAC: 6300.
func (c *Chip) ExternalAuthenticate(cmd apdu.Command) apdu.Response {
	if !c.pending || c.ses == nil {
		return apdu.Response{SW: apdu.ErrConditions}
	}
	c.pending = false
	if sw := c.checkAuthenticate(cmd); sw != apdu.OK {
		c.End() // no session was open yet, so none is aborted
		return apdu.Response{SW: sw}
	}
	c.ses.level = Level(cmd.P1)
	return apdu.Response{SW: apdu.OK}
}

func (c *Chip) checkAuthenticate(cmd apdu.Command) apdu.Status {
	if !isSecure(cmd.CLA) || cmd.CLA&0x80 == 0 {
		return apdu.ErrCLA
	}
	if len(cmd.Data) != cryptogramLen+macLen {
		return apdu.ErrWrongLength
	}
	level := Level(cmd.P1)
	if cmd.P2 != 0 || !level.valid() || !supports(c.I, level) {
		return apdu.ErrWrongP1P2
	}
	want, err := c.ses.cryptogram(constHostCryptogram)
	if err != nil {
		return apdu.ErrUnknown
	}
	m, err := c.ses.commandMAC(cmd, cmd.Data[:cryptogramLen])
	if err != nil {
		return apdu.ErrUnknown
	}
	if !equal(want, cmd.Data[:cryptogramLen]) || !equal(m, cmd.Data[cryptogramLen:]) {
		return apdu.ErrAuthFailed
	}
	if level&c.RequireLevel != c.RequireLevel {
		if c.RefuseLevelStatus != 0 {
			return c.RefuseLevelStatus
		}
		return apdu.ErrWrongData
	}
	return apdu.OK
}

// Level returns the current security level; zero without an open session.
func (c *Chip) Level() Level {
	if c.ses == nil || c.pending {
		return 0
	}
	return c.ses.level
}

// KVN returns the version of the key set that the open session runs under.
func (c *Chip) KVN() byte { return c.kvn }

// Aborted reports whether a session broke and neither End nor a new
// INITIALIZE UPDATE has come since.
func (c *Chip) Aborted() bool { return c.aborted }

// End ends the session: at reset, when another application is selected
// (Amd D, 5.6).
func (c *Chip) End() {
	c.abort()
	c.aborted = false
}

func (c *Chip) abort() {
	if c.ses != nil {
		c.ses.wipe()
		c.dek.Wipe()
		c.ses = nil
		c.aborted = true
	}
	c.pending = false
}

// Process unwraps a command, hands it to the application in the clear, and
// wraps what that answers. Without a session the command passes as it came:
// the application looks at Level.
func (c *Chip) Process(cmd apdu.Command, application func(apdu.Command) apdu.Response) apdu.Response {
	plain, err := c.Unwrap(cmd)
	if err != nil {
		var sw apdu.Status
		if errors.As(err, &sw) {
			return apdu.Response{SW: sw}
		}
		return apdu.Response{SW: apdu.ErrUnknown}
	}
	return c.Wrap(application(plain))
}

// Unwrap checks a command against the session's level and returns it in the
// clear, without secure messaging in its class. The error is an apdu.Status,
// 6982, and the session is then aborted (Amd D, 5.6). Without a session the
// command is returned as it is; after an aborted one it is refused.
func (c *Chip) Unwrap(cmd apdu.Command) (apdu.Command, error) {
	if c.aborted {
		return cmd, apdu.ErrSecurityStatus
	}
	if c.Level() == 0 {
		return cmd, nil
	}
	plain, ok := c.ses.unwrapCommand(cmd)
	if !ok {
		c.abort()
		return cmd, apdu.ErrSecurityStatus
	}
	return plain, nil
}

func (s *session) unwrapCommand(cmd apdu.Command) (apdu.Command, bool) {
	if !isSecure(cmd.CLA) || len(cmd.Data) < macLen {
		return cmd, false
	}
	data, got := cmd.Data[:len(cmd.Data)-macLen], cmd.Data[len(cmd.Data)-macLen:]
	s.count(len(data) > 0)
	want, err := s.commandMAC(cmd, data)
	if err != nil || !equal(want, got) {
		return cmd, false
	}
	if s.level.has(levelCDec) && len(data) > 0 {
		if data, err = s.decrypt(data, false); err != nil {
			return cmd, false
		}
	}
	cmd.CLA, cmd.Data = plainClass(cmd.CLA), data
	return cmd, true
}

// Wrap protects a response as the session's level wants (Amd D, 6.2.5,
// 6.2.7); error statuses go without protection and without data.
func (c *Chip) Wrap(r apdu.Response) apdu.Response {
	if !c.Level().has(levelRMAC) {
		return r
	}
	if !protectedStatus(r.SW) {
		return apdu.Response{SW: r.SW}
	}
	data := r.Data
	if c.ses.level.has(levelREnc) && len(data) > 0 {
		data = c.ses.encrypt(data, true)
	}
	m, err := c.ses.responseMAC(data, r.SW)
	if err != nil {
		return apdu.Response{SW: apdu.ErrUnknown}
	}
	return apdu.Response{Data: append(append(make([]byte, 0, len(data)+macLen), data...), m...), SW: r.SW}
}

// DecryptDEK decrypts sensitive data of a command, such as an encrypted DGI,
// under Key-DEK of the session's key set (Amd D, 6.2.8). Padding stays. The
// error is an apdu.Status.
func (c *Chip) DecryptDEK(data []byte) ([]byte, error) {
	if c.Level() == 0 {
		return nil, apdu.ErrSecurityStatus
	}
	out, err := decryptUnderDEK(c.dek, data)
	if err != nil {
		return nil, apdu.ErrWrongData
	}
	return out, nil
}
