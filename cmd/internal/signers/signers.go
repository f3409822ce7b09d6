package signers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/hsm"
)

// Set is the Document Signers of a keys file.
type Set struct {
	Pool *signer.Pool

	ring hsm.Keyring
	read func(path string) ([]byte, error)
	uses *signer.Files
	in   map[string]entry // by fingerprint
	text []byte           // of the keys file that was followed last
}

// entry is what the file says of a signer that is in the pool.
type entry struct{ keyflags.Signer }

// Open puts the pool together. trust is what every EF.SOD is verified with where the
// file names no store of its own; read reads a certificate's file as DER. The caller
// closes the set before the keyring.
func Open(ctx context.Context, f *keyflags.File, ring hsm.Keyring, trust *pki.Store, read func(path string) ([]byte, error)) (*Set, error) {
	if f.Trust != "" {
		var err error
		if trust, err = pki.Open(f.Trust); err != nil {
			return nil, err
		}
	}
	s := &Set{Pool: &signer.Pool{Trust: trust}, ring: ring, read: read, in: map[string]entry{}}
	if f.SignerUses != "" {
		var err error
		if s.uses, err = signer.OpenFiles(f.SignerUses, 0); err != nil {
			return nil, err
		}
		s.Pool.Uses = s.uses
	}
	if err := s.Apply(ctx, f); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close gives back use counts that were reserved.
func (s *Set) Close() error {
	if s.uses == nil {
		return nil
	}
	return s.uses.Close()
}

// Apply brings the pool to what the file says. Signers are added before others are
// retired, and none is retired when one cannot be added: there is always somebody who
// signs.
func (s *Set) Apply(ctx context.Context, f *keyflags.File) error {
	now := map[string]entry{}
	for i, e := range f.Signers() {
		if err := s.add(ctx, entry{e}, now); err != nil {
			return fmt.Errorf("%s: document signer %d: %w", f.Path(), i+1, err)
		}
	}
	for fingerprint := range s.in {
		if _, stays := now[fingerprint]; !stays {
			s.Pool.Retire(fingerprint)
		}
	}
	s.in = now
	return nil
}

func (s *Set) add(ctx context.Context, e entry, now map[string]entry) error {
	var der []byte
	var err error
	if e.Certificate != "" {
		der, err = s.read(e.Certificate)
	} else {
		der, err = s.ring.Certificate(ctx, e.Key)
	}
	if err != nil {
		return err
	}
	certificate, err := pki.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("its certificate: %w", err)
	}
	fingerprint := certificate.Fingerprint()
	if _, twice := now[fingerprint]; twice {
		return fmt.Errorf("%w: %s stands in the file twice", signer.ErrSigner, certificate)
	}
	was, there := s.in[fingerprint]
	if there && was.Limit == e.Limit {
		now[fingerprint] = e
		return nil
	}
	key, err := s.ring.Signer(ctx, e.Key)
	if err != nil {
		return err
	}
	d := signer.DocumentSigner{Certificate: certificate, Key: key, Limit: e.Limit}
	if there {
		err = s.Pool.Replace(d)
	} else {
		err = s.Pool.Add(d)
	}
	if err != nil {
		return err
	}
	now[fingerprint] = e
	s.in[fingerprint] = e // also when a later one fails: it is in the pool
	return nil
}

// every is how often a followed file is looked at.
const every = 5 * time.Second

// Follow applies the file whenever it changes, until the context ends. What is wrong
// with a changed file is said, and the signers stay as they are.
func (s *Set) Follow(ctx context.Context, path string, say func(error)) {
	s.text, _ = os.ReadFile(path)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.again(ctx, path); err != nil && ctx.Err() == nil {
			say(err)
		}
	}
}

// again applies the file if it is another than last time.
func (s *Set) again(ctx context.Context, path string) error {
	text, err := os.ReadFile(path)
	if err != nil || bytes.Equal(text, s.text) {
		return nil // an editor replaces the file: it is there the next time
	}
	s.text = text
	f, err := keyflags.Load(path)
	if err != nil {
		return err
	}
	return s.Apply(ctx, f)
}
