package soft

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

// headerFile says how the keys are sealed.
const headerFile = "keyring.json"

type header struct {
	Format     string `json:"format"`
	Iterations int    `json:"iterations,omitempty"` // of PBKDF2-HMAC-SHA-256; 0: the keys are not sealed
	Salt       []byte `json:"salt,omitempty"`
	Check      []byte `json:"check,omitempty"` // a sealed constant, which tells a wrong PIN
}

const (
	format        = "chipid.soft/1"
	iterations    = 600_000
	maxIterations = 10_000_000
)

// sealer is AES-256-GCM under the key of the PIN. What a value belongs to is bound to it.
type sealer struct{ gcm cipher.AEAD }

func newSealer(pin mac.Key, salt []byte, n int) (*sealer, error) {
	key, err := pbkdf2.Key(sha256.New, string(pin.Bytes()), salt, n, 32)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCMWithRandomNonce(b)
	if err != nil {
		return nil, err
	}
	return &sealer{gcm}, nil
}

// close and open work on a nil sealer too: then the value stays as it is.
func (s *sealer) close(bound string, value []byte) []byte {
	if s == nil {
		return value
	}
	return s.gcm.Seal(nil, nil, value, []byte(bound))
}

func (s *sealer) open(bound string, sealed []byte) ([]byte, error) {
	if s == nil {
		return sealed, nil
	}
	return s.gcm.Open(nil, nil, sealed, []byte(bound))
}

// unlock reads the header, or writes one for a new keyring.
func (k *keyring) unlock(ctx context.Context, source hsm.PINSource) error {
	const doing = "unlock file keyring"
	fault := func(kind error, detail string, cause error) error {
		return &hsm.Fault{Doing: doing, Kind: kind, Detail: detail, Cause: cause}
	}
	raw, err := k.store.read(headerFile)
	isNew := errors.Is(err, os.ErrNotExist)
	if err != nil && !isNew {
		return fault(hsm.ErrTokenMissing, "", err)
	}
	var h header
	if isNew {
		h.Format = format
		if source != nil {
			h.Iterations, h.Salt = iterations, make([]byte, 16)
			if _, err := rand.Read(h.Salt); err != nil {
				return fault(hsm.ErrToken, "", err)
			}
		}
	} else if err := json.Unmarshal(raw, &h); err != nil || h.Format != format || h.Iterations < 0 || h.Iterations > maxIterations {
		return fault(hsm.ErrTokenMissing, "keyring.json is damaged or of another kind", nil)
	}
	switch {
	case h.Iterations == 0 && source != nil:
		return fault(hsm.ErrPINWrong, "this keyring has no PIN", nil)
	case h.Iterations != 0 && source == nil:
		return fault(hsm.ErrPINSource, "none is given, and this keyring has a PIN", nil)
	case h.Iterations != 0:
		pin, err := source.PIN(ctx)
		if err != nil {
			return err
		}
		defer pin.Wipe()
		if k.seal, err = newSealer(pin, h.Salt, h.Iterations); err != nil {
			return fault(hsm.ErrToken, "", err)
		}
	}
	if isNew {
		if k.seal != nil {
			h.Check = k.seal.close(headerFile, []byte(format))
		}
		raw, err := json.MarshalIndent(h, "", "  ")
		if err == nil {
			err = k.store.write(headerFile, raw)
		}
		if err != nil {
			return fault(hsm.ErrToken, "", err)
		}
		return nil
	}
	if k.seal != nil {
		if _, err := k.seal.open(headerFile, h.Check); err != nil {
			if r, ok := source.(interface{ Refused() }); ok {
				r.Refused()
			}
			// Files count no tries.
			return fault(hsm.ErrPINWrong, "", &hsm.PINStatus{Unknown: true})
		}
	}
	return nil
}
