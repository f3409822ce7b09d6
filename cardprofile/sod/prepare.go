package sod

import (
	"crypto"
	"fmt"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// Options says how an EF.SOD is to be made.
type Options struct {
	// Signer is the Document Signer certificate; it goes into the object.
	Signer *pki.Certificate
	// Hash is for the data groups: SHA-224, 256, 384 or 512. 0 takes the one of the
	// signature.
	Hash crypto.Hash
	// LDSVersion is "0107" for an LDS security object V0, "0108" for V1, as in EF.COM.
	LDSVersion string
	// UnicodeVersion goes into V1; "" means "040000".
	UnicodeVersion string
	// SigningTime is signed in UTC, whole seconds; the zero value is now.
	SigningTime time.Time
	// Sign chooses the signature algorithm of the Document Signer's key.
	Sign cms.SignOptions
}

// Prepare decides and checks everything about an EF.SOD and signs nothing. groups
// are the data group files as they will be on the chip, EF.DG1 and EF.DG2 among
// them. The bytes it returns are the DER of the signed attributes: exactly what the
// Document Signer's key will sign, so their digest can be stored before it does.
//
// Everything that can be wrong is found here: a file that is no data group or is
// not the one its name says, one that comes twice, a signer that must not sign
// documents or not at this time.
func Prepare(groups []lds.File, o Options) (*Token, []byte, error) {
	return PrepareHashes(groups, nil, o)
}

// PrepareHashes is Prepare where of some data groups, or of all, only the hashes of
// the whole files are known: made with Options.Hash, which must be given then. What
// was hashed cannot be checked here; that is the caller's word.
func PrepareHashes(groups []lds.File, hashes []GroupHash, o Options) (*Token, []byte, error) {
	signing, at, err := o.signing()
	if err != nil {
		return nil, nil, err
	}
	if len(hashes) > 0 && o.Hash == 0 {
		return nil, nil, fmt.Errorf("sod: prepare: nobody says what made the hashes")
	}
	object, err := newObject(groups, hashes, o, signing.Hash)
	if err != nil {
		return nil, nil, err
	}
	content, err := object.encode()
	if err != nil {
		return nil, nil, fmt.Errorf("sod: prepare: %w", err)
	}
	return newToken(&Token{kind: kindSOD, signer: o.Signer, signing: signing, content: content, time: at})
}

// newToken lays the object out around its content.
func newToken(t *Token) (*Token, []byte, error) {
	if err := t.build(); err != nil {
		return nil, nil, fmt.Errorf("sod: prepare: %w", err)
	}
	return t, slices.Clone(t.attributes), nil
}

// signing checks the Document Signer and settles how and when it signs.
func (o Options) signing() (*cms.Signing, time.Time, error) {
	if o.Signer == nil {
		return nil, time.Time{}, fmt.Errorf("sod: prepare: no Document Signer certificate")
	}
	if err := o.Signer.MayIssueDocuments(); err != nil {
		return nil, time.Time{}, fmt.Errorf("sod: prepare: %w", err)
	}
	at := o.SigningTime
	if at.IsZero() {
		at = time.Now()
	}
	at = at.UTC().Truncate(time.Second)
	if err := checkTime(o.Signer, at); err != nil {
		return nil, time.Time{}, err
	}
	signing, err := cms.ChooseSigning(o.Signer.PublicKey, o.Sign)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("sod: prepare: %w", err)
	}
	return signing, at, nil
}

func checkTime(c *pki.Certificate, at time.Time) error {
	if at.Before(c.NotBefore) || at.After(c.NotAfter) {
		return fmt.Errorf("sod: prepare: the Document Signer certificate is not valid on %s", at.Format(time.DateOnly))
	}
	if !c.PrivateKeyNotBefore.IsZero() && at.Before(c.PrivateKeyNotBefore) || !c.PrivateKeyNotAfter.IsZero() && at.After(c.PrivateKeyNotAfter) {
		return fmt.Errorf("sod: prepare: the Document Signer's private key is not to be used on %s (Doc 9303-12, 4.1.1.2)", at.Format(time.DateOnly))
	}
	return nil
}

func newObject(groups []lds.File, hashes []GroupHash, o Options, signHash crypto.Hash) (*SecurityObject, error) {
	object := &SecurityObject{Hash: o.Hash}
	if object.Hash == 0 {
		object.Hash = signHash
	}
	switch object.Hash {
	case crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512: // Doc 9303-12 (8th ed.), 4.1.6.4
	default:
		return nil, fmt.Errorf("sod: prepare: data groups cannot be hashed with %v", object.Hash)
	}
	switch o.LDSVersion {
	case "0107":
		if o.UnicodeVersion != "" && o.UnicodeVersion != "040000" {
			return nil, fmt.Errorf("sod: prepare: LDS 1.7 holds no Unicode version")
		}
	case "0108":
		object.Version, object.LDSVersion, object.UnicodeVersion = 1, o.LDSVersion, o.UnicodeVersion
		if object.UnicodeVersion == "" {
			object.UnicodeVersion = "040000"
		}
		if len(object.UnicodeVersion) != 6 || slices.ContainsFunc([]byte(object.UnicodeVersion), func(c byte) bool { return c < '0' || c > '9' }) {
			return nil, fmt.Errorf("sod: prepare: the Unicode version is six digits")
		}
	default:
		return nil, fmt.Errorf("sod: prepare: the LDS version is 0107 or 0108, not %q", o.LDSVersion)
	}
	for _, f := range groups {
		n, err := checkGroup(f)
		if err != nil {
			return nil, err
		}
		if _, twice := object.Group(n); twice {
			return nil, fmt.Errorf("sod: prepare: %s comes twice", f.Name)
		}
		h := object.Hash.New()
		h.Write(f.Bytes)
		object.Groups = append(object.Groups, GroupHash{Number: n, Hash: h.Sum(nil)})
	}
	for _, g := range hashes {
		switch _, twice := object.Group(g.Number); {
		case g.Number < 1 || g.Number > 16:
			return nil, fmt.Errorf("sod: prepare: there is no data group %d", g.Number)
		case twice:
			return nil, fmt.Errorf("sod: prepare: EF.DG%d comes twice", g.Number)
		case len(g.Hash) != object.Hash.Size():
			return nil, fmt.Errorf("sod: prepare: the hash of EF.DG%d has %d bytes, %v makes %d", g.Number, len(g.Hash), object.Hash, object.Hash.Size())
		}
		object.Groups = append(object.Groups, GroupHash{Number: g.Number, Hash: slices.Clone(g.Hash)})
	}
	slices.SortFunc(object.Groups, func(a, b GroupHash) int { return a.Number - b.Number })
	for _, n := range []int{1, 2} { // mandatory in every document (Doc 9303-10 (8th ed.), 4.1)
		if _, ok := object.Group(n); !ok {
			return nil, fmt.Errorf("sod: prepare: EF.DG%d is missing", n)
		}
	}
	return object, nil
}

// checkGroup holds a file to its name: one template with the data group's tag, and
// nothing after it, since the hash covers the whole file.
func checkGroup(f lds.File) (int, error) {
	id, ok := lds.FileByName(f.Name)
	if !ok || id.Number() == 0 {
		return 0, fmt.Errorf("sod: prepare: %q is no data group", f.Name)
	}
	n, rest, err := tlv.Parse(f.Bytes)
	if err != nil || len(rest) != 0 || n.Tag != id.Tag {
		return 0, fmt.Errorf("sod: prepare: the bytes of %s are not one template with tag %02X", f.Name, uint32(id.Tag))
	}
	return id.Number(), nil
}
