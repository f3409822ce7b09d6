package issue

import (
	"context"

	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/hsm"
)

// DerivedKeys are the card keys that one master key of a keyring gives, one chip
// at a time. Close lets go of the last ones.
type DerivedKeys struct {
	ring   hsm.Keyring
	master hsm.KeyRef
	keys   hsm.CardKeys
}

// BlankKeys are the keys that blanks come with.
func (a *Authority) BlankKeys() *DerivedKeys {
	return &DerivedKeys{ring: a.Keyring, master: a.Transport}
}

// IssuedKeys are the keys that issued cards have.
func (a *Authority) IssuedKeys() *DerivedKeys { return &DerivedKeys{ring: a.Keyring, master: a.Master} }

// Of derives the keys of the chip with this key diversification data; it is an
// applet.KeySource.
func (d *DerivedKeys) Of(ctx context.Context, kdd []byte) (gp.StaticKeys, error) {
	if err := d.Close(); err != nil {
		return nil, err
	}
	keys, err := d.ring.CardKeys(ctx, d.master, kdd)
	if err != nil {
		return nil, err
	}
	d.keys = keys
	return keys, nil
}

// Close destroys the derived keys.
func (d *DerivedKeys) Close() error {
	if d.keys == nil {
		return nil
	}
	keys := d.keys
	d.keys = nil
	return keys.Close()
}
