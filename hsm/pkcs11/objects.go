//go:build cgo

package pkcs11

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"sort"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/hsm"
)

// ImportCertificate stores a certificate with the id and label of its private key.
func (k *keyring) ImportCertificate(ctx context.Context, ref hsm.KeyRef, der []byte) error {
	const doing = "import certificate"
	u, err := k.parse(doing, ref, "private", "cert", "public")
	if err != nil {
		return err
	}
	c, err := hsm.ReadCertificate(der)
	if err != nil {
		return err
	}
	k.t.making.Lock()
	defer k.t.making.Unlock()
	return k.with(ctx, doing, false, func(s *session) error {
		key, err := s.one(doing, p11.CKO_PRIVATE_KEY, u)
		if err != nil {
			return err
		}
		pub, err := s.publicOf(key)
		if err != nil {
			return err
		}
		if pub == nil || !hsm.SamePublic(pub, c.Public) {
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrCertificate, Detail: "its public key is not the key's"}
		}
		beside, err := s.beside(key)
		if err != nil {
			return err
		}
		older, err := s.find(p11.NewAttribute(p11.CKA_CLASS, p11.CKO_CERTIFICATE), beside)
		if err != nil {
			return err
		}
		template := []*p11.Attribute{
			p11.NewAttribute(p11.CKA_CLASS, p11.CKO_CERTIFICATE), p11.NewAttribute(p11.CKA_CERTIFICATE_TYPE, p11.CKC_X_509),
			p11.NewAttribute(p11.CKA_TOKEN, true), p11.NewAttribute(p11.CKA_PRIVATE, false), p11.NewAttribute(p11.CKA_VALUE, der),
			p11.NewAttribute(p11.CKA_SUBJECT, c.Subject), p11.NewAttribute(p11.CKA_ISSUER, c.Issuer), p11.NewAttribute(p11.CKA_SERIAL_NUMBER, c.Serial),
		}
		for _, typ := range []uint{p11.CKA_LABEL, p11.CKA_ID} {
			if v, ok, err := s.attribute(key, typ); err != nil {
				return err
			} else if ok && len(v) != 0 {
				template = append(template, p11.NewAttribute(typ, v))
			}
		}
		if _, err := s.api.CreateObject(s.h, template); err != nil {
			return err
		}
		// The new one is stored before the older goes: at no moment is there none.
		for _, o := range older {
			if err := s.api.DestroyObject(s.h, o); err != nil {
				return err
			}
		}
		return nil
	})
}

// Certificate returns the certificate stored beside a private key.
func (k *keyring) Certificate(ctx context.Context, ref hsm.KeyRef) ([]byte, error) {
	const doing = "read certificate"
	u, err := k.parse(doing, ref, "private", "cert", "public")
	if err != nil {
		return nil, err
	}
	var der []byte
	err = k.with(ctx, doing, true, func(s *session) error {
		key, err := s.one(doing, p11.CKO_PRIVATE_KEY, u)
		if err != nil {
			return err
		}
		beside, err := s.beside(key)
		if err != nil || beside == nil {
			return err
		}
		found, err := s.find(p11.NewAttribute(p11.CKA_CLASS, p11.CKO_CERTIFICATE), beside)
		if err != nil {
			return err
		}
		for _, o := range found {
			if v, ok, err := s.attribute(o, p11.CKA_VALUE); err != nil {
				return err
			} else if ok && len(v) != 0 {
				der = v
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if der == nil {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrCertificateMissing}
	}
	return der, nil
}

// Delete destroys a key and what lies beside it.
func (k *keyring) Delete(ctx context.Context, ref hsm.KeyRef) error {
	const doing = "delete key"
	u, err := k.parse(doing, ref, "private", "secret-key")
	if err != nil {
		return err
	}
	k.t.making.Lock()
	defer k.t.making.Unlock()
	return k.with(ctx, doing, false, func(s *session) error {
		var found []p11.ObjectHandle
		var class uint
		for _, c := range []struct {
			class uint
			typ   string
		}{{p11.CKO_PRIVATE_KEY, "private"}, {p11.CKO_SECRET_KEY, "secret-key"}} {
			if u.Type != "" && u.Type != c.typ {
				continue
			}
			switch o, err := s.one(doing, c.class, u); {
			case err == nil:
				found, class = append(found, o), c.class
			case !errors.Is(err, hsm.ErrKeyNotFound):
				return err
			}
		}
		switch len(found) {
		case 0:
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyNotFound, Detail: fmt.Sprintf("token %q has no %s", s.t.label, hsm.URI{Object: u.Object, ID: u.ID})}
		case 2:
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyAmbiguous, Detail: "a private and a secret key have this name; name the type too"}
		}
		if class == p11.CKO_SECRET_KEY {
			if err := s.forgetLength(found[0]); err != nil {
				return err
			}
		}
		if class == p11.CKO_PRIVATE_KEY {
			beside, err := s.beside(found[0])
			if err != nil {
				return err
			}
			if beside != nil {
				for _, class := range []uint{p11.CKO_PUBLIC_KEY, p11.CKO_CERTIFICATE} {
					more, err := s.find(p11.NewAttribute(p11.CKA_CLASS, class), beside)
					if err != nil {
						return err
					}
					found = append(found, more...)
				}
			}
		}
		// The private key goes first: what is left of an interrupted deletion cannot sign.
		for _, o := range found {
			if err := s.api.DestroyObject(s.h, o); err != nil {
				return err
			}
		}
		return nil
	})
}

// List describes the private and secret keys of the token.
func (k *keyring) List(ctx context.Context) ([]hsm.KeyInfo, error) {
	var out []hsm.KeyInfo
	err := k.with(ctx, "list keys", true, func(s *session) error {
		out = nil
		for _, c := range []struct {
			class uint
			kind  hsm.KeyKind
		}{{p11.CKO_PRIVATE_KEY, hsm.KindPrivate}, {p11.CKO_SECRET_KEY, hsm.KindSecret}} {
			found, err := s.find(p11.NewAttribute(p11.CKA_CLASS, c.class), p11.NewAttribute(p11.CKA_TOKEN, true))
			if err != nil {
				return err
			}
			for _, o := range found {
				info, err := s.describe(o, c.kind)
				if staleHandle(err) {
					// Deleted by somebody else since it was found.
					continue
				}
				if err != nil {
					return err
				}
				info.Ref = k.ref(info.Label, info.ID, string(info.Kind))
				out = append(out, info)
			}
		}
		if !s.t.alive() {
			// A module may list from memory what is no more.
			return p11.Error(p11.CKR_TOKEN_NOT_PRESENT)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].Label != out[j].Label {
			return out[i].Label < out[j].Label
		}
		return bytes.Compare(out[i].ID, out[j].ID) < 0
	})
	return out, nil
}

func (s *session) describe(o p11.ObjectHandle, kind hsm.KeyKind) (hsm.KeyInfo, error) {
	info := hsm.KeyInfo{Kind: kind}
	label, _, err := s.attribute(o, p11.CKA_LABEL)
	if err != nil {
		return info, err
	}
	info.Label = string(label)
	if info.ID, _, err = s.attribute(o, p11.CKA_ID); err != nil {
		return info, err
	}
	for typ, to := range map[uint]*bool{
		p11.CKA_SENSITIVE: &info.Sensitive, p11.CKA_ALWAYS_SENSITIVE: &info.AlwaysSensitive,
		p11.CKA_EXTRACTABLE: &info.Extractable, p11.CKA_NEVER_EXTRACTABLE: &info.NeverExtractable,
	} {
		if *to, err = s.flag(o, typ); err != nil {
			return info, err
		}
	}
	typ, _, err := s.number(o, p11.CKA_KEY_TYPE)
	if err != nil {
		return info, err
	}
	switch typ {
	case p11.CKK_EC:
		info.Algorithm = "EC"
	case p11.CKK_RSA:
		info.Algorithm = "RSA"
	case p11.CKK_AES:
		info.Algorithm = "AES"
	case p11.CKK_DES2, p11.CKK_DES3:
		info.Algorithm = "3DES"
	case p11.CKK_GENERIC_SECRET, p11.CKK_SHA256_HMAC:
		info.Algorithm = "HMAC"
	default:
		info.Algorithm = fmt.Sprintf("0x%x", typ)
	}
	if kind == hsm.KindSecret {
		n, err := s.secretLength(o)
		info.Bits = n * 8
		return info, err
	}
	if info.Public, err = s.publicOf(o); err != nil {
		return info, err
	}
	if r, ok := info.Public.(*rsa.PublicKey); ok {
		info.Bits = r.N.BitLen()
	} else if p, err := ecc.FromPublic(info.Public); err == nil {
		info.Curve, info.Bits = p.Curve.Name(), p.Curve.BitSize()
	}
	beside, err := s.beside(o)
	if err != nil || beside == nil {
		return info, err
	}
	certificates, err := s.find(p11.NewAttribute(p11.CKA_CLASS, p11.CKO_CERTIFICATE), beside)
	info.HasCertificate = len(certificates) > 0
	return info, err
}
