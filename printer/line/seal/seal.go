package seal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/hsm"
)

// Keys wraps data keys; hsm.Keyring does.
type Keys interface {
	Wrap(ctx context.Context, ref hsm.KeyRef, dataKey mac.Key, bound []byte) ([]byte, error)
	Unwrap(ctx context.Context, ref hsm.KeyRef, wrapped, bound []byte) (mac.Key, error)
}

// ErrSeal: the bytes were not sealed under this batch's key for this request, or were
// changed since.
var ErrSeal = errors.New("seal: the record is not the one that was sealed here")

// ErrErased: the personal data of the batch was erased after its retention.
var ErrErased = errors.New("seal: the personal data of this batch has been erased")

// Bounds of what is sealed, in bytes.
const (
	maxRecord   = 64 << 10
	maxPortrait = 4 << 20
)

// version is the first byte of everything that is sealed.
const version = 1

// bound is what wrapped data keys are bound to: one made for something else does not
// open.
func bound(batch string) []byte { return []byte("chipid batch data key/1\x00" + batch) }

// Batch seals and opens the records of one batch. It may be used from many goroutines
// at once. No verb of fmt prints its key.
type Batch struct {
	gcm cipher.AEAD
	key mac.Key
}

// NewBatch makes the data key of a batch of this name, and the wrapped form of it that
// is kept beside the batch.
func NewBatch(ctx context.Context, keys Keys, ref hsm.KeyRef, name string) (*Batch, []byte, error) {
	raw := make([]byte, 32)
	defer clear(raw)
	if _, err := rand.Read(raw); err != nil {
		return nil, nil, fmt.Errorf("seal: %w", err)
	}
	key := mac.NewKey(raw)
	wrapped, err := keys.Wrap(ctx, ref, key, bound(name))
	if err != nil {
		return nil, nil, err
	}
	b, err := newBatch(key)
	return b, wrapped, err
}

// OpenBatch opens a batch by its wrapped key; none is ErrErased.
func OpenBatch(ctx context.Context, keys Keys, ref hsm.KeyRef, name string, wrapped []byte) (*Batch, error) {
	if len(wrapped) == 0 {
		return nil, ErrErased
	}
	key, err := keys.Unwrap(ctx, ref, wrapped, bound(name))
	if err != nil {
		return nil, err
	}
	return newBatch(key)
}

func newBatch(key mac.Key) (*Batch, error) {
	block, err := aes.NewCipher(key.Bytes())
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	// Random nonces of 12 bytes: a batch has a million records at most, far from the
	// 2^32 of NIST SP 800-38D, 8.3.
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return &Batch{gcm: gcm, key: key}, nil
}

// Close forgets the data key. The batch must not be used afterwards.
func (b *Batch) Close() { b.key.Wipe() }

// Binding is the row that a sealed record belongs to.
type Binding struct {
	Line   int    // of the file it came in
	Number []byte // keyed digest of the document number
}

func (k Binding) bytes() []byte {
	return append(binary.BigEndian.AppendUint64([]byte{version}, uint64(k.Line)), k.Number...) //nolint:gosec // lines are not negative
}

// Seal seals a record with its portrait for its row.
func (b *Batch) Seal(row Binding, r citizen.Record, portrait []byte) ([]byte, error) {
	record, err := json.Marshal(r)
	if err != nil {
		return nil, errors.New("seal: the record cannot be encoded")
	}
	defer clear(record)
	if len(record) > maxRecord || len(portrait) > maxPortrait {
		return nil, fmt.Errorf("seal: a record has %d bytes at most, a portrait %d", maxRecord, maxPortrait)
	}
	plain := make([]byte, 4, 4+len(record)+len(portrait))
	binary.BigEndian.PutUint32(plain, uint32(len(record))) //nolint:gosec // bounded above
	plain = append(append(plain, record...), portrait...)
	defer clear(plain)
	return b.gcm.Seal([]byte{version}, nil, plain, row.bytes()), nil
}

// Open opens what Seal made for the same row.
func (b *Batch) Open(row Binding, sealed []byte) (citizen.Record, []byte, error) {
	if len(sealed) == 0 {
		return citizen.Record{}, nil, ErrErased
	}
	if sealed[0] != version || len(sealed) > maxRecord+maxPortrait+64 {
		return citizen.Record{}, nil, ErrSeal
	}
	plain, err := b.gcm.Open(nil, nil, sealed[1:], row.bytes())
	if err != nil || len(plain) < 4 {
		return citizen.Record{}, nil, ErrSeal
	}
	n := binary.BigEndian.Uint32(plain)
	if uint64(n) > uint64(len(plain)-4) {
		return citizen.Record{}, nil, ErrSeal
	}
	record := plain[4 : 4+n]
	defer clear(record)
	var r citizen.Record
	if err := json.Unmarshal(record, &r); err != nil {
		return citizen.Record{}, nil, ErrSeal
	}
	r.Line = row.Line
	return r, plain[4+n:], nil
}
