//go:build cgo

package pkcs11

import (
	"context"
	"crypto"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

var bg = context.Background()

func wants(t *testing.T, doing string, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) || !errors.Is(err, hsm.Err) {
		t.Errorf("%s: got %v, want an error of kind %v", doing, err, kind)
	}
}

func ecKey(t *testing.T, k *keyring, label string) (hsm.KeyRef, crypto.Signer) {
	t.Helper()
	ref, _, err := k.Generate(bg, hsm.KeySpec{Label: label, Curve: "P-256"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := k.Signer(bg, ref)
	if err != nil {
		t.Fatal(err)
	}
	return ref, s
}

func signOnce(s crypto.Signer) error {
	_, err := s.Sign(rand.Reader, make([]byte, 32), crypto.SHA256)
	return err
}

// A PIN counter is reported as the token tells it.
func TestPINStatus(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		flags  uint
		kind   error
		want   hsm.PINStatus
	}{
		"count low":          {p11.Error(p11.CKR_PIN_INCORRECT), p11.CKF_USER_PIN_COUNT_LOW, hsm.ErrPINWrong, hsm.PINStatus{CountLow: true}},
		"final try":          {p11.Error(p11.CKR_PIN_INCORRECT), p11.CKF_USER_PIN_COUNT_LOW | p11.CKF_USER_PIN_FINAL_TRY, hsm.ErrPINWrong, hsm.PINStatus{CountLow: true, FinalTry: true}},
		"locked by this try": {p11.Error(p11.CKR_PIN_INCORRECT), p11.CKF_USER_PIN_LOCKED, hsm.ErrPINLocked, hsm.PINStatus{Locked: true}},
		"locked before":      {p11.Error(p11.CKR_PIN_LOCKED), 0, hsm.ErrPINLocked, hsm.PINStatus{Locked: true}},
		"silent token":       {p11.Error(p11.CKR_PIN_LEN_RANGE), 0, hsm.ErrPINWrong, hsm.PINStatus{Unknown: true}},
	} {
		t.Run(name, func(t *testing.T) {
			f, cfg := withFaults(t)
			f.plan("Login", c.answer)
			f.info = func(i *p11.TokenInfo) { i.Flags |= c.flags }
			_, err := Open(bg, cfg)
			wants(t, "open", err, c.kind)
			var st *hsm.PINStatus
			if !errors.As(err, &st) || *st != c.want {
				t.Errorf("status %+v, want %+v", st, c.want)
			}
			if n := f.called("Login"); n != 1 {
				t.Errorf("the PIN was given %d times", n)
			}
		})
	}
}

// restartToken is a token that lost all sessions, as a network HSM does when it is restarted.
func restartToken(t *testing.T, f *faulty) {
	t.Helper()
	if err := f.cryptoki.Finalize(); err != nil {
		t.Fatal(err)
	}
	if err := f.cryptoki.Initialize(); err != nil {
		t.Fatal(err)
	}
}

func TestRestartIsSurvived(t *testing.T) {
	f, cfg := withFaults(t)
	k := openTest(t, cfg)
	_, s := ecKey(t, k, "key")
	for range 3 {
		restartToken(t, f)
		if err := signOnce(s); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.called("Login"); n != 4 {
		t.Errorf("%d logins for one opening and three restarts", n)
	}
	// Key material that must not be made twice is not made by itself after a restart in the middle.
	f.plan("GenerateKeyPair", p11.Error(p11.CKR_DEVICE_REMOVED))
	_, _, err := k.Generate(bg, hsm.KeySpec{Label: "new", Curve: "P-256"})
	wants(t, "generate", err, hsm.ErrTokenLost)
	if n := f.called("GenerateKeyPair"); n != 2 {
		t.Errorf("generation was repeated: %d calls", n)
	}
	if err := signOnce(s); err != nil {
		t.Error(err)
	}
}

// One restart under many goroutines is one login, and every signature comes.
func TestRestartUnderLoad(t *testing.T) {
	f, cfg := withFaults(t)
	k := openTest(t, cfg)
	_, s := ecKey(t, k, "key")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 60 {
				if err := signOnce(s); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 3 {
		time.Sleep(10 * time.Millisecond)
		// What the module answers once the network took its sessions away.
		f.plan("Sign", p11.Error(p11.CKR_SESSION_HANDLE_INVALID))
	}
	wg.Wait()
	if n := f.called("Login"); n > 4 {
		t.Errorf("%d logins", n)
	}
}

func TestChangedPINIsNotTriedTwice(t *testing.T) {
	f, cfg := withFaults(t)
	file := filepath.Join(t.TempDir(), "pin")
	write := func(pin string) {
		if err := os.WriteFile(file, []byte(pin), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(testPIN)
	var err error
	if cfg.PIN, err = hsm.ParsePINSource("file:"+file, nil); err != nil {
		t.Fatal(err)
	}
	k := openTest(t, cfg)
	_, s := ecKey(t, k, "key")
	// The token comes back with another PIN.
	restartToken(t, f)
	f.plan("Login", p11.Error(p11.CKR_PIN_INCORRECT))
	for range 3 {
		err := signOnce(s)
		wants(t, "sign", err, hsm.ErrTokenLost)
		wants(t, "sign", err, hsm.ErrPINWrong)
		time.Sleep(holdOff + 10*time.Millisecond)
	}
	if n := f.called("Login"); n != 2 {
		t.Errorf("the refused PIN was given again: %d logins", n)
	}
	// The operator corrects the file: this process goes on. (The PIN is another text to us, and the same to SoftHSM by way of the fault above.)
	write("changed")
	f.plan("Login", p11.Error(p11.CKR_USER_ALREADY_LOGGED_IN))
	func() {
		// Logged in by hand, since SoftHSM knows only the first PIN.
		k.t.mu.Lock()
		defer k.t.mu.Unlock()
		slot, _, err := k.t.mod.findToken(testLabel, "")
		if err != nil {
			t.Fatal(err)
		}
		h, err := f.cryptoki.OpenSession(slot, sessionFlags)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.cryptoki.Login(h, p11.CKU_USER, testPIN); err != nil {
			t.Fatal(err)
		}
	}()
	if err := signOnce(s); err != nil {
		t.Errorf("after the PIN file was corrected: %v", err)
	}
}

func TestLastTryIsNotSpentByItself(t *testing.T) {
	f, cfg := withFaults(t)
	k := openTest(t, cfg)
	_, s := ecKey(t, k, "key")
	restartToken(t, f)
	f.info = func(i *p11.TokenInfo) { i.Flags |= p11.CKF_USER_PIN_FINAL_TRY }
	err := signOnce(s)
	wants(t, "sign", err, hsm.ErrPINWrong)
	var st *hsm.PINStatus
	if !errors.As(err, &st) || !st.FinalTry {
		t.Errorf("the error does not tell: %v", err)
	}
	if n := f.called("Login"); n != 1 {
		t.Errorf("the last try was spent: %d logins", n)
	}
}

func TestSessionLimit(t *testing.T) {
	f, cfg := withFaults(t)
	cfg.Sessions = 8
	k := openTest(t, cfg)
	_, s := ecKey(t, k, "key")
	// Every further session is refused for a while: calls wait for the one there is.
	faults := make([]error, 200)
	for i := range faults {
		faults[i] = p11.Error(p11.CKR_SESSION_COUNT)
	}
	f.plan("OpenSession", faults...)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if err := signOnce(s); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	// None at all is an error of its own.
	k.t.pool.Reset()
	f.plan("OpenSession", p11.Error(p11.CKR_SESSION_COUNT))
	wants(t, "sign", signOnce(s), hsm.ErrSessions)
	if err := signOnce(s); err != nil {
		t.Errorf("when a session is free again: %v", err)
	}
	f.info = func(i *p11.TokenInfo) { i.MaxRwSessionCount = 1; i.Label = "small" }
	_, err := Open(bg, Config{Module: cfg.Module, Token: "small", PIN: cfg.PIN})
	wants(t, "a token of one session", err, hsm.ErrSessions)
}

func TestAcquireEndsWithItsContext(t *testing.T) {
	_, cfg := withFaults(t)
	cfg.Sessions = 1
	k := openTest(t, cfg)
	ref, _ := ecKey(t, k, "key")
	held := make(chan struct{})
	release := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = k.with(bg, "hold", false, func(*session) error { close(held); <-release; return nil })
	})
	<-held
	ctx, cancel := context.WithTimeout(bg, 20*time.Millisecond)
	defer cancel()
	_, err := k.Signer(ctx, ref)
	wants(t, "signer", err, hsm.ErrStopped)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error("the context's reason is lost")
	}
	close(release)
	wg.Wait()
}

func TestMechanismsAreNamed(t *testing.T) {
	f, cfg := withFaults(t)
	k := openTest(t, cfg)
	_, s := ecKey(t, k, "key")
	master, err := k.GenerateSecret(bg, hsm.SecretSpec{Label: "m", Use: hsm.UseCardMaster, Bits: 128})
	if err != nil {
		t.Fatal(err)
	}
	cards, err := k.CardKeys(bg, master, make([]byte, 10))
	if err != nil {
		t.Fatal(err)
	}
	set, err := cards.NewKeys(bg, master)
	if err != nil {
		t.Fatal(err)
	}
	invalid := p11.Error(p11.CKR_MECHANISM_INVALID)
	named := func(doing string, err error, name string) {
		t.Helper()
		wants(t, doing, err, hsm.ErrMechanism)
		var fault *hsm.Fault
		if !errors.As(err, &fault) || fault.Detail != name {
			t.Errorf("%s: %v does not name %s", doing, err, name)
		}
	}
	f.plan("SignInit", invalid)
	named("sign", signOnce(s), "CKM_ECDSA")
	f.plan("SignInit", invalid)
	_, _, _, err = cards.SessionKeys(bg, make([]byte, 16))
	named("session keys", err, "CKM_AES_CMAC")
	f.plan("WrapKey", invalid)
	_, _, err = cards.WrapUnderDEK(bg, string(set.ENC))
	named("wrap", err, "CKM_AES_CBC")
	f.plan("GenerateKeyPair", invalid)
	_, _, err = k.Generate(bg, hsm.KeySpec{Label: "r", RSABits: 2048})
	named("generate", err, "CKM_RSA_PKCS_KEY_PAIR_GEN")
}

// A token that does not keep a key as it was told does not keep the key.
func TestWeakKeysAreDestroyed(t *testing.T) {
	for name, attr := range map[string]map[uint][]byte{
		"extractable":      {p11.CKA_EXTRACTABLE: {1}},
		"not sensitive":    {p11.CKA_SENSITIVE: {0}},
		"was extractable":  {p11.CKA_NEVER_EXTRACTABLE: {0}},
		"may decrypt":      {p11.CKA_DECRYPT: {1}},
		"a session object": {p11.CKA_TOKEN: {0}},
	} {
		t.Run(name, func(t *testing.T) {
			f, cfg := withFaults(t)
			k := openTest(t, cfg)
			f.attr = attr
			_, _, err := k.Generate(bg, hsm.KeySpec{Label: "k", Curve: "P-256"})
			wants(t, "generate", err, hsm.ErrKeySpec)
			_, err = k.GenerateSecret(bg, hsm.SecretSpec{Label: "s", Use: hsm.UseCardMaster, Bits: 128})
			wants(t, "generate secret", err, hsm.ErrKeySpec)
			f.attr = nil
			if list, err := k.List(bg); err != nil || len(list) != 0 {
				t.Errorf("%d keys are left, %v", len(list), err)
			}
		})
	}
}

// A module that does not know a curve's name is asked again with its numbers.
func TestExplicitParameters(t *testing.T) {
	f, cfg := withFaults(t)
	k := openTest(t, cfg)
	explicit := 0
	f.params = func(a []*p11.Attribute) error {
		for _, x := range a {
			if x.Type == p11.CKA_EC_PARAMS {
				if x.Value[0] == 0x06 {
					return p11.Error(p11.CKR_CURVE_NOT_SUPPORTED)
				}
				explicit++
			}
		}
		return nil
	}
	_, _, err := k.Generate(bg, hsm.KeySpec{Label: "bp", Curve: "brainpoolP256r1"})
	if explicit != 1 {
		t.Fatalf("explicit parameters were given %d times", explicit)
	}
	if err != nil {
		// SoftHSM 2.6.1 takes them or not; what matters is the error when it does not.
		wants(t, "generate", err, hsm.ErrMechanism)
	}
	f.params = func([]*p11.Attribute) error { return p11.Error(p11.CKR_CURVE_NOT_SUPPORTED) }
	_, _, err = k.Generate(bg, hsm.KeySpec{Label: "none", Curve: "brainpoolP384r1"})
	wants(t, "a module without the curve", err, hsm.ErrMechanism)
}

func TestOpenFailures(t *testing.T) {
	_, cfg := withFaults(t)
	text := filepath.Join(t.TempDir(), "text.so")
	if err := os.WriteFile(text, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	libc, _ := filepath.Glob("/lib/*/libm.so.6")
	for _, c := range []struct {
		name   string
		change func(*Config)
		kind   error
	}{
		{"no module", func(c *Config) { c.Module = "" }, hsm.ErrModule},
		{"module not there", func(c *Config) { c.Module = "/nowhere/libsofthsm2.so" }, hsm.ErrModule},
		{"a folder", func(c *Config) { c.Module = "/" }, hsm.ErrModule},
		{"a text", func(c *Config) { c.Module = text }, hsm.ErrModule},
		{"a library of another kind", func(c *Config) { c.Module = append(libc, text)[0] }, hsm.ErrModule},
		{"no token", func(c *Config) { c.Token = "" }, hsm.ErrTokenMissing},
		{"another token", func(c *Config) { c.Token = "chipid" }, hsm.ErrTokenMissing},
		{"another serial number", func(c *Config) { c.Serial = "0000" }, hsm.ErrTokenMissing},
		{"no PIN source", func(c *Config) { c.PIN = nil }, hsm.ErrPINSource},
	} {
		wrong := cfg
		c.change(&wrong)
		_, err := Open(bg, wrong)
		wants(t, c.name, err, c.kind)
	}
	openTest(t, cfg)
}

func TestInitToken(t *testing.T) {
	module, dir := initTestToken(t)
	pin := mac.NewKey([]byte(testPIN))
	good := TokenSetup{Module: module, Dir: dir, Label: "second", SOPIN: pin, UserPIN: pin}
	again := good
	again.Label = testLabel
	_, err := InitToken(bg, again)
	wants(t, "same label", err, hsm.ErrKeyExists)
	for name, change := range map[string]func(*TokenSetup){
		"no label": func(s *TokenSetup) { s.Label = "" }, "long label": func(s *TokenSetup) { s.Label = "123456789012345678901234567890123" },
		"blank at the end": func(s *TokenSetup) { s.Label = "a " }, "short PIN": func(s *TokenSetup) { s.UserPIN = mac.NewKey([]byte("123")) }, "no SO PIN": func(s *TokenSetup) { s.SOPIN = mac.Key{} },
	} {
		bad := good
		change(&bad)
		_, err := InitToken(bg, bad)
		wants(t, name, err, hsm.ErrKeySpec)
	}
	if _, err := InitToken(bg, good); err != nil {
		t.Fatal(err)
	}
	k1 := openTest(t, Config{Module: module, Token: testLabel, PIN: hsm.FixedPIN(pin)})
	k2 := openTest(t, Config{Module: module, Token: "second", PIN: hsm.FixedPIN(pin)})
	ref, _ := ecKey(t, k1, "key")
	_, err = k2.Signer(bg, ref)
	wants(t, "a key of another token", err, hsm.ErrKeyNotFound)
	_, err = k2.Signer(bg, "pkcs11:object=key")
	wants(t, "a key of another token", err, hsm.ErrKeyNotFound)
	other := good
	other.Dir = t.TempDir()
	_, err = InitToken(bg, other)
	wants(t, "another folder while in use", err, hsm.ErrModule)
	err = filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 && path != dir {
			t.Errorf("%s can be read by others: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
