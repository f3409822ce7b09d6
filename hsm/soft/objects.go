package soft

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"os"
	"sort"
	"strings"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/hsm"
)

// ImportCertificate writes a certificate beside the key file.
func (k *keyring) ImportCertificate(_ context.Context, ref hsm.KeyRef, der []byte) error {
	const doing = "import certificate"
	c, err := hsm.ReadCertificate(der)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	e, err := k.find(doing, ref, hsm.KindPrivate)
	if err != nil {
		return err
	}
	key, err := k.private(e)
	if err != nil {
		return err
	}
	if !hsm.SamePublic(publicOf(key), c.Public) {
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrCertificate, Detail: "its public key is not the key's"}
	}
	if err := k.store.write(e.name+".crt", der); err != nil {
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrTokenLost, Cause: err}
	}
	return nil
}

// Certificate reads the certificate beside the key file.
func (k *keyring) Certificate(_ context.Context, ref hsm.KeyRef) ([]byte, error) {
	const doing = "read certificate"
	k.mu.RLock()
	defer k.mu.RUnlock()
	e, err := k.find(doing, ref, hsm.KindPrivate)
	if err != nil {
		return nil, err
	}
	der, err := k.store.read(e.name + ".crt")
	if errors.Is(err, os.ErrNotExist) {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrCertificateMissing}
	}
	if err != nil {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrTokenLost, Cause: err}
	}
	return der, nil
}

// Delete removes the key file and the certificate.
func (k *keyring) Delete(_ context.Context, ref hsm.KeyRef) error {
	const doing = "delete key"
	k.mu.Lock()
	defer k.mu.Unlock()
	e, err := k.find(doing, ref, hsm.KindPrivate, hsm.KindSecret)
	if err != nil {
		return err
	}
	err = k.store.remove(e.name + ".json")
	if err == nil {
		if err = k.store.remove(e.name + ".crt"); errors.Is(err, os.ErrNotExist) {
			err = nil
		}
	}
	if err != nil {
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrTokenLost, Cause: err}
	}
	return nil
}

// List describes the keys. Files can be copied, so every key is extractable.
func (k *keyring) List(context.Context) ([]hsm.KeyInfo, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if err := k.open("list keys"); err != nil {
		return nil, err
	}
	all, err := k.entries("")
	if err != nil {
		return nil, err
	}
	var out []hsm.KeyInfo
	for _, e := range all {
		info := hsm.KeyInfo{Ref: k.ref(e), Label: e.Label, ID: e.ID, Kind: e.Kind, Algorithm: strings.Fields(e.Algorithm)[0], Extractable: true}
		if e.Kind == hsm.KindSecret {
			v, err := k.value(e)
			if err != nil {
				return nil, err
			}
			info.Bits = len(v) * 8
			clear(v)
		} else {
			key, err := k.private(e)
			if err != nil {
				return nil, err
			}
			info.Public = publicOf(key)
			if r, ok := info.Public.(*rsa.PublicKey); ok {
				info.Bits = r.N.BitLen()
			} else if p, err := ecc.FromPublic(info.Public); err == nil {
				info.Curve, info.Bits = p.Curve.Name(), p.Curve.BitSize()
			}
			_, err = k.store.read(e.name + ".crt")
			info.HasCertificate = err == nil
		}
		out = append(out, info)
	}
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].Label != out[j].Label {
			return out[i].Label < out[j].Label
		}
		return bytes.Compare(out[i].ID, out[j].ID) < 0
	})
	return out, nil
}
