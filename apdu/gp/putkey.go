package gp

import (
	"bytes"
	"context"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// KeyTypeAES is the coding of AES keys (GPCS, table 11-16).
const KeyTypeAES = 0x88

// KeyField is one AES key of PUT KEY, wrapped under Key-DEK.
type KeyField struct {
	Len     int    // of the key itself: 16, 24 or 32 bytes
	Wrapped []byte // 16 or 32 bytes
	KCV     []byte // 3 bytes
}

// Encode writes 88 || len || inner length || ciphertext || 03 || KCV (Amd D,
// table 7-10).
func (f KeyField) Encode() ([]byte, error) {
	want := 32
	switch f.Len {
	case 16:
		want = 16
	case 24, 32:
	default:
		return nil, fmt.Errorf("%w: AES key of %d bytes", ErrEncoding, f.Len)
	}
	if len(f.Wrapped) != want || len(f.KCV) != mac.KCVLen {
		return nil, fmt.Errorf("%w: AES key of %d bytes wrapped in %d, check value of %d", ErrEncoding, f.Len, len(f.Wrapped), len(f.KCV))
	}
	b := []byte{KeyTypeAES, byte(1 + len(f.Wrapped)), byte(f.Len)}
	b = append(b, f.Wrapped...)
	b = append(b, byte(len(f.KCV)))
	return append(b, f.KCV...), nil
}

// PutKeyParams says what PUT KEY does (GPCS, 11.8).
type PutKeyParams struct {
	// Replace is the version of the set to replace; 00 adds a new set.
	Replace byte
	// KVN is the version of the new keys, 01 to 7F.
	KVN byte
	// KID is the identifier of the first key, 01 for a whole set; the others
	// follow it.
	KID byte
	// KeyURIs name the new keys for [StaticKeys.WrapUnderDEK]: for a set ENC,
	// MAC, DEK in this order.
	KeyURIs []string
	// KeyLen is their length in bytes: 16, 24 or 32.
	KeyLen int
}

// PutKey replaces or adds keys in one command, which a card does wholly or not
// at all (GPCS, 11.8.1; Amd D, 7.2), and compares the check values that the
// card answers with those of the keys sent: ErrKeyCheck if they differ. The
// keys' values are known to StaticKeys alone.
func PutKey(ctx context.Context, s apdu.Sender, keys StaticKeys, p PutKeyParams) error {
	if p.KVN == 0 || p.KVN > 0x7F || p.Replace > 0x7F || p.KID == 0 || len(p.KeyURIs) == 0 || int(p.KID)+len(p.KeyURIs) > 0x80 {
		return fmt.Errorf("%w: key version %02X, identifier %02X, %d keys", ErrEncoding, p.KVN, p.KID, len(p.KeyURIs))
	}
	data, want := []byte{p.KVN}, []byte{p.KVN}
	for _, uri := range p.KeyURIs {
		wrapped, kcv, err := keys.WrapUnderDEK(ctx, uri)
		if err != nil {
			return fmt.Errorf("gp: wrap new key: %w", err)
		}
		f, err := KeyField{Len: p.KeyLen, Wrapped: wrapped, KCV: kcv}.Encode()
		if err != nil {
			return err
		}
		data, want = append(data, f...), append(want, kcv...)
	}
	cmd := apdu.Command{CLA: 0x80, INS: 0xD8, P1: p.Replace, P2: p.KID, Data: data, Ne: apdu.MaxShortNe}
	if len(p.KeyURIs) > 1 {
		cmd.P2 |= 0x80
	}
	got, err := apdu.Do(ctx, s, cmd)
	if err != nil {
		return fmt.Errorf("gp: %w", err)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%w: card confirmed %X, keys have %X", ErrKeyCheck, got, want)
	}
	return nil
}
