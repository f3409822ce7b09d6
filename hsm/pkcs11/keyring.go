//go:build cgo

package pkcs11

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/hsm"
)

// keyring is one user's view of a token.
type keyring struct {
	t *token

	mu     sync.RWMutex // held for reading by each call under way
	closed bool
}

var _ hsm.Keyring = (*keyring)(nil)

// with is token.with for a keyring that is open.
func (k *keyring) with(ctx context.Context, doing string, again bool, f func(*session) error) error {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.closed {
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrClosed}
	}
	return k.t.with(ctx, doing, again, f)
}

// Close waits for this keyring's calls and lets go of the token; the last keyring of a token logs out, the last of a module finalizes it.
func (k *keyring) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil
	}
	k.closed = true
	k.t.release()
	return nil
}

// parse reads a reference that must name a key of one of the classes, and of this token if it names a token.
func (k *keyring) parse(doing string, ref hsm.KeyRef, types ...string) (hsm.URI, error) {
	u, err := ref.Parse()
	if err != nil {
		return u, err
	}
	if u.Object == "" && len(u.ID) == 0 {
		return u, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyRef, Detail: "it names no key: object= or id= is needed"}
	}
	if u.Token != "" && u.Token != k.t.label || u.Serial != "" && u.Serial != k.t.serial {
		return u, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyNotFound, Detail: fmt.Sprintf("it is a key of another token than %q", k.t.label)}
	}
	if u.Type == "" {
		return u, nil
	}
	for _, t := range types {
		if u.Type == t {
			return u, nil
		}
	}
	return u, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyRef, Detail: fmt.Sprintf("type=%s does not fit here", u.Type)}
}

// ref names an object of this token.
func (k *keyring) ref(label string, id []byte, typ string) hsm.KeyRef {
	return hsm.URI{Token: k.t.label, Object: label, ID: id, Type: typ}.Ref()
}

// one returns the single object of the class that the URI names.
func (s *session) one(doing string, class uint, u hsm.URI) (p11.ObjectHandle, error) {
	template := []*p11.Attribute{p11.NewAttribute(p11.CKA_CLASS, class), p11.NewAttribute(p11.CKA_TOKEN, true)}
	if u.Object != "" {
		template = append(template, p11.NewAttribute(p11.CKA_LABEL, u.Object))
	}
	if len(u.ID) != 0 {
		template = append(template, p11.NewAttribute(p11.CKA_ID, u.ID))
	}
	found, err := s.find(template...)
	if err != nil {
		return 0, err
	}
	name := hsm.URI{Object: u.Object, ID: u.ID}.String()
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return 0, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyNotFound, Detail: fmt.Sprintf("token %q has no %s", s.t.label, name)}
	}
	return 0, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyAmbiguous, Detail: fmt.Sprintf("token %q has %d of %s; name the id too", s.t.label, len(found), name)}
}

// free makes sure that neither label nor id is taken among the objects of a class.
func (s *session) free(doing string, class uint, label string, id []byte) error {
	for _, a := range []*p11.Attribute{p11.NewAttribute(p11.CKA_LABEL, label), p11.NewAttribute(p11.CKA_ID, id)} {
		found, err := s.find(p11.NewAttribute(p11.CKA_CLASS, class), p11.NewAttribute(p11.CKA_TOKEN, true), a)
		if err != nil {
			return err
		}
		if len(found) != 0 {
			what := "label"
			if a.Type == p11.CKA_ID {
				what = "id"
			}
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyExists, Detail: fmt.Sprintf("the %s is taken; delete that key or choose another", what)}
		}
	}
	return nil
}

// chooseID returns the given id, or 16 random bytes.
func chooseID(given []byte) ([]byte, error) {
	if len(given) != 0 {
		return given, nil
	}
	id := make([]byte, 16)
	_, err := rand.Read(id)
	return id, err
}
