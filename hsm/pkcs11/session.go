//go:build cgo

package pkcs11

import (
	"encoding/binary"

	p11 "github.com/miekg/pkcs11"
)

// find returns the objects that match.
func (s *session) find(template ...*p11.Attribute) ([]p11.ObjectHandle, error) {
	if err := s.api.FindObjectsInit(s.h, template); err != nil {
		return nil, err
	}
	var out []p11.ObjectHandle
	for {
		// A page at a time: modules differ in how many they give at once.
		page, _, err := s.api.FindObjects(s.h, 64)
		if err != nil {
			_ = s.api.FindObjectsFinal(s.h)
			return nil, err
		}
		if len(page) == 0 {
			return out, s.api.FindObjectsFinal(s.h)
		}
		out = append(out, page...)
	}
}

// attribute reads one attribute. ok is false when the object has none or the token does not tell it.
func (s *session) attribute(o p11.ObjectHandle, typ uint) (value []byte, ok bool, err error) {
	return attribute(s.api, s.h, o, typ)
}

func attribute(api cryptoki, h p11.SessionHandle, o p11.ObjectHandle, typ uint) (value []byte, ok bool, err error) {
	got, err := api.GetAttributeValue(h, o, []*p11.Attribute{p11.NewAttribute(typ, nil)})
	switch e, isCode := code(err); {
	case isCode && (e == p11.CKR_ATTRIBUTE_TYPE_INVALID || e == p11.CKR_ATTRIBUTE_SENSITIVE):
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case len(got) != 1:
		return nil, false, nil
	}
	return got[0].Value, true, nil
}

// number reads an attribute of type CK_ULONG.
func (s *session) number(o p11.ObjectHandle, typ uint) (n uint, ok bool, err error) {
	v, ok, err := s.attribute(o, typ)
	if err != nil || !ok {
		return 0, false, err
	}
	switch len(v) {
	case 8:
		return uint(binary.NativeEndian.Uint64(v)), true, nil
	case 4:
		return uint(binary.NativeEndian.Uint32(v)), true, nil
	}
	return 0, false, nil
}

// flag reads an attribute of type CK_BBOOL; one that is absent is false.
func (s *session) flag(o p11.ObjectHandle, typ uint) (bool, error) {
	v, ok, err := s.attribute(o, typ)
	return ok && len(v) == 1 && v[0] != 0, err
}

// sign is C_SignInit and C_Sign.
func (s *session) sign(m *p11.Mechanism, key p11.ObjectHandle, data []byte) ([]byte, error) {
	if err := s.api.SignInit(s.h, []*p11.Mechanism{m}, key); err != nil {
		return nil, &mechanismError{m.Mechanism, err}
	}
	out, err := s.api.Sign(s.h, data)
	if err != nil {
		return nil, &mechanismError{m.Mechanism, err}
	}
	return out, nil
}

// encrypt is C_EncryptInit and C_Encrypt.
func (s *session) encrypt(m *p11.Mechanism, key p11.ObjectHandle, data []byte) ([]byte, error) {
	if err := s.api.EncryptInit(s.h, []*p11.Mechanism{m}, key); err != nil {
		return nil, &mechanismError{m.Mechanism, err}
	}
	out, err := s.api.Encrypt(s.h, data)
	if err != nil {
		return nil, &mechanismError{m.Mechanism, err}
	}
	return out, nil
}

// decrypt is C_DecryptInit and C_Decrypt.
func (s *session) decrypt(m *p11.Mechanism, key p11.ObjectHandle, data []byte) ([]byte, error) {
	if err := s.api.DecryptInit(s.h, []*p11.Mechanism{m}, key); err != nil {
		return nil, &mechanismError{m.Mechanism, err}
	}
	out, err := s.api.Decrypt(s.h, data)
	if err != nil {
		return nil, &mechanismError{m.Mechanism, err}
	}
	return out, nil
}
