package ceremony

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/hsm"
)

// Kinds of ceremony.
const (
	CSCA                = "csca"
	Link                = "link"
	DS                  = "ds"
	MasterListSigner    = "masterlist-signer"
	DeviationListSigner = "deviationlist-signer"
	CRL                 = "crl"
	MasterList          = "masterlist"
	DeviationList       = "deviationlist"
	CVCA                = "cvca"
	DV                  = "dv"
	Terminal            = "terminal"
	Request             = "request"
)

// Kinds are all of them.
var Kinds = []string{CSCA, Link, DS, MasterListSigner, DeviationListSigner, CRL, MasterList, DeviationList, CVCA, DV, Terminal, Request}

// Spec is a ceremony's file. Paths in it start from its folder; dates are days in UTC,
// whole: a certificate lasts to the end of its last day.
type Spec struct {
	Title string     `yaml:"ceremony"` // for people
	Kind  string     `yaml:"kind"`
	Key   hsm.KeyRef `yaml:"key"` // the private key that signs
	Hash  string     `yaml:"hash"`
	PKCS1 bool       `yaml:"pkcs1"`

	// Of certificates and lists of Doc 9303-12.
	CSCA             string     `yaml:"csca"` // certificate of the CSCA: that issues, or whose list it is
	Next             string     `yaml:"next"` // link: the new CSCA's certificate
	Subject          *Subject   `yaml:"subject"`
	SubjectKey       hsm.KeyRef `yaml:"subject-key"`        // in the token
	SubjectPublicKey string     `yaml:"subject-public-key"` // or its public key, in PEM
	Documents        []string   `yaml:"documents"`
	Revocations      *crlSpec   `yaml:"crl"`
	Signer           string     `yaml:"signer"` // of a list: its signer's certificate
	Signed           string     `yaml:"signed"` // of a list: when
	Certificates     []string   `yaml:"certificates"`
	Entries          []entry    `yaml:"entries"`
	CV               *cvSpec    `yaml:"cv"`

	path string
	text []byte
}

// Subject is whom a certificate is for.
type Subject struct {
	Country      string   `yaml:"country"`
	State        string   `yaml:"state"`
	Name         string   `yaml:"name"`
	Organization string   `yaml:"organization"`
	Email        string   `yaml:"email"`
	URL          string   `yaml:"url"`
	CRL          []string `yaml:"crl-urls"`
	From         string   `yaml:"from"`
	Until        string   `yaml:"until"`
	SignUntil    string   `yaml:"sign-until"`
	Test         bool     `yaml:"test"`
	NameChanged  bool     `yaml:"name-changed"`
}

type crlSpec struct {
	Previous   string `yaml:"previous"` // file; empty for the first list
	ThisUpdate string `yaml:"this-update"`
	NextUpdate string `yaml:"next-update"`
	Number     int64  `yaml:"number"` // 0: the next one
	Revoked    []struct {
		Serial string `yaml:"serial"` // hexadecimal
		At     string `yaml:"at"`
	} `yaml:"revoked"`
}

// entry is one entry of a deviation list.
type entry struct {
	DocumentType string   `yaml:"document-type"`
	IssuerOf     string   `yaml:"signer-certificate"` // the Document Signer, by issuer and serial number
	KeyID        string   `yaml:"signer-key-id"`      // or by its key identifier, hexadecimal
	From         string   `yaml:"issued-from"`
	To           string   `yaml:"issued-to"`
	Numbers      []string `yaml:"document-numbers"`
	Deviations   []struct {
		Type      string `yaml:"type"` // dotted, Doc 9303-12, 10.2
		Text      string `yaml:"text"`
		Group     int    `yaml:"data-group"`
		Field     int    `yaml:"field"`
		Extension string `yaml:"extension"`
	} `yaml:"deviations"`
}

type cvSpec struct {
	Holder    string   `yaml:"holder"` // CHR: country, mnemonic, sequence: UTISCVCA00001
	Role      string   `yaml:"role"`   // cvca, dv-domestic, dv-foreign, terminal
	Rights    []string `yaml:"rights"` // read-dg3, read-dg4
	From      string   `yaml:"from"`
	Until     string   `yaml:"until"`
	Algorithm string   `yaml:"algorithm"` // ECDSA-SHA-256, …; of a request's holder: the request's
	Issuer    string   `yaml:"issuer"`    // certificate of who signs; empty: self-signed
	Request   string   `yaml:"request"`   // file with the holder's request
	Authority string   `yaml:"authority"` // request: the CAR that is expected
	Domain    bool     `yaml:"domain-parameters"`
}

const maxSpec = 8 << 20

// Load reads a ceremony's file strictly. Whatever is wrong with it is a
// *cardprofile.InputError.
func Load(path string) (*Spec, error) {
	b, err := readFile(path, path, maxSpec)
	if err != nil {
		return nil, err
	}
	return parse(path, b)
}

func parse(path string, text []byte) (*Spec, error) {
	s := &Spec{path: path, text: text}
	if err := s.decode(); err != nil {
		return nil, err
	}
	switch {
	case !slices.Contains(Kinds, s.Kind):
		return nil, s.bad("kind", "is none of "+fmt.Sprint(Kinds), "name the object to be made")
	case s.Title == "":
		return nil, s.bad("ceremony", "is missing", "give the ceremony a title, for plan and transcript")
	case s.Key == "":
		return nil, s.bad("key", "is missing", "name the key that signs, such as pkcs11:object=csca")
	}
	if _, err := cms.HashByName(s.Hash); err != nil {
		return nil, s.bad("hash", err.Error(), "leave it out to have it chosen by the key")
	}
	return s, nil
}

func (s *Spec) decode() (err error) {
	in := &cardprofile.InputError{File: s.path, Problem: "not valid YAML", Fix: "correct the line"}
	defer func() {
		if r := recover(); r != nil {
			err = in
		}
	}()
	decodeErr := yaml.NewDecoder(bytes.NewReader(s.text), yaml.Strict()).Decode(s)
	if decodeErr == nil {
		return nil
	}
	if errors.Is(decodeErr, io.EOF) {
		in.Problem, in.Fix = "the file is empty", "name a ceremony's file"
		return in
	}
	var y yaml.Error
	if errors.As(decodeErr, &y) {
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

// bad is an error about a key of the file, with its line.
func (s *Spec) bad(field, problem, fix string) error {
	in := &cardprofile.InputError{File: s.path, Field: field, Problem: problem, Fix: fix}
	for i, l := range bytes.Split(s.text, []byte("\n")) {
		if bytes.HasPrefix(bytes.TrimLeft(l, " -"), []byte(field+":")) {
			in.Line = i + 1
			break
		}
	}
	return in
}

// Digest is the SHA-256 of the file.
func (s *Spec) Digest() [32]byte { return sha256.Sum256(s.text) }

// file is a path of the spec.
func (s *Spec) file(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(s.path), path)
}

// day reads a date.
func (s *Spec) day(field, text string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, s.bad(field, "is no date", "write YYYY-MM-DD: a plan holds no date that is only known later")
	}
	return t, nil
}

// moment reads a date, or a date and time in UTC.
func (s *Spec) moment(field, text string) (time.Time, error) {
	if t, err := time.Parse("2006-01-02T15:04:05Z", text); err == nil {
		return t, nil
	}
	return s.day(field, text)
}

// lastSecond takes a day to its end.
const lastSecond = 24*time.Hour - time.Second

func readFile(name, path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, &cardprofile.InputError{File: name, Problem: "there is no such file", Fix: "check the path"}
		}
		return nil, &cardprofile.InputError{File: name, Problem: "cannot be read", Fix: "name a readable file"}
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, &cardprofile.InputError{File: name, Problem: "cannot be read", Fix: "name a readable file"}
	case int64(len(b)) > limit:
		return nil, &cardprofile.InputError{File: name, Problem: fmt.Sprintf("is larger than %d bytes", limit), Fix: "name another file"}
	}
	return b, nil
}
