package chip

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
)

// ErrState says that a state file is not one of ours, or that it cannot be
// read or written.
var ErrState = errors.New("chip: state file")

// stateVersion is the version of the state file's form.
const stateVersion = 1

// state is what a chip keeps without power. It is never changed in place:
// [Chip.update] works on a copy, so that a command takes effect whole or not at
// all. It holds secrets and is written to files of mode 0600 only.
type state struct {
	Version int         `json:"version"`
	Model   Model       `json:"model"`
	CPLC    []byte      `json:"cplc"`
	Card    byte        `json:"card_life_cycle"`
	Keys    keySet      `json:"scp03_keys"`
	Applet  appletState `json:"applet"`
}

// keySet is the one SCP03 key set of the issuer security domain.
type keySet struct {
	KVN     byte   `json:"kvn"`
	ENC     []byte `json:"enc"`
	MAC     []byte `json:"mac"`
	DEK     []byte `json:"dek"`
	Initial bool   `json:"initial"` // not replaced yet
	Counter uint32 `json:"sequence_counter"`
	Failed  int    `json:"failed"` // EXTERNAL AUTHENTICATEs in a row
}

// appletState is the eMRTD applet.
type appletState struct {
	LifeCycle  byte      `json:"life_cycle"`
	Progress   byte      `json:"progress"`
	Configured bool      `json:"configured"`
	Flags      byte      `json:"flags"`
	Mechanisms byte      `json:"mechanisms"`
	CANTries   int       `json:"can_tries"` // 0: no limit
	PACE       []paceSet `json:"pace,omitempty"`
	MRZ        string    `json:"mrz,omitempty"`
	CAN        string    `json:"can,omitempty"`
	CA         []caKey   `json:"ca,omitempty"`
	AA         *aaKey    `json:"aa,omitempty"`
	Date       string    `json:"date,omitempty"`
	Files      []file    `json:"files,omitempty"`
	Failures   int       `json:"failures"`     // failed attempts in a row, any password
	CANFailed  int       `json:"can_failures"` // failed attempts with the CAN in a row

	Trust *trustState `json:"trust,omitempty"` // terminal authentication; nil: the chip has none

	PIN       string `json:"pin,omitempty"`
	PUK       string `json:"puk,omitempty"`
	PINTries  int    `json:"pin_tries,omitempty"` // 0: no limit
	PUKTries  int    `json:"puk_tries,omitempty"`
	PINFailed int    `json:"pin_failures,omitempty"`
	PUKFailed int    `json:"puk_failures,omitempty"`
}

type paceSet struct {
	Protocol  string `json:"protocol"` // object identifier, dotted
	Parameter int    `json:"parameter"`
	// Explicit says that the parameters under this identifier are explicit
	// ones, and which standardized ones they are; nil where they are none.
	Explicit *int `json:"explicit,omitempty"`
}

type caKey struct {
	Protocols []string `json:"protocols"` // object identifiers, dotted
	ID        int      `json:"id"`        // -1: none
	Curve     string   `json:"curve"`
	Scalar    []byte   `json:"scalar"`
	Group     *group   `json:"group,omitempty"` // instead of a curve
}

// group is a prime field's group; Q is empty where it is not known.
type group struct {
	P []byte `json:"p"`
	Q []byte `json:"q,omitempty"`
	G []byte `json:"g"`
}

type aaKey struct {
	RSA    []byte `json:"rsa,omitempty"` // PKCS #1
	Curve  string `json:"curve,omitempty"`
	Scalar []byte `json:"scalar,omitempty"`
	Hash   byte   `json:"hash"`
}

// directory is where a file stands.
type directory byte

const (
	dirMF  directory = 0
	dirApp directory = 1
)

type file struct {
	Dir     directory `json:"dir"`
	FID     uint16    `json:"fid"`
	SFI     byte      `json:"sfi"`
	Rule    byte      `json:"rule"`
	Size    int       `json:"size"`
	Content []byte    `json:"content"` // grows up to Size
}

// clone copies the state so far that changing the copy leaves s as it is. File
// contents are shared: a change replaces them, or appends through a fresh slice.
func (s *state) clone() *state {
	c := *s
	c.Applet.PACE = append([]paceSet(nil), s.Applet.PACE...)
	c.Applet.CA = append([]caKey(nil), s.Applet.CA...)
	c.Applet.Files = append([]file(nil), s.Applet.Files...)
	return &c
}

func (a *appletState) personalized() bool { return a.LifeCycle == applet.AppletPersonalized }

// find gives the index of a file, or -1.
func (a *appletState) find(dir directory, fid uint16) int {
	for i := range a.Files {
		if a.Files[i].Dir == dir && a.Files[i].FID == fid {
			return i
		}
	}
	return -1
}

// findSFI gives the index of a file, or -1.
func (a *appletState) findSFI(dir directory, sfi byte) int {
	for i := range a.Files {
		if a.Files[i].Dir == dir && a.Files[i].SFI == sfi && sfi != 0 {
			return i
		}
	}
	return -1
}

// update makes change on a copy of the state, writes it, and only then lets it
// be the state. A change that fails, or cannot be written, has not happened.
func (c *Chip) update(change func(*state) error) error {
	next := c.st.clone()
	if err := change(next); err != nil {
		return err
	}
	if c.path != "" {
		if err := next.save(c.path); err != nil {
			return err
		}
	}
	c.stored(c.st, next)
	c.st = next
	return nil
}

// save writes the state beside path, flushes it, and puts it in path's place in
// one step: a power cut leaves the old state or the new one.
func (s *state) save(path string) (err error) {
	b, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(b); err == nil {
		if err = f.Sync(); err == nil {
			err = f.Close()
		}
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	// The new name is in the directory: flushed too, where a directory can be.
	if dir, openErr := os.Open(filepath.Dir(path)); openErr == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
	return nil
}

// maxStateFile bounds what is read: all files at their largest, in base64.
const maxStateFile = 2 * applet.MaxFiles * (applet.MaxFileSize + 1)

func loadState(path string) (*state, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	if info.Size() > maxStateFile {
		return nil, fmt.Errorf("%w: %s is too large", ErrState, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	s := new(state)
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("%w: %s is not the state of a chip: %s", ErrState, path, decodeProblem(err))
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrState, path, err)
	}
	return s, nil
}

// decodeProblem says what is wrong without repeating a value: it may be a key.
func decodeProblem(err error) string {
	var typeError *json.UnmarshalTypeError
	if errors.As(err, &typeError) {
		return "wrong type in " + typeError.Field
	}
	return "malformed JSON"
}

// check refuses a state that no chip can have been in.
func (s *state) check() error {
	if s.Version != stateVersion {
		return fmt.Errorf("version %d, this program writes %d", s.Version, stateVersion)
	}
	if len(s.CPLC) != cplcLen {
		return fmt.Errorf("CPLC of %d bytes", len(s.CPLC))
	}
	n := len(s.Keys.ENC)
	if n != 16 && n != 24 && n != 32 || len(s.Keys.MAC) != n || len(s.Keys.DEK) != n {
		return errors.New("SCP03 keys of a wrong length")
	}
	if s.Keys.Counter > maxSequence || s.Keys.Failed < 0 {
		return errors.New("counter out of range")
	}
	if err := s.Model.check(); err != nil {
		return err
	}
	a := &s.Applet
	if len(a.Files) > applet.MaxFiles || len(a.PACE) > applet.MaxPACE || len(a.CA) > applet.MaxCAKeys {
		return errors.New("more files or keys than the chip holds")
	}
	for _, ref := range []pace.Reference{0, pace.ReferenceCAN, pace.ReferencePIN, pace.ReferencePUK} {
		limit, failed := a.tries(ref)
		if a.Failures < 0 || *failed < 0 || limit < 0 || limit > 15 {
			return errors.New("counter out of range")
		}
	}
	for i := range a.Files {
		f := &a.Files[i]
		if f.Size < 0 || f.Size > applet.MaxFileSize || len(f.Content) > f.Size || f.Dir > dirApp || f.SFI > 30 {
			return fmt.Errorf("file %04X is impossible", f.FID)
		}
	}
	k, err := newKeyring(a)
	if err != nil {
		return err
	}
	if a.personalized() {
		_, err = buildProtocols(a, k, owner{})
	}
	return err
}
