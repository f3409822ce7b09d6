package mac

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
	"slices"
)

const redacted = "[secret]"

// Key is a secret: a session key, a card key, a shared secret. No verb of fmt,
// no slog handler, no JSON or text encoder prints its bytes; only Bytes gives
// them. Copies of a Key share the bytes: Wipe clears them for all. The zero
// Key is empty.
type Key struct {
	// Behind two pointers, because fmt asks no methods of unexported fields of
	// other structs: it would print bytes there, and after a verb that does
	// not fit also what one pointer points to. Two it prints as an address.
	s **secret
}

type secret struct{ b []byte }

// NewKey copies b into a Key. The caller still owns b and should clear it.
func NewKey(b []byte) Key {
	s := &secret{slices.Clone(b)}
	return Key{&s}
}

// Bytes returns the key's bytes, not a copy: do not change, keep or print them.
func (k Key) Bytes() []byte {
	if k.s == nil {
		return nil
	}
	return (*k.s).b
}

// Len returns the length in bytes.
func (k Key) Len() int { return len(k.Bytes()) }

// Equal compares in a time that depends on the lengths alone.
func (k Key) Equal(o Key) bool { return subtle.ConstantTimeCompare(k.Bytes(), o.Bytes()) == 1 }

// Wipe overwrites the bytes with zeros and empties the key and all its copies.
func (k Key) Wipe() {
	if k.s == nil {
		return
	}
	clear((*k.s).b)
	(*k.s).b = nil
}

// Format prints "[secret]" for every verb and flag.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String returns "[secret]".
func (k Key) String() string { return redacted }

// GoString returns "[secret]".
func (k Key) GoString() string { return redacted }

// LogValue returns "[secret]".
func (k Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[secret]".
func (k Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns the string "[secret]".
func (k Key) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
