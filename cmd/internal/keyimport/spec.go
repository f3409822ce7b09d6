package keyimport

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/hsm"
)

// Methods of key check values: AES over a block of bytes 01 (GlobalPlatform Amd D v1.1.1, 4.1), over zeros, and AES-CMAC of a block of zeros.
const (
	KCVOnes  = "ones"
	KCVZeros = "zeros"
	KCVCMAC  = "cmac"
)

// maxCustodians bounds a ceremony.
const maxCustodians = 16

// Spec is the file of a key import. It holds no key.
//
//	ceremony: "Transport key of lot 4711"
//	label: transport-4711        # of the key in the token
//	use: card-master             # card-master (default), card-master-3des, or transport: what further keys come in under
//	bits: 128                    # 128 or 256
//	kcv-method: ones             # ones (default), zeros or cmac
//	kcv: 504a77                  # of the key
//	threshold: 2                 # any 2 custodians suffice (shares); left out: all are needed (components, XOR)
//	components:
//	  - {custodian: Lan, kcv: 30d3a8, share: 1}
//	  - {custodian: Minh, kcv: 8baf47, share: 2, file: minh.hex}
type Spec struct {
	Title      string      `yaml:"ceremony"`
	Label      string      `yaml:"label"`
	ID         string      `yaml:"id"` // hexadecimal; empty: the token's choice
	Bits       int         `yaml:"bits"`
	Method     string      `yaml:"kcv-method"`
	KCV        string      `yaml:"kcv"`
	Use        string      `yaml:"use"`       // card-master (default), card-master-3des, transport
	Threshold  int         `yaml:"threshold"` // 0: all
	Components []Component `yaml:"components"`
	Wrapped    *Wrapped    `yaml:"wrapped"` // in place of components

	path string
	text []byte
}

// Component is a custodian's part.
type Component struct {
	Custodian string `yaml:"custodian"`
	KCV       string `yaml:"kcv"`
	Share     int    `yaml:"share"` // place of a share, 1 to 255; 0 without a threshold
	File      string `yaml:"file"`  // hexadecimal; empty: typed
}

const maxSpec = 64 << 10

// Load reads the file strictly. Whatever is wrong with it is a *cardprofile.InputError.
func Load(path string) (*Spec, error) {
	text, err := readFile(path, maxSpec)
	if err != nil {
		return nil, err
	}
	return parse(path, text)
}

func parse(path string, text []byte) (*Spec, error) {
	s := &Spec{path: path, text: text}
	if err := s.decode(); err != nil {
		return nil, err
	}
	return s, s.check()
}

func (s *Spec) decode() (err error) {
	in := &cardprofile.InputError{File: s.path, Problem: "not valid YAML", Fix: "correct the line"}
	defer func() {
		if recover() != nil {
			err = in
		}
	}()
	decodeErr := yaml.NewDecoder(bytes.NewReader(s.text), yaml.Strict()).Decode(s)
	if decodeErr == nil {
		return nil
	}
	if errors.Is(decodeErr, io.EOF) {
		in.Problem, in.Fix = "the file is empty", "name the file of a key import"
		return in
	}
	// The message may quote the line, and somebody may have written a key there: only its place is told.
	var y yaml.Error
	if errors.As(decodeErr, &y) {
		if t := y.GetToken(); t != nil && t.Position != nil {
			in.Line = t.Position.Line
		}
	}
	return in
}

func (s *Spec) check() error {
	if s.Use == "" {
		s.Use = "card-master"
	}
	if s.Method == "" {
		if s.Method = KCVOnes; s.Use == tdesMaster {
			s.Method = KCVZeros
		}
	}
	secret, err := s.secret()
	var fault *hsm.Fault
	switch {
	case s.Title == "":
		return s.bad("ceremony", "is missing", "give the ceremony a title, for plan and transcript")
	case !plain(s.Title):
		return s.bad("ceremony", "holds a control character or is longer than 128 bytes", "write one short line")
	case err != nil:
		return s.bad("id", "is not hexadecimal", "write each byte as two digits")
	case uses[s.Use] == 0:
		return s.bad("use", "is none of card-master, card-master-3des and transport", "leave it out for a key that card keys are diversified from")
	case errors.As(secret.Check(), &fault):
		return s.bad("label, id or bits", fault.Detail, "correct it")
	case s.Use == tdesMaster && s.Method != KCVZeros:
		return s.bad("kcv-method", "is not zeros", "leave it out: the check value of a 3DES key is made over zeros")
	case s.Method != KCVOnes && s.Method != KCVZeros && s.Method != KCVCMAC:
		return s.bad("kcv-method", "is none of ones, zeros and cmac", "ask the vendor; GlobalPlatform's is ones")
	case !isKCV(s.KCV):
		return s.bad("kcv", "is not 6 hexadecimal digits", "write the check value of the whole key")
	case s.Wrapped != nil:
		return s.checkWrapped()
	case len(s.Components) < 2 || len(s.Components) > maxCustodians:
		return s.bad("components", fmt.Sprintf("are %d", len(s.Components)), fmt.Sprintf("name 2 to %d custodians: nobody holds the key alone", maxCustodians))
	case s.Threshold != 0 && (s.Threshold < 2 || s.Threshold > len(s.Components)):
		return s.bad("threshold", "is not 2 to the number of custodians", "leave it out where all are needed")
	}
	names, places := map[string]bool{}, map[int]bool{}
	for i, c := range s.Components {
		at := fmt.Sprintf("components[%d]", i)
		switch {
		case c.Custodian == "" || !plain(c.Custodian):
			return s.bad(at, "names no custodian", "name who holds the component, in one line")
		case names[c.Custodian]:
			return s.bad(at, "names a custodian a second time", "each holds one component")
		case !isKCV(c.KCV):
			return s.bad(at, "kcv is not 6 hexadecimal digits", "write the component's check value, never the component")
		case s.Threshold == 0 && c.Share != 0:
			return s.bad(at, "share goes with threshold", "leave share out, or say how many suffice")
		case s.Threshold != 0 && (c.Share < 1 || c.Share > 255 || places[c.Share]):
			return s.bad(at, "share is not 1 to 255, each once", "write the number that stands on the share")
		}
		names[c.Custodian], places[c.Share] = true, true
	}
	return nil
}

// uses are what an imported key may be for.
var uses = map[string]hsm.SecretUse{"card-master": hsm.UseCardMaster, "transport": hsm.UseTransport, tdesMaster: hsm.UseCardMasterTDES}

// tdesMaster is a 3DES master key, by EMV CPS.
const tdesMaster = "card-master-3des"

// algorithm names cipher and size.
func (s *Spec) algorithm() string {
	if s.Use == tdesMaster {
		return fmt.Sprintf("3DES of %d bits", s.Bits)
	}
	return fmt.Sprintf("AES-%d", s.Bits)
}

func (s *Spec) secret() (hsm.SecretSpec, error) {
	id, err := hex.DecodeString(s.ID)
	return hsm.SecretSpec{Label: s.Label, ID: id, Use: uses[s.Use], Bits: s.Bits}, err
}

func isKCV(text string) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == 3
}

// plain: fit for one line of a plan.
func plain(text string) bool {
	return len(text) <= 128 && !strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r >= 0x7F && r < 0xA0 || r == 0xFFFD })
}

func (s *Spec) bad(field, problem, fix string) error {
	return &cardprofile.InputError{File: s.path, Field: field, Problem: problem, Fix: fix}
}

// file is a path of the spec: it starts from its folder.
func (s *Spec) file(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(s.path), path)
}

// digest is the SHA-256 of the file.
func (s *Spec) digest() [32]byte { return sha256.Sum256(s.text) }

func readFile(path string, limit int64) ([]byte, error) {
	in := &cardprofile.InputError{File: path, Problem: "cannot be read", Fix: "name a readable file"}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		in.Problem, in.Fix = "there is no such file", "check the path"
	}
	if err != nil {
		return nil, in
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		clear(b)
		return nil, in
	}
	if int64(len(b)) > limit {
		clear(b)
		in.Problem, in.Fix = fmt.Sprintf("is larger than %d bytes", limit), "name another file"
		return nil, in
	}
	return b, nil
}
