package aa

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
)

// ChipConfig is what a chip can do.
type ChipConfig struct {
	// Key is an *rsa.PrivateKey or an *ecc.PrivateKey.
	Key crypto.PrivateKey
	// Hash signs. With ECDSA, DG14 must name the same.
	Hash crypto.Hash
	// Complement makes RSA signatures of ISO/IEC 9796-2, B.4, which the standard
	// advises against and terminals take.
	Complement bool
}

// Chip is the chip's side: fed with plain commands, it answers INTERNAL
// AUTHENTICATE.
type Chip struct {
	cfg    ChipConfig
	random io.Reader
}

// NewChip makes a chip. A key or hash that is not for Active Authentication is
// an error.
func NewChip(cfg ChipConfig) (*Chip, error) {
	switch k := cfg.Key.(type) {
	case *rsa.PrivateKey:
		if k == nil {
			return nil, fmt.Errorf("%w: none", ErrKey)
		}
		if err := checkRSA(&k.PublicKey); err != nil {
			return nil, err
		}
		if _, err := represent(rand.Reader, modulusLen(&k.PublicKey), cfg.Hash, make([]byte, challengeLen)); err != nil {
			return nil, err
		}
	case *ecc.PrivateKey:
		if k == nil {
			return nil, fmt.Errorf("%w: none", ErrKey)
		}
		note, err := checkECDSA(k.Curve(), cfg.Hash)
		if err != nil {
			return nil, err
		}
		if note != "" {
			return nil, fmt.Errorf("%w: %s", ErrHash, note)
		}
	default:
		return nil, fmt.Errorf("%w: %T", ErrKey, cfg.Key)
	}
	return &Chip{cfg: cfg, random: rand.Reader}, nil
}

// Wants reports whether cmd belongs to Active Authentication.
func (c *Chip) Wants(cmd apdu.Command) bool { return cmd.INS == insInternalAuthenticate }

// Handle answers one plain command.
func (c *Chip) Handle(cmd apdu.Command) apdu.Response {
	switch {
	case !c.Wants(cmd):
		return apdu.Response{SW: apdu.ErrINS}
	case cmd.P1 != 0 || cmd.P2 != 0:
		return apdu.Response{SW: apdu.ErrWrongP1P2}
	case len(cmd.Data) != challengeLen || cmd.Ne == 0:
		return apdu.Response{SW: apdu.ErrWrongLength}
	}
	sig, err := c.sign(cmd.Data)
	switch {
	case err != nil:
		return apdu.Response{SW: apdu.ErrExecution}
	case len(sig) > cmd.Ne:
		return apdu.Response{SW: apdu.ErrWrongLength}
	}
	return apdu.Response{Data: sig, SW: apdu.OK}
}

func (c *Chip) sign(challenge []byte) ([]byte, error) {
	switch k := c.cfg.Key.(type) {
	case *rsa.PrivateKey:
		return signRSA(c.random, k, c.cfg.Hash, challenge, c.cfg.Complement)
	case *ecc.PrivateKey:
		return k.SignRaw(c.random, hashOf(c.cfg.Hash, challenge))
	}
	return nil, ErrKey
}
