//go:build cgo

package pkcs11

import (
	"context"
	"fmt"
	"maps"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

// secretKind is how a use looks in the token.
type secretKind struct {
	keyType, mechanism uint
	attributes         map[uint]bool
}

// secretKinds holds one kind per use. A card master key may derive and nothing else: encrypting or signing with it would be one more way to
// what it derives.
var secretKinds = map[hsm.SecretUse]secretKind{
	hsm.UseCardMaster: {p11.CKK_AES, p11.CKM_AES_KEY_GEN, secretAttributes(p11.CKA_DERIVE)},
	hsm.UseDigest:     {p11.CKK_GENERIC_SECRET, p11.CKM_GENERIC_SECRET_KEY_GEN, secretAttributes(p11.CKA_SIGN)},
	hsm.UseSeal:       {p11.CKK_AES, p11.CKM_AES_KEY_GEN, secretAttributes(p11.CKA_ENCRYPT, p11.CKA_DECRYPT)},
	// Two keys or three: kindOf chooses.
	hsm.UseCardMasterTDES: {p11.CKK_DES2, p11.CKM_DES2_KEY_GEN, secretAttributes(p11.CKA_DERIVE)},
	hsm.UseTransport:      {p11.CKK_AES, p11.CKM_AES_KEY_GEN, secretAttributes(p11.CKA_UNWRAP)},
}

// kindOf is how a key of the spec looks in the token.
func kindOf(spec hsm.SecretSpec) secretKind {
	kind := secretKinds[spec.Use]
	if spec.Use == hsm.UseCardMasterTDES && spec.Bits == 192 {
		kind.keyType, kind.mechanism = p11.CKK_DES3, p11.CKM_DES3_KEY_GEN
	}
	return kind
}

// isTDES says that a key type is 3DES: its length is its type, and no attribute.
func isTDES(keyType uint) bool { return keyType == p11.CKK_DES2 || keyType == p11.CKK_DES3 }

// secretAttributes is what a secret key of the token is, with the permissions of its use.
func secretAttributes(permissions ...uint) map[uint]bool {
	a := map[uint]bool{
		p11.CKA_TOKEN: true, p11.CKA_PRIVATE: true, p11.CKA_SENSITIVE: true, p11.CKA_EXTRACTABLE: false, p11.CKA_MODIFIABLE: false,
		p11.CKA_SIGN: false, p11.CKA_VERIFY: false, p11.CKA_ENCRYPT: false, p11.CKA_DECRYPT: false, p11.CKA_WRAP: false, p11.CKA_UNWRAP: false, p11.CKA_DERIVE: false,
	}
	for _, p := range permissions {
		a[p] = true
	}
	return a
}

// GenerateSecret makes a secret key in the token.
func (k *keyring) GenerateSecret(ctx context.Context, spec hsm.SecretSpec) (hsm.KeyRef, error) {
	return k.secret(ctx, "generate secret key", spec, func(s *session, kind secretKind, template []*p11.Attribute) (p11.ObjectHandle, error) {
		if !isTDES(kind.keyType) {
			template = append(template, p11.NewAttribute(p11.CKA_VALUE_LEN, spec.Bits/8))
		}
		o, err := s.api.GenerateKey(s.h, []*p11.Mechanism{p11.NewMechanism(kind.mechanism, nil)}, template)
		if err != nil {
			return 0, &mechanismError{kind.mechanism, err}
		}
		return o, s.attributesAre(o, "generate secret key", map[uint]bool{p11.CKA_ALWAYS_SENSITIVE: true, p11.CKA_NEVER_EXTRACTABLE: true})
	})
}

// ImportSecret puts a secret key into the token.
func (k *keyring) ImportSecret(ctx context.Context, spec hsm.SecretSpec, value mac.Key) (hsm.KeyRef, error) {
	const doing = "import secret key"
	if value.Len()*8 != spec.Bits {
		return "", &hsm.Fault{Doing: doing, Kind: hsm.ErrKeySpec, Detail: fmt.Sprintf("the value has %d bits, %d were announced", value.Len()*8, spec.Bits)}
	}
	return k.secret(ctx, doing, spec, func(s *session, _ secretKind, template []*p11.Attribute) (p11.ObjectHandle, error) {
		return s.api.CreateObject(s.h, append(template, p11.NewAttribute(p11.CKA_VALUE, value.Bytes())))
	})
}

// secret makes sure that the name is free, has the object made, and reads its attributes back.
func (k *keyring) secret(ctx context.Context, doing string, spec hsm.SecretSpec, make func(*session, secretKind, []*p11.Attribute) (p11.ObjectHandle, error)) (hsm.KeyRef, error) {
	if err := spec.Check(); err != nil {
		return "", err
	}
	id, err := chooseID(spec.ID)
	if err != nil {
		return "", fault(doing, err)
	}
	kind := kindOf(spec)
	k.t.making.Lock()
	defer k.t.making.Unlock()
	if err := k.with(ctx, doing, true, func(s *session) error {
		return s.free(doing, p11.CKO_SECRET_KEY, spec.Label, id)
	}); err != nil {
		return "", err
	}
	err = k.with(ctx, doing, false, func(s *session) error {
		template := append(named(spec.Label, id), p11.NewAttribute(p11.CKA_CLASS, p11.CKO_SECRET_KEY), p11.NewAttribute(p11.CKA_KEY_TYPE, kind.keyType))
		o, err := make(s, kind, append(template, toSet(kind.attributes)...))
		if err == nil {
			err = s.attributesAre(o, doing, maps.Clone(kind.attributes))
		}
		if err != nil && o != 0 {
			_ = s.api.DestroyObject(s.h, o)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return k.ref(spec.Label, id, "secret-key"), nil
}

// Digest is C_Sign with CKM_SHA256_HMAC.
func (k *keyring) Digest(ctx context.Context, ref hsm.KeyRef, data []byte) ([]byte, error) {
	const doing = "make keyed digest"
	u, err := k.parse(doing, ref, "secret-key")
	if err != nil {
		return nil, err
	}
	var out []byte
	err = k.with(ctx, doing, true, func(s *session) error {
		// Found anew each time: a secret key has nothing public to recognize it by later.
		o, err := s.one(doing, p11.CKO_SECRET_KEY, u)
		if err != nil {
			return err
		}
		if err := s.isFor(doing, o, hsm.UseDigest); err != nil {
			return err
		}
		out, err = s.sign(p11.NewMechanism(p11.CKM_SHA256_HMAC, nil), o, data)
		return err
	})
	if err == nil && len(out) != 32 {
		err = &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Detail: "its HMAC-SHA-256 has not 32 bytes"}
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// isFor refuses a secret key that was made for something else.
func (s *session) isFor(doing string, o p11.ObjectHandle, use hsm.SecretUse) error {
	kind := secretKinds[use]
	typ, _, err := s.number(o, p11.CKA_KEY_TYPE)
	if err != nil {
		return err
	}
	permission := map[hsm.SecretUse]uint{hsm.UseCardMaster: p11.CKA_DERIVE, hsm.UseDigest: p11.CKA_SIGN, hsm.UseSeal: p11.CKA_DECRYPT, hsm.UseTransport: p11.CKA_UNWRAP, hsm.UseCardMasterTDES: p11.CKA_DERIVE}[use]
	may, err := s.flag(o, permission)
	if err != nil {
		return err
	}
	if typ != kind.keyType && !(use == hsm.UseCardMasterTDES && isTDES(typ)) && !(use == hsm.UseDigest && typ == p11.CKK_SHA256_HMAC) || !may {
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Detail: "it was not made for this"}
	}
	return nil
}
