package soft

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/chipid-toolkit/chipid/hsm"
)

// entry is one key file.
type entry struct {
	Kind      hsm.KeyKind `json:"kind"`
	Label     string      `json:"label"`
	ID        []byte      `json:"id"`
	Algorithm string      `json:"algorithm"` // EC, EC agreement, RSA, RSA transport, AES, HMAC, AES seal, AES transport
	Curve     string      `json:"curve,omitempty"`
	Value     []byte      `json:"value"` // sealed: EC scalar, RSA in PKCS#8, or the secret itself

	name string // of the file, without .json
	raw  []byte // the file
}

func entryName(kind hsm.KeyKind, id []byte) string {
	return string(kind) + "-" + hex.EncodeToString(id)
}

// bound is what the seal covers besides the value: a key is worth nothing under another name or for another use.
func (e *entry) bound() string {
	return strings.Join([]string{e.name, e.Label, e.Algorithm, e.Curve}, "\x00")
}

// entries reads the key files of a kind, or of all kinds when it is empty. Other files are none of ours.
func (k *keyring) entries(kind hsm.KeyKind) ([]*entry, error) {
	names, err := k.store.names()
	if err != nil {
		return nil, &hsm.Fault{Doing: "read file keyring", Kind: hsm.ErrTokenLost, Cause: err}
	}
	var out []*entry
	for _, n := range names {
		base, isJSON := strings.CutSuffix(n, ".json")
		if !isJSON || n == headerFile || strings.HasPrefix(n, ".") {
			continue
		}
		e, err := k.entry(base)
		if err != nil {
			return nil, err
		}
		if kind == "" || e.Kind == kind {
			out = append(out, e)
		}
	}
	return out, nil
}

func (k *keyring) entry(base string) (*entry, error) {
	fault := func(kind error, cause error) (*entry, error) {
		return nil, &hsm.Fault{Doing: "read key file " + base + ".json", Kind: kind, Cause: cause}
	}
	raw, err := k.store.read(base + ".json")
	if errors.Is(err, os.ErrNotExist) {
		return fault(hsm.ErrKeyNotFound, nil)
	}
	if err != nil {
		return fault(hsm.ErrToken, err)
	}
	e := &entry{name: base, raw: raw}
	if err := json.Unmarshal(raw, e); err != nil {
		return fault(hsm.ErrToken, errors.New("not a key file"))
	}
	if e.Kind != hsm.KindPrivate && e.Kind != hsm.KindSecret || entryName(e.Kind, e.ID) != base {
		return fault(hsm.ErrToken, errors.New("the file is not what its name says"))
	}
	return e, nil
}

// find returns the single key that the URI names.
func (k *keyring) find(doing string, ref hsm.KeyRef, kinds ...hsm.KeyKind) (*entry, error) {
	u, err := ref.Parse()
	if err != nil {
		return nil, err
	}
	if u.Object == "" && len(u.ID) == 0 {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyRef, Detail: "it names no key: object= or id= is needed"}
	}
	if u.Token != "" && u.Token != k.label || u.Serial != "" {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyNotFound, Detail: fmt.Sprintf("it is a key of another token than %q", k.label)}
	}
	if err := k.open(doing); err != nil {
		return nil, err
	}
	var found []*entry
	fits := false
	for _, kind := range kinds {
		if u.Type != "" && u.Type != string(kind) {
			continue
		}
		fits = true
		all, err := k.entries(kind)
		if err != nil {
			return nil, err
		}
		for _, e := range all {
			if (u.Object == "" || u.Object == e.Label) && (len(u.ID) == 0 || bytes.Equal(u.ID, e.ID)) {
				found = append(found, e)
			}
		}
	}
	name := hsm.URI{Object: u.Object, ID: u.ID}
	switch {
	case !fits:
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyRef, Detail: fmt.Sprintf("type=%s does not fit here", u.Type)}
	case len(found) == 0:
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyNotFound, Detail: fmt.Sprintf("token %q has no %s", k.label, name)}
	case len(found) > 1:
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyAmbiguous, Detail: fmt.Sprintf("token %q has %d of %s; name type and id too", k.label, len(found), name)}
	}
	return found[0], nil
}

// add writes a new key file, if label and id are free. The caller holds mu for writing.
func (k *keyring) add(doing string, e entry, value []byte) (hsm.KeyRef, error) {
	if err := k.open(doing); err != nil {
		return "", err
	}
	others, err := k.entries(e.Kind)
	if err != nil {
		return "", err
	}
	for _, o := range others {
		if o.Label == e.Label || bytes.Equal(o.ID, e.ID) {
			return "", &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyExists, Detail: "the label or the id is taken; delete that key or choose another"}
		}
	}
	name := entryName(e.Kind, e.ID)
	e.name = name
	e.Value = k.seal.close(e.bound(), value)
	raw, err := json.MarshalIndent(e, "", "  ")
	if err == nil {
		err = k.store.write(name+".json", raw)
	}
	if err != nil {
		return "", &hsm.Fault{Doing: doing, Kind: hsm.ErrTokenLost, Cause: err}
	}
	return k.ref(&e), nil
}

func (k *keyring) ref(e *entry) hsm.KeyRef {
	return hsm.URI{Token: k.label, Object: e.Label, ID: e.ID, Type: string(e.Kind)}.Ref()
}

// value opens a key file. The caller wipes it.
func (k *keyring) value(e *entry) ([]byte, error) {
	v, err := k.seal.open(e.bound(), bytes.Clone(e.Value))
	if err != nil {
		return nil, &hsm.Fault{Doing: "open key file " + e.name + ".json", Kind: hsm.ErrKeyMismatch, Detail: "it was not sealed with this PIN, or what stands beside it was changed"}
	}
	return v, nil
}
