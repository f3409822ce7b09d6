package issue

import (
	"context"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
	"github.com/chipid-toolkit/chipid/hsm"
)

// Authority is who issues: a keyring, and which of its keys do what. Keys never
// leave it.
type Authority struct {
	Keyring hsm.Keyring
	// Documents are the Document Signers, of which one is chosen for each card; what
	// they sign is verified up to the CSCA before it is written. This is what cards of
	// people are issued with.
	Documents *signer.Pool
	// Signer and Certificate are the one Document Signer of an authority without
	// Documents, whose objects are verified with its own key alone.
	Signer      hsm.KeyRef
	Certificate *pki.Certificate
	// Transport is the master key from which the chip maker derived the keys
	// of the blanks, Master the one from which issued cards get theirs.
	Transport, Master hsm.KeyRef
	// CVCA are the trust points for terminal authentication that cards of
	// profiles with a trust point get: one or two self-signed certificates, the
	// present and the previous one.
	CVCA []*cvc.Certificate
	// KVN is the key version of issued cards; 0 is DefaultKVN.
	KVN byte
}

// DefaultKVN is the version of the card keys that replace a blank's.
const DefaultKVN = 0x01

// cardKeys is applet.Keys over a keyring: the keys of one card.
type cardKeys struct {
	a    *Authority
	keys hsm.CardKeys
	old  byte // version of the blank's keys
}

func (c *cardKeys) Static(ctx context.Context, kdd []byte, kvn byte) (gp.StaticKeys, error) {
	if err := c.Close(); err != nil {
		return nil, err
	}
	keys, err := c.a.Keyring.CardKeys(ctx, c.a.Transport, kdd)
	if err != nil {
		return nil, err
	}
	c.keys, c.old = keys, kvn
	return keys, nil
}

func (c *cardKeys) Replacement(ctx context.Context) (applet.Replacement, error) {
	if c.keys == nil {
		return applet.Replacement{}, fmt.Errorf("issue: no card keys yet")
	}
	set, err := c.keys.NewKeys(ctx, c.a.Master)
	if err != nil {
		return applet.Replacement{}, err
	}
	kvn := c.a.KVN
	if kvn == 0 {
		kvn = DefaultKVN
	}
	n, err := c.length(ctx)
	if err != nil {
		return applet.Replacement{}, err
	}
	return applet.Replacement{ENC: string(set.ENC), MAC: string(set.MAC), DEK: string(set.DEK), Len: n, KVN: kvn}, nil
}

// length is that of the card keys, in bytes: the master key's (GlobalPlatform
// KDF3 cuts to the size of the key it derives from).
func (c *cardKeys) length(ctx context.Context) (int, error) {
	list, err := c.a.Keyring.List(ctx)
	if err != nil {
		return 0, err
	}
	k, err := findMaster(list, c.a.Master)
	if err != nil {
		return 0, fmt.Errorf("issue: master key of the cards: %w", err)
	}
	return k.Bits / 8, nil
}

func (c *cardKeys) Close() error {
	if c.keys == nil {
		return nil
	}
	keys := c.keys
	c.keys = nil
	return keys.Close()
}
