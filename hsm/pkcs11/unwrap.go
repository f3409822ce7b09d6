//go:build cgo

package pkcs11

import (
	"bytes"
	"context"
	"crypto"
	"slices"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/hsm"
)

// ImportWrapped is C_UnwrapKey, twice: first into a session object that shows its check value and is destroyed, then into the key that stays
// and may do its one duty alone.
func (k *keyring) ImportWrapped(ctx context.Context, spec hsm.SecretSpec, w hsm.WrappedKey) (hsm.KeyRef, error) {
	const doing = "import wrapped key"
	if err := w.Check(spec); err != nil {
		return "", err
	}
	class, typ := uint(p11.CKO_SECRET_KEY), hsm.KindSecret
	if w.Method == hsm.WrapRSAOAEP {
		class, typ = p11.CKO_PRIVATE_KEY, hsm.KindPrivate
	}
	u, err := k.parse(doing, w.Under, string(typ))
	if err != nil {
		return "", err
	}
	return k.secret(ctx, doing, spec, func(s *session, kind secretKind, template []*p11.Attribute) (p11.ObjectHandle, error) {
		under, err := s.transport(doing, class, u)
		if err != nil {
			return 0, err
		}
		open := func(template []*p11.Attribute) (p11.ObjectHandle, error) { return s.unwrap(doing, w, under, template) }
		trial, err := open(trialTemplate(kind, p11.CKA_ENCRYPT, p11.CKA_SIGN))
		if err != nil {
			return 0, err
		}
		var got []byte
		err = s.hasLength(doing, trial, w, spec.Bits, open, kind)
		if err == nil {
			got, err = s.keyCheck(trial, kind, w.KCVMethod)
		}
		if destroyed := s.api.DestroyObject(s.h, trial); err == nil {
			err = destroyed
		}
		if err == nil {
			err = w.CheckKCV(got)
		}
		if err != nil {
			return 0, err
		}
		o, err := open(template)
		if err != nil {
			return 0, err
		}
		return o, s.noteLength(o, spec)
	})
}

// transport finds a transport key.
func (s *session) transport(doing string, class uint, u hsm.URI) (p11.ObjectHandle, error) {
	o, err := s.one(doing, class, u)
	if err != nil {
		return 0, err
	}
	may, err := s.flag(o, p11.CKA_UNWRAP)
	if err != nil {
		return 0, err
	}
	typ, _, err := s.number(o, p11.CKA_KEY_TYPE)
	if err != nil {
		return 0, err
	}
	if !may || typ != p11.CKK_AES && typ != p11.CKK_RSA {
		return 0, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Detail: "it is no transport key"}
	}
	return o, nil
}

// trialTemplate is a session object that can do nothing but what it is tried for.
func trialTemplate(kind secretKind, permissions ...uint) []*p11.Attribute {
	a := secretAttributes(permissions...)
	a[p11.CKA_TOKEN] = false
	delete(a, p11.CKA_MODIFIABLE)
	return append(toSet(a), p11.NewAttribute(p11.CKA_CLASS, p11.CKO_SECRET_KEY), p11.NewAttribute(p11.CKA_KEY_TYPE, kind.keyType))
}

// unwrap is C_UnwrapKey with the mechanism of the method, if the token says that it unwraps with it.
func (s *session) unwrap(doing string, w hsm.WrappedKey, under p11.ObjectHandle, template []*p11.Attribute) (p11.ObjectHandle, error) {
	var m *p11.Mechanism
	variant := ""
	switch w.Method {
	case hsm.WrapAESKW:
		m = p11.NewMechanism(p11.CKM_AES_KEY_WRAP, nil)
	case hsm.WrapAESKWP:
		m = p11.NewMechanism(p11.CKM_AES_KEY_WRAP_PAD, nil)
	case hsm.WrapAESCBC:
		m = p11.NewMechanism(p11.CKM_AES_CBC, w.IV)
	case hsm.WrapAESCBCPad:
		m = p11.NewMechanism(p11.CKM_AES_CBC_PAD, w.IV)
	case hsm.WrapRSAOAEP:
		hash, mgf := uint(p11.CKM_SHA_1), uint(p11.CKG_MGF1_SHA1)
		if w.Hash == crypto.SHA256 {
			hash, mgf = p11.CKM_SHA256, p11.CKG_MGF1_SHA256
		}
		variant = " with " + w.Hash.String()
		m = p11.NewMechanism(p11.CKM_RSA_PKCS_OAEP, p11.NewOAEPParams(hash, mgf, p11.CKZ_DATA_SPECIFIED, nil))
	}
	lacks := func(cause error) error {
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrMechanism, Detail: mechanismName(m.Mechanism) + variant + " for C_UnwrapKey", Cause: cause}
	}
	info, err := s.api.GetMechanismInfo(s.t.slot, []*p11.Mechanism{m})
	if e, ok := code(err); ok && e == p11.CKR_MECHANISM_INVALID || err == nil && info.Flags&p11.CKF_UNWRAP == 0 {
		return 0, lacks(err)
	}
	if err != nil {
		return 0, err
	}
	o, err := s.api.UnwrapKey(s.h, []*p11.Mechanism{m}, under, w.Bytes, template)
	e, isCode := code(err)
	switch {
	case err == nil:
		return o, nil
	case !isCode:
		return 0, err
	case variant != "" && (e == p11.CKR_ARGUMENTS_BAD || e == p11.CKR_MECHANISM_PARAM_INVALID):
		// SoftHSM 2.6.1 knows OAEP with SHA-1 alone, and lists the mechanism as if it were any.
		return 0, lacks(err)
	case slices.Contains([]p11.Error{p11.CKR_WRAPPED_KEY_INVALID, p11.CKR_WRAPPED_KEY_LEN_RANGE, p11.CKR_ENCRYPTED_DATA_INVALID, p11.CKR_ENCRYPTED_DATA_LEN_RANGE}, e),
		(e == p11.CKR_GENERAL_ERROR || e == p11.CKR_FUNCTION_FAILED) && s.t.alive():
		return 0, hsm.WrongTransport(err)
	}
	return 0, &mechanismError{m.Mechanism, err}
}

// keyCheck has the token make a key's check value; it may be longer than 3 bytes.
func (s *session) keyCheck(o p11.ObjectHandle, kind secretKind, how hsm.KCVMethod) ([]byte, error) {
	if isTDES(kind.keyType) {
		return s.encrypt(p11.NewMechanism(p11.CKM_DES3_ECB, nil), o, make([]byte, 8))
	}
	switch how {
	case hsm.KCVCMAC:
		return s.sign(p11.NewMechanism(p11.CKM_AES_CMAC, nil), o, make([]byte, 16))
	case hsm.KCVZeros:
		return s.encrypt(p11.NewMechanism(p11.CKM_AES_ECB, nil), o, make([]byte, 16))
	}
	return s.encrypt(p11.NewMechanism(p11.CKM_AES_ECB, nil), o, bytes.Repeat([]byte{1}, 16))
}
