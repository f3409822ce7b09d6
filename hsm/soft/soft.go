package soft

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/chipid-toolkit/chipid/hsm"
)

// Config says which file keyring to open.
type Config struct {
	Dir    string        // folder of the key files; empty: in memory, gone at Close
	Label  string        // stands in key URIs as the token's label; empty: "soft"
	PIN    hsm.PINSource // seals the keys at rest; nil: they lie in the files as they are
	Create bool          // make the folder if it is not there
}

// Acknowledgement is the caller's word that keys in files are what it wants.
type Acknowledgement struct{ say func() }

// Embedded acknowledges for a demonstration and prints a warning to w each time a keyring is opened.
func Embedded(w io.Writer) Acknowledgement {
	return Acknowledgement{func() {
		fmt.Fprintln(w, "warning: keys are in files, not in a token: for demonstration only, never for real documents")
	}}
}

// ForTesting acknowledges for a test, which shows itself by having a temporary folder.
func ForTesting(t interface{ TempDir() string }) Acknowledgement {
	if t == nil {
		return Acknowledgement{}
	}
	return Acknowledgement{func() {}}
}

// Open opens a file keyring.
func Open(ctx context.Context, cfg Config, ack Acknowledgement) (hsm.Keyring, error) {
	const doing = "open file keyring"
	if ack.say == nil {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Detail: "keys in files are for demonstration and tests; use a PKCS#11 token"}
	}
	if err := ctx.Err(); err != nil {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrStopped, Cause: err}
	}
	if cfg.Label == "" {
		cfg.Label = "soft"
	}
	k := &keyring{label: cfg.Label, mu: new(sync.RWMutex)}
	if cfg.Dir == "" {
		k.store = &memory{files: map[string][]byte{}}
	} else {
		d, err := openFolder(cfg.Dir, cfg.Create)
		if err != nil {
			return nil, err
		}
		k.store = d
		path, err := filepath.Abs(cfg.Dir)
		if err != nil {
			return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrTokenMissing, Cause: err}
		}
		mu, _ := folderLocks.LoadOrStore(path, k.mu)
		k.mu = mu.(*sync.RWMutex)
	}
	k.mu.Lock()
	err := k.unlock(ctx, cfg.PIN)
	k.mu.Unlock()
	if err != nil {
		return nil, err
	}
	ack.say()
	return k, nil
}

// folderLocks holds a *sync.RWMutex for each folder that was opened. Other processes are not kept out: this is no store for them.
var folderLocks sync.Map

// keyring is a set of key files.
type keyring struct {
	label string
	store store
	seal  *sealer // nil: keys lie in clear

	mu     *sync.RWMutex // held for writing by what changes the store; shared by the keyrings of this process on a folder
	closed bool
}

var _ hsm.Keyring = (*keyring)(nil)

// Close forgets the key that the files are sealed with, and what was in memory.
func (k *keyring) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.closed {
		k.closed = true
		k.store.close()
	}
	return nil
}

// open says whether the keyring can be worked with. The caller holds mu.
func (k *keyring) open(doing string) error {
	if k.closed {
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrClosed}
	}
	if _, err := k.store.read(headerFile); err != nil {
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrTokenLost, Detail: "the keyring's files are gone", Cause: err}
	}
	return nil
}

// store is where the files are.
type store interface {
	names() ([]string, error)
	read(name string) ([]byte, error) // fs.ErrNotExist
	write(name string, b []byte) error
	remove(name string) error
	close()
}

// maxFile bounds what is read: an RSA-4096 key or a certificate fits many times.
const maxFile = 256 << 10

type folder struct{ dir string }

func openFolder(dir string, create bool) (*folder, error) {
	fault := func(kind error, detail string, cause error) (*folder, error) {
		return nil, &hsm.Fault{Doing: "open file keyring", Kind: kind, Detail: detail, Cause: cause}
	}
	if create {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fault(hsm.ErrTokenMissing, "", err)
		}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fault(hsm.ErrTokenMissing, "", err)
	}
	if !info.IsDir() {
		return fault(hsm.ErrTokenMissing, "it is not a folder", nil)
	}
	d := &folder{dir}
	if _, err := d.read(headerFile); errors.Is(err, os.ErrNotExist) && !create {
		return fault(hsm.ErrTokenMissing, "the folder holds no keyring", nil)
	}
	return d, nil
}

func (d *folder) names() ([]string, error) {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

func (d *folder) read(name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(d.dir, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = errors.New("file too long")
	}
	return b, err
}

// write replaces a file as a whole: a crash leaves the old one or the new one.
func (d *folder) write(name string, b []byte) error {
	f, err := os.CreateTemp(d.dir, ".new-*")
	if err != nil {
		return err
	}
	// CreateTemp makes files of mode 0600.
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(d.dir, name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func (d *folder) remove(name string) error { return os.Remove(filepath.Join(d.dir, name)) }
func (d *folder) close()                   {}

// memory is a folder that was never on a disk. The keyring's lock guards it.
type memory struct{ files map[string][]byte }

func (m *memory) names() ([]string, error) {
	var out []string
	for n := range m.files {
		out = append(out, n)
	}
	return out, nil
}

func (m *memory) read(name string) ([]byte, error) {
	b, ok := m.files[name]
	if !ok {
		return nil, os.ErrNotExist
	}
	return append([]byte(nil), b...), nil
}

func (m *memory) write(name string, b []byte) error {
	m.files[name] = append([]byte(nil), b...)
	return nil
}

func (m *memory) remove(name string) error {
	if _, ok := m.files[name]; !ok {
		return os.ErrNotExist
	}
	clear(m.files[name])
	delete(m.files, name)
	return nil
}

func (m *memory) close() {
	for _, b := range m.files {
		clear(b)
	}
	m.files = map[string][]byte{}
}
