//go:build cgo

package pkcs11

import (
	"context"
	"crypto"
	"encoding/asn1"
	"fmt"
	"maps"
	"slices"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/hsm"
)

// Generate makes a key pair in the token and reads back that it is what it should be.
func (k *keyring) Generate(ctx context.Context, spec hsm.KeySpec) (hsm.KeyRef, crypto.PublicKey, error) {
	const doing = "generate key pair"
	curve, err := spec.Check()
	if err != nil {
		return "", nil, err
	}
	id, err := chooseID(spec.ID)
	if err != nil {
		return "", nil, fault(doing, err)
	}
	k.t.making.Lock()
	defer k.t.making.Unlock()
	if err := k.with(ctx, doing, true, func(s *session) error {
		return s.free(doing, p11.CKO_PRIVATE_KEY, spec.Label, id)
	}); err != nil {
		return "", nil, err
	}
	var pub crypto.PublicKey
	err = k.with(ctx, doing, false, func(s *session) error {
		public, private, err := s.generatePair(spec, curve, id)
		if err != nil {
			return err
		}
		err = s.attributesAre(private, doing, pairAttributes(spec))
		if err == nil {
			if pub, err = s.public(public); err == nil && pub == nil {
				err = &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Detail: "it does not tell the public key it made"}
			}
		}
		if err != nil {
			// Half a key, or one that could leave, is worse than none.
			_ = s.api.DestroyObject(s.h, private)
			_ = s.api.DestroyObject(s.h, public)
		}
		return err
	})
	if err != nil {
		return "", nil, err
	}
	return k.ref(spec.Label, id, "private"), pub, nil
}

// signingAttributes is what a signing key is and may, and what it may not.
var signingAttributes = map[uint]bool{
	p11.CKA_TOKEN: true, p11.CKA_PRIVATE: true, p11.CKA_SENSITIVE: true, p11.CKA_EXTRACTABLE: false, p11.CKA_SIGN: true,
	p11.CKA_DECRYPT: false, p11.CKA_UNWRAP: false, p11.CKA_SIGN_RECOVER: false, p11.CKA_DERIVE: false, p11.CKA_MODIFIABLE: false,
	// These two follow from the others when the key was made in the token; they are read back, never set.
	p11.CKA_ALWAYS_SENSITIVE: true, p11.CKA_NEVER_EXTRACTABLE: true,
}

// pairAttributes are those of a private key for what the spec says.
func pairAttributes(spec hsm.KeySpec) map[uint]bool {
	want := maps.Clone(signingAttributes)
	switch {
	case spec.Agreement:
		want[p11.CKA_SIGN], want[p11.CKA_DERIVE] = false, true
	case spec.Transport:
		want[p11.CKA_SIGN], want[p11.CKA_UNWRAP] = false, true
	}
	return want
}

func (s *session) generatePair(spec hsm.KeySpec, curve *ecc.Curve, id []byte) (public, private p11.ObjectHandle, err error) {
	priv := append(named(spec.Label, id), toSet(pairAttributes(spec))...)
	pub := append(named(spec.Label, id),
		p11.NewAttribute(p11.CKA_TOKEN, true), p11.NewAttribute(p11.CKA_PRIVATE, false), p11.NewAttribute(p11.CKA_VERIFY, !spec.Agreement && !spec.Transport),
		p11.NewAttribute(p11.CKA_ENCRYPT, false), p11.NewAttribute(p11.CKA_WRAP, false), p11.NewAttribute(p11.CKA_VERIFY_RECOVER, false))
	generate := func(mechanism uint, more ...*p11.Attribute) error {
		public, private, err = s.api.GenerateKeyPair(s.h, []*p11.Mechanism{p11.NewMechanism(mechanism, nil)}, append(pub, more...), priv)
		if err != nil {
			return &mechanismError{mechanism, err}
		}
		return nil
	}
	if curve == nil {
		err = generate(p11.CKM_RSA_PKCS_KEY_PAIR_GEN, p11.NewAttribute(p11.CKA_MODULUS_BITS, spec.RSABits), p11.NewAttribute(p11.CKA_PUBLIC_EXPONENT, []byte{1, 0, 1}))
		return public, private, err
	}
	oid, err := asn1.Marshal(curve.OID())
	if err != nil {
		return 0, 0, err
	}
	err = generate(p11.CKM_EC_KEY_PAIR_GEN, p11.NewAttribute(p11.CKA_EC_PARAMS, oid))
	if refusedTemplate(err) {
		// A module that does not know the curve's name may take its numbers.
		if generate(p11.CKM_EC_KEY_PAIR_GEN, p11.NewAttribute(p11.CKA_EC_PARAMS, curve.MarshalParameters())) == nil {
			return public, private, nil
		}
		err = &hsm.Fault{Doing: "generate key pair", Kind: hsm.ErrMechanism, Detail: fmt.Sprintf("CKM_EC_KEY_PAIR_GEN with %s", curve.Name()), Cause: err}
	}
	return public, private, err
}

// named are the attributes that name an object.
func named(label string, id []byte) []*p11.Attribute {
	return []*p11.Attribute{p11.NewAttribute(p11.CKA_LABEL, label), p11.NewAttribute(p11.CKA_ID, id)}
}

// toSet lists the attributes that a template may set, in the order of their numbers: SoftHSM's C_UnwrapKey takes nothing after
// CKA_MODIFIABLE = false, which has the highest.
func toSet(want map[uint]bool) []*p11.Attribute {
	var out []*p11.Attribute
	for _, typ := range slices.Sorted(maps.Keys(want)) {
		if typ != p11.CKA_ALWAYS_SENSITIVE && typ != p11.CKA_NEVER_EXTRACTABLE {
			out = append(out, p11.NewAttribute(typ, want[typ]))
		}
	}
	return out
}

// attributeNames are for the error that names the one that differs.
var attributeNames = map[uint]string{
	p11.CKA_TOKEN: "CKA_TOKEN", p11.CKA_PRIVATE: "CKA_PRIVATE", p11.CKA_SENSITIVE: "CKA_SENSITIVE", p11.CKA_EXTRACTABLE: "CKA_EXTRACTABLE",
	p11.CKA_SIGN: "CKA_SIGN", p11.CKA_VERIFY: "CKA_VERIFY", p11.CKA_ENCRYPT: "CKA_ENCRYPT", p11.CKA_DECRYPT: "CKA_DECRYPT", p11.CKA_WRAP: "CKA_WRAP",
	p11.CKA_UNWRAP: "CKA_UNWRAP", p11.CKA_SIGN_RECOVER: "CKA_SIGN_RECOVER", p11.CKA_DERIVE: "CKA_DERIVE", p11.CKA_MODIFIABLE: "CKA_MODIFIABLE",
	p11.CKA_ALWAYS_SENSITIVE: "CKA_ALWAYS_SENSITIVE", p11.CKA_NEVER_EXTRACTABLE: "CKA_NEVER_EXTRACTABLE",
}

// attributesAre reads an object back. A token that drops an attribute it was given makes keys that can do more than they should.
func (s *session) attributesAre(o p11.ObjectHandle, doing string, want map[uint]bool) error {
	for typ, v := range want {
		got, err := s.flag(o, typ)
		if err != nil {
			return err
		}
		if got != v {
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrKeySpec, Detail: fmt.Sprintf("the token made a key with %s = %t; it was destroyed", attributeNames[typ], got)}
		}
	}
	return nil
}
