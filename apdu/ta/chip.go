package ta

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// ChipConfig is what a chip needs.
type ChipConfig struct {
	// Store holds trust points and current date; verified certificates change
	// it.
	Store *cvc.Store
	// Changed is told after such a change, before the answer goes out: time to
	// make it outlive a power cut. After an error the change has not happened,
	// and the certificate is refused with 6581. Nil: nobody asks.
	Changed func(*cvc.Store) error
}

// Binding is what a run is bound to: the session of Chip Authentication.
type Binding struct {
	// ChipID is the chip's identifier, as in [Params].
	ChipID []byte
	// Ephemeral is the terminal's compressed ephemeral public key.
	Ephemeral []byte
}

// Chip is the chip's side, fed with commands that the session has opened.
type Chip struct {
	cfg    ChipConfig
	random io.Reader

	binding   *Binding // nil before Chip Authentication
	issuer    *cvc.Key // by MSE: Set DST
	imported  *cvc.Key // the key of the last certificate, not a trust point
	terminal  *cvc.Key // by MSE: Set AT
	challenge []byte
	partial   apdu.Command // the pieces so far of a command that comes in several
	rights    cvc.CHAT
	done      bool
	refusal   error
}

// NewChip makes a chip.
func NewChip(cfg ChipConfig) (*Chip, error) {
	if cfg.Store == nil {
		return nil, fmt.Errorf("%w: no trust points", ErrChain)
	}
	return &Chip{cfg: cfg, random: rand.Reader}, nil
}

// Reset forgets the session with its keys and rights: after power-on, after the
// end of secure messaging, before another access protocol.
func (c *Chip) Reset() { *c = Chip{cfg: c.cfg, random: c.random} }

// Bind starts a session of Chip Authentication; what was before is forgotten.
// ErrBinding.
func (c *Chip) Bind(b Binding) error {
	c.Reset()
	if len(b.ChipID) == 0 || len(b.Ephemeral) == 0 {
		return ErrBinding
	}
	c.binding = &Binding{bytes.Clone(b.ChipID), bytes.Clone(b.Ephemeral)}
	return nil
}

// Rights is the effective authorization of the authenticated terminal, the zero
// CHAT before.
func (c *Chip) Rights() cvc.CHAT { return c.rights }

// MayRead reports whether the terminal may read a data group of the eMRTD
// application as far as this protocol is concerned: DG3 and DG4 with their
// rights (TR-03110-4 v2.21, Table 2), the others always.
func (c *Chip) MayRead(dataGroup int) bool {
	switch dataGroup {
	case 3:
		return c.rights.Has(cvc.ReadDG3)
	case 4:
		return c.rights.Has(cvc.ReadDG4)
	}
	return true
}

// Refusal is why the last command was not answered with 9000, nil if it was.
func (c *Chip) Refusal() error { return c.refusal }

// Done reports whether a terminal has authenticated itself in this session.
func (c *Chip) Done() bool { return c.done }

// Wants reports whether cmd belongs to Terminal Authentication. GET CHALLENGE
// and EXTERNAL AUTHENTICATE do after Chip Authentication, and belong to BAC
// before.
func (c *Chip) Wants(cmd apdu.Command) bool {
	if len(c.partial.Data) > 0 {
		return true // it continues the chain, or breaks it
	}
	switch cmd.INS {
	case insMSE:
		return cmd.P1 == mseSet && (cmd.P2 == mseDST || cmd.P2 == mseAT)
	case insPSO:
		return cmd.P1 == 0 && cmd.P2 == psoVerify
	case insGetChallenge, insExternal:
		return c.binding != nil
	}
	return false
}

// Errors that only the chip has a use for.
var (
	errSession   = errors.New("ta: not after chip authentication, or a second time in a session")
	errReference = errors.New("ta: no such key")
	errSelection = errors.New("ta: no key selected")
	errCommand   = errors.New("ta: malformed command")
)

// Handle answers one command.
func (c *Chip) Handle(cmd apdu.Command) apdu.Response {
	cmd, more, err := c.gather(cmd)
	if more || err != nil {
		if c.refusal = err; err != nil {
			return apdu.Response{SW: statusOf(err)}
		}
		return apdu.Response{SW: apdu.OK}
	}
	// A challenge is for the next command (ISO/IEC 7816-4:2020, 11.5.3).
	challenge := c.challenge
	c.challenge = nil
	var data []byte
	c.refusal = func() error {
		var err error
		switch {
		case !c.Wants(cmd):
			return apdu.ErrINS
		case c.binding == nil:
			return fmt.Errorf("%w: %w", errSession, apdu.ErrSecurityStatus)
		case cmd.INS == insMSE && cmd.P2 == mseDST:
			return c.setDST(cmd.Data)
		case cmd.INS == insMSE:
			return c.setAT(cmd.Data)
		case cmd.INS == insPSO:
			return c.verify(cmd.Data)
		case cmd.P1 != 0 || cmd.P2 != 0:
			return fmt.Errorf("%w: %w", errCommand, apdu.ErrWrongP1P2)
		case cmd.INS == insGetChallenge:
			data, err = c.getChallenge(cmd)
			return err
		default:
			return c.external(cmd.Data, challenge)
		}
	}()
	if c.refusal != nil {
		return apdu.Response{SW: statusOf(c.refusal)}
	}
	return apdu.Response{Data: data, SW: apdu.OK}
}

// statusOf is the status of a refusal (TR-03110-3 v2.21, B.14.4 to B.14.7, where
// they name one).
func statusOf(err error) apdu.Status {
	var sw apdu.Status
	switch {
	case errors.As(err, &sw):
		return sw
	case errors.Is(err, cvc.ErrSignature):
		return apdu.ErrAuthFailed
	case errors.Is(err, cvc.ErrIssuer):
		return apdu.ErrNotFound
	case errors.Is(err, cvc.ErrExpired), errors.Is(err, cvc.ErrIssuerExpired), errors.Is(err, cvc.ErrRole), errors.Is(err, cvc.ErrTerminalType), errors.Is(err, cvc.ErrKnown):
		return apdu.ErrConditions
	}
	return apdu.ErrWrongData
}

// reference reads the one object of MSE.
func reference(data []byte) (cvc.Reference, error) {
	nodes, err := tlv.ParseAll(data)
	if err != nil || len(nodes) != 1 || nodes[0].Tag != tagReference {
		return "", fmt.Errorf("%w: %w", errCommand, apdu.ErrWrongData)
	}
	ref, err := cvc.ParseReference(nodes[0].Value)
	if err != nil {
		return "", fmt.Errorf("%w: %w", err, apdu.ErrWrongData)
	}
	return ref, nil
}

// setDST selects the key to verify a certificate with: a trust point, or what
// the last certificate brought.
func (c *Chip) setDST(data []byte) error {
	c.issuer = nil
	ref, err := reference(data)
	if err != nil {
		return err
	}
	if k, ok := c.cfg.Store.Find(ref); ok {
		c.issuer = &k
		return nil
	}
	if c.imported != nil && c.imported.Reference == ref {
		c.issuer = c.imported
		return nil
	}
	return fmt.Errorf("%w: %w", errReference, apdu.ErrNotFound)
}

// verify is PSO: Verify Certificate.
func (c *Chip) verify(data []byte) error {
	issuer := c.issuer
	if issuer == nil {
		return fmt.Errorf("%w: %w", errSelection, apdu.ErrConditions)
	}
	cert, err := cvc.ParseParts(data)
	if err != nil {
		return err
	}
	before := *c.cfg.Store
	k, err := c.cfg.Store.Verify(*issuer, cert)
	if err != nil {
		return err
	}
	link := k.CHAT.Role() == cvc.RoleCVCA
	if c.cfg.Changed != nil && (link || c.cfg.Store.Date() != before.Date()) {
		if err := c.cfg.Changed(c.cfg.Store); err != nil {
			*c.cfg.Store = before
			return fmt.Errorf("ta: trust points: %w: %w", err, apdu.ErrMemory)
		}
	}
	c.issuer = nil
	if !link {
		// The one before is gone, and with it a selection (TR-03110-3 v2.21,
		// A.7.2.2).
		c.imported, c.terminal = &k, nil
	}
	return nil
}

// setAT selects the terminal's key.
func (c *Chip) setAT(data []byte) error {
	c.terminal = nil
	if c.done {
		return fmt.Errorf("%w: %w", errSession, apdu.ErrSecurityStatus)
	}
	ref, err := reference(data)
	if err != nil {
		return err
	}
	if c.imported == nil || c.imported.Reference != ref || c.imported.CHAT.Role() != cvc.RoleTerminal {
		return fmt.Errorf("%w: %w", errReference, apdu.ErrNotFound)
	}
	c.terminal = c.imported
	return nil
}

func (c *Chip) getChallenge(cmd apdu.Command) ([]byte, error) {
	if len(cmd.Data) != 0 || cmd.Ne != challengeLen && cmd.Ne != apdu.MaxShortNe {
		return nil, fmt.Errorf("%w: %w", errCommand, apdu.ErrWrongLength)
	}
	b := make([]byte, challengeLen)
	if _, err := io.ReadFull(c.random, b); err != nil {
		return nil, fmt.Errorf("ta: random numbers: %w", apdu.ErrExecution)
	}
	c.challenge = bytes.Clone(b)
	return b, nil
}

// external is EXTERNAL AUTHENTICATE. A challenge is good for one try.
func (c *Chip) external(signature, challenge []byte) error {
	switch {
	case c.done:
		return fmt.Errorf("%w: %w", errSession, apdu.ErrSecurityStatus)
	case c.terminal == nil:
		return fmt.Errorf("%w: %w", errSelection, apdu.ErrConditions)
	case challenge == nil:
		return fmt.Errorf("%w: %w", ErrChallenge, apdu.ErrConditions)
	}
	k := *c.terminal
	message := Challenge{k.Reference, k.Algorithm, c.binding.ChipID, challenge, c.binding.Ephemeral}
	if err := k.Algorithm.Verify(k.Public, message.Data(), signature); err != nil {
		return err
	}
	// One execution a session (TR-03110-1 v2.20, 3.5.2); the imported key has
	// had its use.
	c.rights, c.done = k.CHAT, true
	c.imported, c.terminal = nil, nil
	return nil
}
