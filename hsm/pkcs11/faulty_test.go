//go:build cgo

package pkcs11

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

// faulty is a real module with faults put in front of it.
type faulty struct {
	cryptoki
	mu     sync.Mutex
	calls  map[string]int
	faults map[string][]error           // the next calls of a function answer these; nil passes the call on
	info   func(*p11.TokenInfo)         // changes what the token says of itself
	attr   map[uint][]byte              // answers for attributes, whatever the object
	params func([]*p11.Attribute) error // judges templates of key pairs
}

// count notes a call and returns the fault planned for it.
func (f *faulty) count(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[name]++
	if q := f.faults[name]; len(q) > 0 {
		f.faults[name] = q[1:]
		return q[0]
	}
	return nil
}

func (f *faulty) plan(name string, faults ...error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[name] = faults
}

func (f *faulty) called(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[name]
}

func (f *faulty) Login(s p11.SessionHandle, user uint, pin string) error {
	if err := f.count("Login"); err != nil {
		return err
	}
	return f.cryptoki.Login(s, user, pin)
}

func (f *faulty) OpenSession(slot, flags uint) (p11.SessionHandle, error) {
	if err := f.count("OpenSession"); err != nil {
		return 0, err
	}
	return f.cryptoki.OpenSession(slot, flags)
}

func (f *faulty) GetTokenInfo(slot uint) (p11.TokenInfo, error) {
	info, err := f.cryptoki.GetTokenInfo(slot)
	if f.info != nil {
		f.info(&info)
	}
	return info, err
}

func (f *faulty) SignInit(s p11.SessionHandle, m []*p11.Mechanism, k p11.ObjectHandle) error {
	if err := f.count("SignInit"); err != nil {
		return err
	}
	return f.cryptoki.SignInit(s, m, k)
}

func (f *faulty) Sign(s p11.SessionHandle, b []byte) ([]byte, error) {
	if err := f.count("Sign"); err != nil {
		return nil, err
	}
	return f.cryptoki.Sign(s, b)
}

func (f *faulty) WrapKey(s p11.SessionHandle, m []*p11.Mechanism, w, k p11.ObjectHandle) ([]byte, error) {
	if err := f.count("WrapKey"); err != nil {
		return nil, err
	}
	return f.cryptoki.WrapKey(s, m, w, k)
}

func (f *faulty) GenerateKeyPair(s p11.SessionHandle, m []*p11.Mechanism, pub, priv []*p11.Attribute) (p11.ObjectHandle, p11.ObjectHandle, error) {
	if err := f.count("GenerateKeyPair"); err != nil {
		return 0, 0, err
	}
	if f.params != nil {
		if err := f.params(pub); err != nil {
			return 0, 0, err
		}
	}
	return f.cryptoki.GenerateKeyPair(s, m, pub, priv)
}

func (f *faulty) GetAttributeValue(s p11.SessionHandle, o p11.ObjectHandle, a []*p11.Attribute) ([]*p11.Attribute, error) {
	if v, ok := f.attr[a[0].Type]; ok {
		return []*p11.Attribute{{Type: a[0].Type, Value: v}}, nil
	}
	return f.cryptoki.GetAttributeValue(s, o, a)
}

const (
	testLabel = "chipid internal"
	testPIN   = "1357-Test"
)

// initTestToken makes a token of the test's own. A missing SoftHSM2 fails on the build server and skips elsewhere.
func initTestToken(t *testing.T) (module, dir string) {
	t.Helper()
	module, err := FindSoftHSM()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir = t.TempDir()
	t.Setenv(softHSMConf, "")
	if _, err := InitToken(context.Background(), TokenSetup{Module: module, Dir: dir, Label: testLabel, SOPIN: mac.NewKey([]byte("2468-Test")), UserPIN: mac.NewKey([]byte(testPIN))}); err != nil {
		t.Fatal(err)
	}
	return module, dir
}

// withFaults makes a token and puts a faulty module in front of it for the time of the test.
func withFaults(t *testing.T) (*faulty, Config) {
	t.Helper()
	module, _ := initTestToken(t)
	real, err := filepath.EvalSymlinks(module)
	if err != nil {
		t.Fatal(err)
	}
	modules.Lock()
	defer modules.Unlock()
	m := modules.loaded[real]
	f := &faulty{cryptoki: m.api, calls: map[string]int{}, faults: map[string][]error{}}
	m.api = f
	t.Cleanup(func() {
		modules.Lock()
		defer modules.Unlock()
		if m.users != 0 {
			t.Errorf("%d users of the module are left", m.users)
		}
		m.api = f.cryptoki
	})
	return f, Config{Module: module, Token: testLabel, PIN: hsm.FixedPIN(mac.NewKey([]byte(testPIN))), Sessions: 2}
}

func openTest(t *testing.T, cfg Config) *keyring {
	t.Helper()
	k, err := Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	return k.(*keyring)
}
