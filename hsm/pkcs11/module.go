//go:build cgo

package pkcs11

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/hsm"
)

// Available says whether this build can open tokens at all.
const Available = true

// module is a PKCS#11 library in use. There is one per library and process, because C_Initialize and C_Finalize speak for the whole
// process: whoever would call them for himself would take the library from everyone else.
type module struct {
	api    cryptoki
	path   string
	ours   bool // we initialized it, so we finalize it
	users  int  // tokens that are open, and InitToken calls under way
	tokens map[string]*token
}

// modules guards everything in it, and the users, tokens and ours of each module.
var modules = struct {
	sync.Mutex
	// loaded keeps libraries that were let go of, too: unloading one that has run threads or registered exit functions crashes processes.
	loaded map[string]*module
}{loaded: map[string]*module{}}

// useModule loads and initializes the library, or shares it. The caller holds modules.
func useModule(path string) (*module, error) {
	doing := fmt.Sprintf("load PKCS#11 module %s", path)
	if path == "" {
		return nil, &hsm.Fault{Doing: "load PKCS#11 module", Kind: hsm.ErrModule, Detail: "no module is named"}
	}
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		f := &hsm.Fault{Doing: doing, Kind: hsm.ErrModule, Cause: err}
		if os.IsNotExist(err) {
			f.Detail = "no such file"
			if strings.Contains(path, "softhsm") {
				f.Detail += "; the Debian package is softhsm2"
			}
		}
		return nil, f
	}
	m := modules.loaded[real]
	if m == nil {
		api := p11.New(real)
		if api == nil {
			return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrModule, Detail: "it is not a PKCS#11 module of this machine's kind, or a library it needs is missing"}
		}
		m = &module{api: api, path: real, tokens: map[string]*token{}}
		modules.loaded[real] = m
	}
	if m.users == 0 {
		if err := m.initialize(); err != nil {
			return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrModule, Detail: "it does not start; its configuration may be missing or wrong", Cause: err}
		}
	}
	m.users++
	return m, nil
}

func (m *module) initialize() error {
	err := m.api.Initialize()
	e, _ := code(err)
	if e == p11.CKR_CRYPTOKI_ALREADY_INITIALIZED {
		// Another binding in this process has it: it stays theirs.
		m.ours = false
		return nil
	}
	m.ours = err == nil
	return err
}

// leave gives the module back; the last user finalizes it. The caller holds modules.
func (m *module) leave() {
	if m.users--; m.users == 0 && m.ours {
		_ = m.api.Finalize()
		m.ours = false
	}
}

// restart finalizes and initializes the module again, which is how some modules find a token that came back. It does nothing and says so
// when another token or another binding depends on the module.
func (m *module) restart(t *token) (bool, error) {
	modules.Lock()
	defer modules.Unlock()
	if m.users != 1 || m.tokens[t.key()] != t {
		return false, nil
	}
	if m.ours {
		_ = m.api.Finalize()
	}
	return true, m.initialize()
}

// Open opens a token. Keyrings on the same token share its sessions and its login.
//
// The PIN is read once and given to the token once. A wrong PIN is an error of kind hsm.ErrPINWrong with an *hsm.PINStatus inside.
func Open(ctx context.Context, cfg Config) (hsm.Keyring, error) {
	doing := fmt.Sprintf("open token %q", cfg.Token)
	if cfg.Token == "" {
		return nil, &hsm.Fault{Doing: "open token", Kind: hsm.ErrTokenMissing, Detail: "no token is named"}
	}
	if cfg.PIN == nil {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrPINSource, Detail: "none is given"}
	}
	if err := ctx.Err(); err != nil {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrStopped, Cause: err}
	}
	// The PIN is asked for before the lock is taken: a person may take a while.
	pin, err := cfg.PIN.PIN(ctx)
	if err != nil {
		return nil, fault(doing, err)
	}
	defer pin.Wipe()

	modules.Lock()
	defer modules.Unlock()
	m, err := useModule(cfg.Module)
	if err != nil {
		return nil, err
	}
	slot, info, err := m.findToken(cfg.Token, cfg.Serial)
	if err != nil {
		m.leave()
		return nil, fault(doing, err)
	}
	fresh := &token{mod: m, label: info.Label, serial: info.SerialNumber, source: cfg.PIN, max: cfg.Sessions}
	if t := m.tokens[fresh.key()]; t != nil {
		m.leave()
		if !t.samePIN(pin) {
			return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrPINWrong, Detail: "it is not the PIN with which this process is logged in to the token already"}
		}
		t.keyrings++
		return &keyring{t: t}, nil
	}
	if err := fresh.connect(slot, info, pin); err != nil {
		m.leave()
		return nil, fault(doing, err)
	}
	m.tokens[fresh.key()] = fresh
	fresh.keyrings = 1
	return &keyring{t: fresh}, nil
}

// findToken looks for the token by its label.
func (m *module) findToken(label, serial string) (uint, p11.TokenInfo, error) {
	doing := fmt.Sprintf("find token %q", label)
	slots, err := m.api.GetSlotList(true)
	if err != nil {
		return 0, p11.TokenInfo{}, err
	}
	var found []uint
	var info p11.TokenInfo
	var others []string
	for _, s := range slots {
		ti, err := m.api.GetTokenInfo(s)
		if err != nil {
			// One broken reader is no reason to miss a token in another.
			continue
		}
		if ti.Flags&p11.CKF_TOKEN_INITIALIZED == 0 {
			continue
		}
		ti.Label = strings.TrimRight(ti.Label, " \x00")
		ti.SerialNumber = strings.TrimRight(ti.SerialNumber, " \x00")
		if ti.Label == label && (serial == "" || ti.SerialNumber == serial) {
			found, info = append(found, s), ti
			continue
		}
		others = append(others, fmt.Sprintf("%q", ti.Label))
	}
	switch {
	case len(found) == 1:
		return found[0], info, nil
	case len(found) > 1:
		return 0, info, &hsm.Fault{Doing: doing, Kind: hsm.ErrTokenMissing, Detail: "more than one token has this label; name the serial number too"}
	case len(others) > 0:
		return 0, info, &hsm.Fault{Doing: doing, Kind: hsm.ErrTokenMissing, Detail: "the module has " + strings.Join(others, ", ")}
	}
	return 0, info, &hsm.Fault{Doing: doing, Kind: hsm.ErrTokenMissing, Detail: "the module has no initialized token"}
}

func softHSMInUse() bool {
	modules.Lock()
	defer modules.Unlock()
	for path, m := range modules.loaded {
		if m.users > 0 && strings.Contains(filepath.Base(path), "softhsm") {
			return true
		}
	}
	return false
}
