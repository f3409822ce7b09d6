package cvc

import (
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// maxReference is the longest reference in bytes (TR-03110-3 v2.21, D.2).
const maxReference = 16

// Reference names a public key: of the holder (CHR) or of the authority that
// signed (CAR). It is the bytes in ISO/IEC 8859-1, country code (2), mnemonic
// (at most 9), sequence number (5) (TR-03110-3 v2.21, A.7.1).
type Reference string

// ParseReference reads a reference of 1 to 16 assigned characters (D.2.1.4).
// Whether it has the parts that the standard wants is for [Reference.Check].
func ParseReference(b []byte) (Reference, error) {
	if len(b) == 0 || len(b) > maxReference {
		return "", fmt.Errorf("%w: %d bytes", ErrReference, len(b))
	}
	for _, c := range b {
		if c < 0x20 || c >= 0x7F && c < 0xA0 {
			return "", fmt.Errorf("%w: unassigned character %02X", ErrReference, c)
		}
	}
	return Reference(b), nil
}

// Check reports what A.7.1 would not allow: lengths, a country that is not two
// capital letters, a sequence number that is not digits and capital letters.
func (r Reference) Check() error {
	if _, err := ParseReference([]byte(r)); err != nil {
		return err
	}
	if len(r) < 7 {
		return fmt.Errorf("%w: %d bytes, at least 7", ErrReference, len(r))
	}
	for _, c := range []byte(r.Country()) {
		if c < 'A' || c > 'Z' {
			return fmt.Errorf("%w: country code", ErrReference)
		}
	}
	for _, c := range []byte(r.Sequence()) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return fmt.Errorf("%w: sequence number", ErrReference)
		}
	}
	return nil
}

// Country is the country code, or what there is of it.
func (r Reference) Country() string { return string(r[:min(2, len(r))]) }

// Mnemonic is the holder's name, empty where the reference is too short.
func (r Reference) Mnemonic() string {
	if len(r) < 7 {
		return ""
	}
	return string(r[2 : len(r)-5])
}

// Sequence is the sequence number, empty where the reference is too short.
func (r Reference) Sequence() string {
	if len(r) < 7 {
		return ""
	}
	return string(r[len(r)-5:])
}

// String is the reference in UTF-8.
func (r Reference) String() string {
	runes := make([]rune, len(r))
	for i := range len(r) {
		runes[i] = rune(r[i])
	}
	return string(runes)
}

// efCVCALen is the size of EF.CVCA in bytes (TR-03110-3 v2.21, A.7.2.4).
const efCVCALen = 36

// ParseEFCVCA reads EF.CVCA: the references that the chip can verify with, the
// most recent first. notes say where the file leaves the standard
// (TR-03110-3 v2.21, A.7.2.4).
func ParseEFCVCA(b []byte) (refs []Reference, notes []string, err error) {
	if len(b) != efCVCALen {
		notes = append(notes, fmt.Sprintf("EF.CVCA of %d bytes, fixed are %d (TR-03110-3 v2.21, A.7.2.4)", len(b), efCVCALen))
	}
	for len(b) > 0 && b[0] != 0 {
		n, rest, err := tlv.Parse(b)
		if err != nil || n.Tag != tagCAR {
			return nil, notes, fmt.Errorf("%w: EF.CVCA", ErrFormat)
		}
		ref, err := ParseReference(n.Value)
		if err != nil {
			return nil, notes, err
		}
		if len(refs) == 2 {
			return nil, notes, fmt.Errorf("%w: EF.CVCA with more than two references", ErrFormat)
		}
		refs, b = append(refs, ref), rest
	}
	for _, c := range b {
		if c != 0 {
			return nil, notes, fmt.Errorf("%w: EF.CVCA with bytes in its padding", ErrFormat)
		}
	}
	if len(refs) == 0 {
		return nil, notes, fmt.Errorf("%w: EF.CVCA without a reference", ErrFormat)
	}
	return refs, notes, nil
}

// EncodeEFCVCA is the content of EF.CVCA, 36 bytes, for one or two references,
// the most recent first.
func EncodeEFCVCA(refs ...Reference) ([]byte, error) {
	if len(refs) == 0 || len(refs) > 2 {
		return nil, fmt.Errorf("%w: EF.CVCA with %d references", ErrReference, len(refs))
	}
	b := make([]byte, 0, efCVCALen)
	for _, r := range refs {
		if err := r.Check(); err != nil {
			return nil, err
		}
		b = append(b, tlv.Encode(tagCAR, []byte(r))...)
	}
	return b[:efCVCALen], nil
}
