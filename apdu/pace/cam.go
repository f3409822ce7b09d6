package pace

import (
	"bytes"
	"crypto"
	"crypto/cipher"
	"fmt"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// CAM is what chip authentication mapping leaves to be judged: the chip's claim
// to own a static key. It is worth something only with a static key that
// passive authentication of EF.CardSecurity has covered (Doc 9303-11 (8th ed.),
// 4.4.3.5.2, note).
type CAM struct {
	data    mac.Key // CA_IC
	mapping *domain.PublicKey
}

// String never shows the data.
func (c *CAM) String() string { return "[secret]" }

// Verify checks the claim against the chip's static public key, the one of the
// ChipAuthenticationPublicKeyInfo whose key identifier is the PACE parameter
// identifier: an *ecc.PublicKey, *ecdsa.PublicKey or *domain.PublicKey. A wrong
// claim is ErrCAM.
func (c *CAM) Verify(static crypto.PublicKey) error {
	pub, err := domain.FromPublic(static)
	if err != nil {
		return fmt.Errorf("%w: static key: %w", ErrCAM, err)
	}
	k, err := c.mapping.Parameters().Generator().NewKey(c.data.Bytes())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCAM, err)
	}
	defer k.Wipe()
	got, err := k.Agree(pub)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCAM, err)
	}
	if !got.Element().Equal(c.mapping) {
		return fmt.Errorf("%w: the chip does not hold this static key", ErrCAM)
	}
	return nil
}

// camIV is E(KSenc, -1) (Doc 9303-11 (8th ed.), 4.4.3.5.4).
func camIV(b cipher.Block) []byte {
	iv := bytes.Repeat([]byte{0xFF}, b.BlockSize())
	b.Encrypt(iv, iv)
	return iv
}

// sealCAM computes and encrypts the Chip Authentication Data (4.4.3.5.1).
func sealCAM(c mac.Cipher, k keys, static *ecc.PrivateKey, mapping *domain.Key) ([]byte, error) {
	curve := static.Curve()
	if curve != mapping.Parameters().Curve() {
		return nil, fmt.Errorf("%w: static key on %v, mapping on %v", ErrCAM, curve, mapping.Parameters())
	}
	scalar := static.Bytes()
	defer clear(scalar)
	n := curve.N()
	ca := new(big.Int).ModInverse(new(big.Int).SetBytes(scalar), n)
	if ca == nil {
		return nil, ErrCAM
	}
	ca.Mul(ca, new(big.Int).SetBytes(mapping.Scalar().Bytes())).Mod(ca, n)
	// As many bytes as the order, leading zeros kept (4.4.5.6).
	plain := ca.FillBytes(make([]byte, curve.ScalarLen()))
	defer clear(plain)
	b, err := c.NewBlock(k.enc.Bytes())
	if err != nil {
		return nil, fmt.Errorf("pace: %w", err)
	}
	out := mac.Pad80(plain, b.BlockSize())
	cipher.NewCBCEncrypter(b, camIV(b)).CryptBlocks(out, out)
	return out, nil
}

// openCAM decrypts the Chip Authentication Data.
func openCAM(c mac.Cipher, k keys, sealed []byte, mapping *domain.PublicKey) (*CAM, error) {
	b, err := c.NewBlock(k.enc.Bytes())
	if err != nil {
		return nil, fmt.Errorf("pace: %w", err)
	}
	if len(sealed) == 0 || len(sealed)%b.BlockSize() != 0 {
		return nil, fmt.Errorf("%w: %d bytes of encrypted data", ErrCAM, len(sealed))
	}
	out := make([]byte, len(sealed))
	defer clear(out)
	cipher.NewCBCDecrypter(b, camIV(b)).CryptBlocks(out, sealed)
	plain, err := mac.Unpad80(out)
	if err != nil {
		return nil, fmt.Errorf("%w: padding", ErrCAM)
	}
	if want := mapping.Parameters().Curve().ScalarLen(); len(plain) != want {
		return nil, fmt.Errorf("%w: %d bytes of data, want %d", ErrCAM, len(plain), want)
	}
	return &CAM{data: mac.NewKey(plain), mapping: mapping}, nil
}
