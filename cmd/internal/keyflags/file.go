package keyflags

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/pkcs11"
)

// File is the file of --keys: which token, and which keys in it a card is issued with. It holds names only, no PIN and no key.
//
//	module: /usr/lib/softhsm/libsofthsm2.so
//	token: issuer
//	pin-source: file:/etc/chipid/pin        # or env:NAME, or prompt
//	document-signer: pkcs11:object=ds-2026
//	document-signer-certificate: ds-2026.cer   # may be left out when the token holds it
//	document-signers:                          # in place of the two: several, of which one is chosen for each document
//	  - key: pkcs11:object=ds-2026
//	    certificate: ds-2026.cer               # may be left out when the token holds it
//	    limit: 100000                          # how many documents the key signs at most; 0: no limit
//	signer-uses: uses                          # folder where the use of each key is counted; needed for a limit
//	trust: trust                               # trust store: what is signed is verified up to the CSCA in it
//	card-master: pkcs11:object=card-master-transport
//	card-master-new: pkcs11:object=card-master-2026
//	digest: pkcs11:object=log-digest
//	seal: pkcs11:object=line-seal              # personal data in a line's store
//	audit: pkcs11:object=line-audit            # checkpoints of a line's audit log
//	intake: pkcs11:object=line-intake          # batches that come encrypted
//	cvca-certificates: [cvca-2026.cvcert]      # trust points of cards whose profile has one
//
// Relative paths start from the file's own folder.
type File struct {
	Module    string `yaml:"module"`
	Token     string `yaml:"token"`
	Serial    string `yaml:"token-serial"`
	PINSource string `yaml:"pin-source"`

	DocumentSigner            hsm.KeyRef `yaml:"document-signer"`             // signs EF.SOD
	DocumentSignerCertificate string     `yaml:"document-signer-certificate"` // path; empty: the one beside the key
	DocumentSigners           []Signer   `yaml:"document-signers"`            // in place of the two above
	SignerUses                string     `yaml:"signer-uses"`                 // folder of use counts
	Trust                     string     `yaml:"trust"`                       // trust store that every EF.SOD is verified with
	CardMaster                hsm.KeyRef `yaml:"card-master"`                 // keys that blanks come with; may be empty where no card is issued
	CardMasterNew             hsm.KeyRef `yaml:"card-master-new"`             // keys that they leave with; empty: no replacement
	Digest                    hsm.KeyRef `yaml:"digest"`                      // keyed digests in logs and stores; may be empty
	Seal                      hsm.KeyRef `yaml:"seal"`                        // personal data of a production line lies under it; may be empty elsewhere
	Audit                     hsm.KeyRef `yaml:"audit"`                       // signs the checkpoints of the audit log; may be empty
	Intake                    hsm.KeyRef `yaml:"intake"`                      // opens batches that come encrypted; may be empty
	CVCACertificates          []string   `yaml:"cvca-certificates"`           // paths; for profiles with a trust point

	path string
	text []byte
}

// Signer is one Document Signer of a keys file.
type Signer struct {
	Key         hsm.KeyRef `yaml:"key"`
	Certificate string     `yaml:"certificate"` // path; empty: the one beside the key
	Limit       int64      `yaml:"limit"`       // documents; 0 is no limit
}

// Signers are the Document Signers, however the file writes them.
func (f *File) Signers() []Signer {
	if f.DocumentSigner != "" {
		return []Signer{{Key: f.DocumentSigner, Certificate: f.DocumentSignerCertificate}}
	}
	return f.DocumentSigners
}

// Cards says whether the file names the master keys that issuing a card takes. Its
// error is a *cardprofile.InputError.
func (f *File) Cards() error {
	switch {
	case f.CardMaster == "":
		return &cardprofile.InputError{File: f.path, Field: "card-master", Problem: "is missing", Fix: "name the key that the blanks' keys derive from, such as pkcs11:object=LABEL"}
	case f.CardMasterNew == "":
		return &cardprofile.InputError{File: f.path, Field: "card-master-new", Problem: "is missing: an issued card must not keep the keys it came with", Fix: "name the master key of issued cards"}
	}
	return nil
}

// Path is the file's own.
func (f *File) Path() string { return f.path }

// maxSigners bounds the Document Signers of a file.
const maxSigners = 64

// maxFile bounds a keys file.
const maxFile = 64 << 10

// Load reads a keys file strictly. Whatever is wrong with it is a *cardprofile.InputError.
func Load(path string) (*File, error) {
	input := func(problem, fix string) error {
		return &cardprofile.InputError{File: path, Problem: problem, Fix: fix}
	}
	in, err := os.Open(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, input("there is no such file", "check the path")
		}
		return nil, input("cannot be read", "name a readable file")
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	switch {
	case err != nil:
		return nil, input("cannot be read", "name a readable file")
	case len(text) > maxFile:
		return nil, input("larger than 64 KiB", "name a keys file")
	}
	f := &File{path: path, text: text}
	if err := f.parse(); err != nil {
		return nil, err
	}
	return f, f.check()
}

// parse decodes the YAML; a key that the format does not know is an error.
func (f *File) parse() (err error) {
	in := &cardprofile.InputError{File: f.path, Problem: "not valid YAML", Fix: "correct the line"}
	defer func() {
		if r := recover(); r != nil {
			err = in
		}
	}()
	decodeErr := yaml.NewDecoder(bytes.NewReader(f.text), yaml.Strict()).Decode(f)
	if decodeErr == nil {
		return nil
	}
	if errors.Is(decodeErr, io.EOF) {
		in.Problem, in.Fix = "the file is empty", "name a keys file"
		return in
	}
	var y yaml.Error
	if errors.As(decodeErr, &y) {
		// The message may quote the line, which may hold what should not be there, so only its place is told.
		if t := y.GetToken(); t != nil && t.Position != nil {
			in.Line = t.Position.Line
		}
	}
	var unknown *yaml.UnknownFieldError
	if errors.As(decodeErr, &unknown) {
		in.Problem, in.Fix = "unknown key", "remove it or correct its spelling"
		if unknown.Token != nil {
			in.Field = unknown.Token.Value
		}
	}
	return in
}

func (f *File) check() error {
	at := func(field, problem, fix string) error {
		return &cardprofile.InputError{File: f.path, Line: f.line(field), Field: field, Problem: problem, Fix: fix}
	}
	if f.Module == "" {
		return at("module", "is missing", "name the PKCS#11 module of the token")
	}
	if f.Token == "" {
		return at("token", "is missing", "name the token's label")
	}
	if f.PINSource != "" && f.PINSource != "prompt" {
		if _, err := hsm.ParsePINSource(f.PINSource, nil); err != nil {
			return at("pin-source", "is neither file:PATH nor env:NAME nor prompt", "name where the PIN is, never the PIN itself")
		}
	}
	if len(f.DocumentSigners) > 0 {
		switch {
		case f.DocumentSigner != "" || f.DocumentSignerCertificate != "":
			return at("document-signers", "stands beside document-signer", "write one of the two")
		case len(f.DocumentSigners) > maxSigners:
			return at("document-signers", "are more than 64", "leave out those whose period is over")
		case f.Trust == "":
			return at("trust", "is missing beside document-signers", "name the trust store that holds their CSCA")
		}
	}
	type named struct {
		field    string
		ref      hsm.KeyRef
		required bool
	}
	var signers []named
	for i, s := range f.DocumentSigners {
		signers = append(signers, named{"document-signers", s.Key, true})
		switch {
		case s.Limit < 0:
			return at("document-signers", "holds a limit below 0", "write how many documents the key may sign, or leave it out")
		case s.Limit > 0 && f.SignerUses == "":
			return at("signer-uses", "is missing beside a limit", "name the folder where the use of each key is counted")
		case slices.ContainsFunc(f.DocumentSigners[:i], func(o Signer) bool { return o.Key == s.Key }):
			return at("document-signers", "holds a key twice", "name each key once")
		}
	}
	for _, k := range append(signers, []named{{"document-signer", f.DocumentSigner, len(signers) == 0}, {"card-master", f.CardMaster, false}, {"card-master-new", f.CardMasterNew, false}, {"digest", f.Digest, false},
		{"seal", f.Seal, false}, {"audit", f.Audit, false}, {"intake", f.Intake, false}}...) {
		if k.ref == "" {
			if k.required {
				return at(k.field, "is missing", "name the key, such as pkcs11:object=LABEL")
			}
			continue
		}
		u, err := k.ref.Parse()
		var fault *hsm.Fault
		switch {
		case errors.As(err, &fault):
			return at(k.field, "not a usable key URI: "+fault.Detail, "name the key, such as pkcs11:object=LABEL")
		case err != nil || u.Object == "" && len(u.ID) == 0:
			return at(k.field, "names no key", "give object= or id=, such as pkcs11:object=LABEL")
		}
	}
	if f.CardMasterNew != "" && f.CardMasterNew == f.CardMaster {
		return at("card-master-new", "is the same key as card-master: an issued card must not keep the keys it came with", "name the master key of issued cards")
	}
	paths := []*string{&f.DocumentSignerCertificate, &f.SignerUses, &f.Trust}
	for i := range f.DocumentSigners {
		paths = append(paths, &f.DocumentSigners[i].Certificate)
	}
	for i := range f.CVCACertificates {
		paths = append(paths, &f.CVCACertificates[i])
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(filepath.Dir(f.path), *p)
		}
	}
	if rest, ok := cutFile(f.PINSource); ok && !filepath.IsAbs(rest) {
		f.PINSource = "file:" + filepath.Join(filepath.Dir(f.path), rest)
	}
	return nil
}

func cutFile(source string) (string, bool) {
	const prefix = "file:"
	if len(source) > len(prefix) && source[:len(prefix)] == prefix {
		return source[len(prefix):], true
	}
	return "", false
}

// line finds the line of a top-level key, 0 when it has none.
func (f *File) line(field string) int {
	for i, l := range bytes.Split(f.text, []byte("\n")) {
		if bytes.HasPrefix(l, []byte(field+":")) {
			return i + 1
		}
	}
	return 0
}

// Open opens the token that the file names.
func (f *File) Open(ctx context.Context, ask Ask) (hsm.Keyring, error) {
	source, err := pinSource(f.PINSource, f.Token, ask)
	if err != nil {
		return nil, &cardprofile.InputError{File: f.path, Line: f.line("pin-source"), Field: "pin-source", Problem: err.Error(), Fix: "give file:PATH or env:NAME, or run at a terminal"}
	}
	return pkcs11.Open(ctx, pkcs11.Config{Module: f.Module, Token: f.Token, Serial: f.Serial, PIN: source})
}
