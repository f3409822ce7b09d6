//go:build cgo

package pkcs11

import (
	"encoding/hex"
	"strconv"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/hsm"
)

// noteApplication names the data objects that tell the length of a key where the token does not: SoftHSM 2.6.1 calls the length of every
// unwrapped key 0, and lets nobody set it.
const noteApplication = "chipid key length"

// told is the length of a secret key in bytes as the token tells it, or 0.
func (s *session) told(o p11.ObjectHandle) (int, error) {
	typ, _, err := s.number(o, p11.CKA_KEY_TYPE)
	switch {
	case err != nil:
		return 0, err
	case typ == p11.CKK_DES2:
		return 16, nil
	case typ == p11.CKK_DES3:
		return 24, nil
	}
	n, _, err := s.number(o, p11.CKA_VALUE_LEN)
	return int(min(n, 1<<13)), err
}

// secretLength is the length of a secret key in bytes, by the token or by the note beside the key; 0 when neither tells.
func (s *session) secretLength(o p11.ObjectHandle) (int, error) {
	n, err := s.told(o)
	if err != nil || n != 0 {
		return n, err
	}
	note, err := s.note(o)
	if err != nil || len(note) == 0 {
		return 0, err
	}
	found, err := s.find(note...)
	if err != nil || len(found) != 1 {
		return 0, err
	}
	v, _, err := s.attribute(found[0], p11.CKA_VALUE)
	if err != nil {
		return 0, err
	}
	bits, err := strconv.Atoi(string(v))
	if err != nil || bits <= 0 || bits > 1<<13 {
		return 0, nil
	}
	return bits / 8, nil
}

// note is what the data object beside a key is found by; nothing where the key has no id.
func (s *session) note(o p11.ObjectHandle) ([]*p11.Attribute, error) {
	id, ok, err := s.attribute(o, p11.CKA_ID)
	if err != nil || !ok || len(id) == 0 {
		return nil, err
	}
	return []*p11.Attribute{
		p11.NewAttribute(p11.CKA_CLASS, p11.CKO_DATA), p11.NewAttribute(p11.CKA_TOKEN, true), p11.NewAttribute(p11.CKA_PRIVATE, true),
		p11.NewAttribute(p11.CKA_APPLICATION, noteApplication), p11.NewAttribute(p11.CKA_LABEL, hex.EncodeToString(id)),
	}, nil
}

// noteLength writes the note where the token does not tell the length.
func (s *session) noteLength(o p11.ObjectHandle, spec hsm.SecretSpec) error {
	n, err := s.told(o)
	if err != nil || n != 0 {
		return err
	}
	note, err := s.note(o)
	if err != nil {
		return err
	}
	// One of a key that went without its note would make two.
	if err := s.destroyAll(note); err != nil {
		return err
	}
	_, err = s.api.CreateObject(s.h, append(note, p11.NewAttribute(p11.CKA_VALUE, []byte(strconv.Itoa(spec.Bits)))))
	return err
}

// forgetLength removes the note of a key that is about to go.
func (s *session) forgetLength(o p11.ObjectHandle) error {
	note, err := s.note(o)
	if err != nil || note == nil {
		return err
	}
	return s.destroyAll(note)
}

func (s *session) destroyAll(template []*p11.Attribute) error {
	found, err := s.find(template...)
	if err != nil {
		return err
	}
	for _, o := range found {
		if err := s.api.DestroyObject(s.h, o); err != nil {
			return err
		}
	}
	return nil
}

// hasLength refuses a key of another length than was announced. Where the token does not tell the length, and padding or RSA hides it, the
// token wraps the key once under a key of the moment, and what comes out is counted and thrown away.
func (s *session) hasLength(doing string, trial p11.ObjectHandle, w hsm.WrappedKey, bits int, open func([]*p11.Attribute) (p11.ObjectHandle, error), kind secretKind) error {
	n, err := s.told(trial)
	if err != nil {
		return err
	}
	if n == 0 {
		if w.Method == hsm.WrapAESKW || w.Method == hsm.WrapAESCBC {
			// Check held the wrapped bytes to the length already.
			return nil
		}
		if n, err = s.counted(doing, open, kind); err != nil {
			return err
		}
	}
	if n*8 != bits {
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrKeySpec, Detail: "the unwrapped key has another length than was announced"}
	}
	return nil
}

func (s *session) counted(doing string, open func([]*p11.Attribute) (p11.ObjectHandle, error), kind secretKind) (int, error) {
	moment, err := s.api.GenerateKey(s.h, []*p11.Mechanism{p11.NewMechanism(p11.CKM_AES_KEY_GEN, nil)}, []*p11.Attribute{
		p11.NewAttribute(p11.CKA_CLASS, p11.CKO_SECRET_KEY), p11.NewAttribute(p11.CKA_KEY_TYPE, p11.CKK_AES), p11.NewAttribute(p11.CKA_VALUE_LEN, 32), p11.NewAttribute(p11.CKA_TOKEN, false),
		p11.NewAttribute(p11.CKA_SENSITIVE, true), p11.NewAttribute(p11.CKA_EXTRACTABLE, false), p11.NewAttribute(p11.CKA_WRAP, true), p11.NewAttribute(p11.CKA_UNWRAP, false),
		p11.NewAttribute(p11.CKA_ENCRYPT, false), p11.NewAttribute(p11.CKA_DECRYPT, false),
	})
	if err != nil {
		return 0, &mechanismError{p11.CKM_AES_KEY_GEN, err}
	}
	defer func() { _ = s.api.DestroyObject(s.h, moment) }()
	template := trialTemplate(kind)
	for _, a := range template {
		if a.Type == p11.CKA_EXTRACTABLE {
			a.Value = []byte{1}
		}
	}
	o, err := open(template)
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.api.DestroyObject(s.h, o) }()
	out, err := s.api.WrapKey(s.h, []*p11.Mechanism{p11.NewMechanism(p11.CKM_AES_KEY_WRAP, nil)}, moment, o)
	if e, ok := code(err); ok && (e == p11.CKR_KEY_SIZE_RANGE || e == p11.CKR_KEY_NOT_WRAPPABLE) {
		return 0, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeySpec, Detail: "the unwrapped key has another length than was announced"}
	}
	if err != nil {
		return 0, &mechanismError{p11.CKM_AES_KEY_WRAP, err}
	}
	return len(out) - 8, nil
}
