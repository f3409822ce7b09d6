package gp

import (
	"context"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// DGIs of secret keys in a security domain (GPCS, 11.11.2; Amd A, 4.10.2).
const (
	DGIKeyTemplate uint16 = 0x00B9 // control reference templates of keys
	DGISecretKey   uint16 = 0x8113 // one a key, in the order of the templates
)

// KeyTemplate is what the keys loaded by one STORE DATA have in common.
type KeyTemplate struct {
	Type   byte   // KeyTypeAES
	Len    int    // bytes
	KVN    byte   // key version number
	Access byte   // key access: 00 security domain and applications, 01, 02 one of them
	Usage  uint16 // key usage qualifier, two bytes
}

// TemplateKey is one key of a DGI 00B9.
type TemplateKey struct {
	KeyTemplate
	KID byte
	KCV []byte
}

// KeyDGIs makes the data groupings that load AES keys by STORE DATA: 00B9 with
// the common attributes in B7 and one B9{82 KID, 84 KCV} a key, then one 8113
// a key, its value under Key-DEK. KIDs and URIs go together; the URIs name the
// keys for [StaticKeys.WrapUnderDEK].
func KeyDGIs(ctx context.Context, keys StaticKeys, t KeyTemplate, kids []byte, uris []string) ([]DGI, error) {
	if len(kids) == 0 || len(kids) != len(uris) || t.Type != KeyTypeAES || t.Len != 16 && t.Len != 24 && t.Len != 32 {
		return nil, fmt.Errorf("%w: %d key identifiers for %d keys of type %02X, %d bytes", ErrEncoding, len(kids), len(uris), t.Type, t.Len)
	}
	value := encodeTLV(0xB7,
		encodeTLV(0x80, []byte{t.Type}), encodeTLV(0x81, []byte{byte(t.Len)}), encodeTLV(0x83, []byte{t.KVN}),
		encodeTLV(0x96, []byte{t.Access}), encodeTLV(0x97, []byte{byte(t.Usage >> 8), byte(t.Usage)}))
	var secret []DGI
	for i, uri := range uris {
		wrapped, kcv, err := keys.WrapUnderDEK(ctx, uri)
		if err != nil {
			return nil, fmt.Errorf("gp: wrap new key: %w", err)
		}
		if len(wrapped) != (t.Len+15)/16*16 || len(kcv) != mac.KCVLen {
			return nil, fmt.Errorf("%w: key of %d bytes wrapped in %d", ErrEncoding, t.Len, len(wrapped))
		}
		value = append(value, encodeTLV(0xB9, encodeTLV(0x82, []byte{kids[i]}), encodeTLV(0x84, kcv))...)
		secret = append(secret, DGI{ID: DGISecretKey, Value: wrapped, Encrypted: true})
	}
	return append([]DGI{{ID: DGIKeyTemplate, Value: value}}, secret...), nil
}

// ParseKeyTemplate reads the value of a DGI 00B9 on a chip: attributes common
// to all keys in B7 if present, those of each key in its B9.
func ParseKeyTemplate(value []byte) ([]TemplateKey, error) {
	nodes, err := tlv.ParseAll(value)
	if err != nil {
		return nil, fmt.Errorf("%w: key template: %w", ErrAnswer, err)
	}
	var common TemplateKey
	var list []TemplateKey
	for _, n := range nodes {
		k := common
		switch n.Tag {
		case 0xB7, 0xB9:
		default:
			return nil, fmt.Errorf("%w: tag %s in a key template", ErrAnswer, n.Tag)
		}
		if err := k.read(n); err != nil {
			return nil, err
		}
		if n.Tag == 0xB7 {
			common = k
			continue
		}
		if k.KID == 0 || k.Type == 0 || k.Len == 0 {
			return nil, fmt.Errorf("%w: key template without identifier, type or length", ErrAnswer)
		}
		list = append(list, k)
	}
	return list, nil
}

func (k *TemplateKey) read(n tlv.Node) error {
	fields, err := n.Children()
	if err != nil {
		return fmt.Errorf("%w: key template: %w", ErrAnswer, err)
	}
	for _, f := range fields {
		want := 1
		switch f.Tag {
		case 0x97:
			want = 2
		case 0x84:
			want = mac.KCVLen
		}
		if len(f.Value) != want {
			return fmt.Errorf("%w: field %s of a key template has %d bytes", ErrAnswer, f.Tag, len(f.Value))
		}
		switch v := f.Value[0]; f.Tag {
		case 0x80:
			k.Type = v
		case 0x81:
			k.Len = int(v)
		case 0x82:
			k.KID = v
		case 0x83:
			k.KVN = v
		case 0x84:
			k.KCV = f.Value
		case 0x96:
			k.Access = v
		case 0x95: // usage of one byte, older layout
			k.Usage = uint16(v)
		case 0x97:
			k.Usage = uint16(v)<<8 | uint16(f.Value[1])
		}
	}
	return nil
}
