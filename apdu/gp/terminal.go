package gp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/chipid-toolkit/chipid/apdu"
)

// Options of opening a channel.
type Options struct {
	// Level is the security level; zero means LevelCMACCDecRMACREnc if the
	// card can, else LevelCMACCDec.
	Level Level
	// KVN is the key version number to use, 00 the card's default.
	KVN byte
	// Quirks of this card type.
	Quirks Quirks
	// Rand gives the host challenge; nil means crypto/rand.Reader.
	Rand io.Reader
}

// Handshake is a channel half opened: the card has answered INITIALIZE UPDATE
// and said who it is, nothing is proven. What it says is there to find the
// card's keys.
type Handshake struct {
	// KDD is the key diversification data, 10 bytes.
	KDD []byte
	// KVN is the version of the key set that the card uses.
	KVN byte
	// I is SCP03's "i" parameter.
	I byte
	// Counter is the card's sequence counter, -1 where it has none.
	Counter int

	s          apdu.Sender
	o          Options
	host, card []byte
	cryptogram []byte
}

// Begin sends INITIALIZE UPDATE (GPCS, E.5.1; Amd D, 7.1.1).
func Begin(ctx context.Context, s apdu.Sender, o Options) (*Handshake, error) {
	if o.Level != 0 && !o.Level.valid() {
		return nil, fmt.Errorf("%w: %02X", ErrLevel, byte(o.Level))
	}
	rnd := o.Rand
	if rnd == nil {
		rnd = rand.Reader
	}
	host := make([]byte, challengeLen)
	if _, err := io.ReadFull(rnd, host); err != nil {
		return nil, fmt.Errorf("gp: host challenge: %w", err)
	}
	b, err := apdu.Do(ctx, s, apdu.Command{CLA: 0x80, INS: 0x50, P1: o.KVN, Data: host, Ne: apdu.MaxShortNe})
	if err != nil {
		return nil, fmt.Errorf("gp: open channel: %w", err)
	}
	h, err := parseInitializeUpdate(b)
	if err != nil {
		return nil, err
	}
	if o.KVN != 0 && h.KVN != o.KVN {
		return nil, fmt.Errorf("%w: asked for key version %02X, card uses %02X", ErrProtocol, o.KVN, h.KVN)
	}
	if o.Level == 0 {
		o.Level = LevelCMACCDec
		if supports(h.I, LevelCMACCDecRMACREnc) {
			o.Level = LevelCMACCDecRMACREnc
		}
	}
	if !supports(h.I, o.Level) {
		return nil, fmt.Errorf("%w: %v with i = %02X", ErrLevel, o.Level, h.I)
	}
	h.s, h.o, h.host = s, o, host
	return h, nil
}

// parseInitializeUpdate reads KDD(10) || KVN || 03 || i || challenge(8) ||
// cryptogram(8) [|| counter(3)] (Amd D, table 7-2).
func parseInitializeUpdate(b []byte) (*Handshake, error) {
	const short = kddLen + 3 + challengeLen + cryptogramLen
	if len(b) < kddLen+3 {
		return nil, fmt.Errorf("%w: INITIALIZE UPDATE gave %d bytes", ErrAnswer, len(b))
	}
	h := &Handshake{KDD: b[:kddLen:kddLen], KVN: b[kddLen], Counter: -1}
	if scp := b[kddLen+1]; scp != 0x03 {
		return nil, fmt.Errorf("%w: card speaks SCP%02X, SCP03 is wanted", ErrProtocol, scp)
	}
	h.I = b[kddLen+2]
	if !validI(h.I) {
		return nil, fmt.Errorf("%w: SCP03 with i = %02X", ErrProtocol, h.I)
	}
	want := short
	if h.I&iPseudoRandom != 0 {
		want += counterLen
	}
	if len(b) != want {
		return nil, fmt.Errorf("%w: INITIALIZE UPDATE gave %d bytes, %d expected", ErrAnswer, len(b), want)
	}
	rest := b[kddLen+3:]
	h.card, rest = rest[:challengeLen:challengeLen], rest[challengeLen:]
	h.cryptogram, rest = rest[:cryptogramLen:cryptogramLen], rest[cryptogramLen:]
	if len(rest) == counterLen {
		h.Counter = int(rest[0])<<16 | int(rest[1])<<8 | int(rest[2])
	}
	return h, nil
}

// Authenticate checks the card's cryptogram under the keys and, only if it is
// right, sends EXTERNAL AUTHENTICATE (Amd D, 5.2, 7.1.2). A wrong cryptogram
// is ErrCryptogram, and the card has then seen no attempt that it would count.
func (h *Handshake) Authenticate(ctx context.Context, keys StaticKeys) (*Channel, error) {
	scp := append(append(make([]byte, 0, 2*challengeLen), h.host...), h.card...)
	senc, smac, srmac, err := keys.SessionKeys(ctx, scp)
	if err != nil {
		return nil, fmt.Errorf("gp: session keys: %w", err)
	}
	ses, err := newSession(senc, smac, srmac, scp, h.o.Quirks)
	if err != nil {
		return nil, err
	}
	want, err := ses.cryptogram(constCardCryptogram)
	if err != nil {
		return nil, err
	}
	if !equal(want, h.cryptogram) {
		ses.wipe()
		return nil, ErrCryptogram
	}
	host, err := ses.cryptogram(constHostCryptogram)
	if err != nil {
		return nil, err
	}
	cmd := apdu.Command{CLA: 0x80, INS: 0x82, P1: byte(h.o.Level), Data: host}
	m, err := ses.commandMAC(cmd, cmd.Data)
	if err != nil {
		return nil, err
	}
	cmd.CLA, cmd.Data = sentClass(cmd.CLA), append(cmd.Data, m...)
	if _, err := apdu.Do(ctx, h.s, cmd); err != nil {
		ses.wipe()
		return nil, fmt.Errorf("gp: open channel: %w", err)
	}
	ses.level = h.o.Level
	return &Channel{inner: h.s, ses: ses, maxLc: apdu.MaxShortData}, nil
}

// Open is [Begin] and [Handshake.Authenticate] for a card whose keys are
// known beforehand.
func Open(ctx context.Context, s apdu.Sender, keys StaticKeys, o Options) (*Channel, error) {
	h, err := Begin(ctx, s, o)
	if err != nil {
		return nil, err
	}
	return h.Authenticate(ctx, keys)
}

// Channel is an open secure channel: an apdu.Sender around another. It ends at
// the first failure of the transport or of an answer's protection.
type Channel struct {
	inner apdu.Sender

	mu  sync.Mutex
	ses *session // nil once closed
	// maxLc is the longest data field that goes over the wire, MAC included.
	maxLc int
}

// Level returns the security level.
func (c *Channel) Level() Level {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ses == nil {
		return 0
	}
	return c.ses.level
}

// MaxData returns how many bytes of data a command may have so that it is
// still as long as the channel sends them once protected: 247, or 239 when commands
// are encrypted, unless [Channel.Extend] was told more.
func (c *Channel) MaxData() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ses != nil && c.ses.level.has(levelCDec) {
		return (c.maxLc-macLen)/16*16 - 1
	}
	return c.maxLc - macLen
}

// Extend lets commands be as long as card and reader both take, in bytes of the whole
// C-APDU. The C-MAC of one with an extended length covers Lc as it is sent, three
// bytes. What is no more than a short APDU changes nothing.
func (c *Channel) Extend(maxCommand int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Header and Lc of extended length; an Le of two bytes may follow.
	c.maxLc = min(max(maxCommand-4-3-2, apdu.MaxShortData), apdu.MaxExtendedData)
}

// Close forgets the session keys. The card ends its session when another
// application is selected or at reset.
func (c *Channel) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.close()
}

func (c *Channel) close() {
	if c.ses != nil {
		c.ses.wipe()
		c.ses = nil
	}
}

// Send protects a command, sends it, and checks and unwraps the answer
// (Amd D, 6.2.4 to 6.2.7). An answer with an error status has no protection
// and no data (6.2.5); any other that lacks what the level promises is
// ErrUnprotected, or ErrMAC, and ends the channel. A command of more than
// [Channel.MaxData] bytes is ErrTooLong, and the channel lives on.
func (c *Channel) Send(ctx context.Context, cmd apdu.Command) (apdu.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ses == nil {
		return apdu.Response{}, ErrClosed
	}
	wrapped, err := c.ses.wrapCommand(cmd, c.maxLc)
	if err != nil {
		if !errors.Is(err, ErrTooLong) {
			c.close()
		}
		return apdu.Response{}, err
	}
	r, err := c.inner.Send(ctx, wrapped)
	if err != nil {
		c.close() // nobody knows which chaining value the card has now
		return apdu.Response{}, err
	}
	r, err = c.ses.unwrapResponse(r)
	if err != nil {
		c.close()
		return apdu.Response{}, err
	}
	return r, nil
}

func (s *session) wrapCommand(cmd apdu.Command, maxLc int) (apdu.Command, error) {
	data := cmd.Data
	n := len(data)
	if s.level.has(levelCDec) && n > 0 {
		n += 16 - n%16
	}
	if n+macLen > maxLc || cmd.Ne > apdu.MaxShortNe {
		return cmd, fmt.Errorf("%w: %d bytes in a secure command, expecting %d", ErrTooLong, len(data), cmd.Ne)
	}
	s.count(len(data) > 0)
	if s.level.has(levelCDec) && len(data) > 0 {
		data = s.encrypt(data, false)
	}
	m, err := s.commandMAC(cmd, data)
	if err != nil {
		return cmd, err
	}
	cmd.CLA = sentClass(cmd.CLA)
	cmd.Data = append(append(make([]byte, 0, len(data)+macLen), data...), m...)
	return cmd, nil
}

func (s *session) unwrapResponse(r apdu.Response) (apdu.Response, error) {
	if !s.level.has(levelRMAC) {
		return r, nil
	}
	if !protectedStatus(r.SW) {
		if len(r.Data) != 0 {
			return r, fmt.Errorf("%w: %d bytes beside status %04X", ErrUnprotected, len(r.Data), uint16(r.SW))
		}
		return r, nil
	}
	if len(r.Data) < macLen {
		return r, fmt.Errorf("%w: status %04X", ErrUnprotected, uint16(r.SW))
	}
	data, got := r.Data[:len(r.Data)-macLen], r.Data[len(r.Data)-macLen:]
	want, err := s.responseMAC(data, r.SW)
	if err != nil {
		return r, err
	}
	if !equal(want, got) {
		return r, ErrMAC
	}
	if s.level.has(levelREnc) && len(data) > 0 {
		if data, err = s.decrypt(data, true); err != nil {
			return r, err
		}
	}
	r.Data = data
	return r, nil
}
