package hsm

import (
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
)

// Bounds of what names a key. Tokens differ; these fit all that were tried.
const (
	maxLabel = 128
	maxID    = 64
)

// Check says whether the key can be asked for. It returns the curve, or nil for RSA.
func (s KeySpec) Check() (*ecc.Curve, error) {
	fault := func(format string, a ...any) (*ecc.Curve, error) {
		return nil, &Fault{Doing: "generate key pair", Kind: ErrKeySpec, Detail: fmt.Sprintf(format, a...)}
	}
	if problem := checkName(s.Label, s.ID); problem != "" {
		return fault("%s", problem)
	}
	switch {
	case s.Agreement && s.Curve == "":
		return fault("a key for key agreement is on a curve")
	case s.Transport && s.RSABits == 0:
		return fault("a transport key pair is RSA")
	case s.Curve != "" && s.RSABits != 0:
		return fault("a curve and an RSA size are both given")
	case s.Curve != "":
		c, err := ecc.ByName(s.Curve)
		if err != nil {
			return fault("no curve is called %q", printable(s.Curve))
		}
		if c.BitSize() < 224 {
			// Doc 9303-12 (8th ed.), 4.1.6 leaves the length to the issuer; no catalogue of today lets one begin with less than 224 bits.
			return fault("curve %s is too small: 224 bits at least", c.Name())
		}
		return c, nil
	case s.RSABits < 2048 || s.RSABits > 4096 || s.RSABits%256 != 0:
		return fault("RSA has 2048 to 4096 bits, a multiple of 256; got %d", s.RSABits)
	}
	return nil, nil
}

// Check says whether the key can be asked for.
func (s SecretSpec) Check() error {
	fault := func(format string, a ...any) error {
		return &Fault{Doing: "make secret key", Kind: ErrKeySpec, Detail: fmt.Sprintf(format, a...)}
	}
	if problem := checkName(s.Label, s.ID); problem != "" {
		return fault("%s", problem)
	}
	switch s.Use {
	case UseCardMaster:
		// AES-192 card keys are no whole number of blocks: no token can wrap one under a DEK without padding it first.
		if s.Bits != 128 && s.Bits != 256 {
			return fault("a card master key has 128 or 256 bits; got %d", s.Bits)
		}
	case UseCardMasterTDES:
		if s.Bits != 128 && s.Bits != 192 {
			return fault("a 3DES card master key has 128 or 192 bits; got %d", s.Bits)
		}
	case UseTransport:
		if s.Bits != 128 && s.Bits != 256 {
			return fault("a transport key has 128 or 256 bits; got %d", s.Bits)
		}
	case UseDigest, UseSeal:
		if s.Bits != 256 {
			return fault("a key for digests or sealing has 256 bits; got %d", s.Bits)
		}
	default:
		return fault("no use is given")
	}
	return nil
}

func checkName(label string, id []byte) string {
	switch {
	case label == "":
		return "a label is needed"
	case len(label) > maxLabel:
		return fmt.Sprintf("the label is longer than %d bytes", maxLabel)
	case len(id) > maxID:
		return fmt.Sprintf("the id is longer than %d bytes", maxID)
	}
	for _, r := range label {
		if r < 0x20 || r == 0x7F || r == 0xFFFD {
			return "the label holds a control character or is not UTF-8"
		}
	}
	return ""
}
