package hsmtest

import (
	"context"
	"crypto"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

const sha256Options = crypto.SHA256

// pins: a wrong PIN is an error that says what is known of the counter, and never the PIN; the right one works afterwards.
func pins(t *testing.T, p *Place) {
	for _, wrong := range []string{"0000", "wrong-pin-0815", p.PIN + "x", strings.ToUpper(p.PIN) + " "} {
		k, err := p.Open(PIN(wrong))
		wants(t, "wrong PIN", err, hsm.ErrPINWrong)
		var status *hsm.PINStatus
		if !errors.As(err, &status) {
			t.Errorf("the error holds no PIN status: %v", err)
		}
		if err != nil && (strings.Contains(err.Error(), wrong) || strings.Contains(err.Error(), p.PIN)) {
			t.Errorf("the error holds the PIN: %v", err)
		}
		if k != nil {
			t.Fatal("a keyring came with the error")
		}
	}
	asked := 0
	source, err := hsm.ParsePINSource("prompt", func(context.Context) (mac.Key, error) {
		asked++
		return mac.NewKey([]byte("wrong")), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Open(source)
	wants(t, "wrong PIN at the prompt", err, hsm.ErrPINWrong)
	if asked != 1 {
		t.Errorf("the PIN was asked for %d times for one attempt", asked)
	}
	_, err = p.Open(source)
	wants(t, "wrong PIN at the prompt again", err, hsm.ErrPINWrong)
	if asked != 2 {
		t.Errorf("a refused PIN was kept: asked %d times", asked)
	}
	failing := errors.New("nobody there")
	source, _ = hsm.ParsePINSource("prompt", func(context.Context) (mac.Key, error) { return mac.Key{}, failing })
	_, err = p.Open(source)
	wants(t, "no PIN", err, hsm.ErrPINSource)
	if !errors.Is(err, failing) {
		t.Error("the reason of the PIN source is lost")
	}
	k := p.open(t)
	if _, err := k.List(ctx); err != nil {
		t.Errorf("the right PIN after wrong ones: %v", err)
	}
	// Another keyring on a token that this process is logged in to is no way around the PIN.
	_, err = p.Open(PIN("wrong"))
	wants(t, "wrong PIN while open", err, hsm.ErrPINWrong)
	if _, err := k.List(ctx); err != nil {
		t.Errorf("the open keyring suffered from it: %v", err)
	}
}

// missing: what is not there is named.
func missing(t *testing.T, p *Place) {
	_, err := p.Missing(PIN(p.PIN))
	wants(t, "missing token", err, hsm.ErrTokenMissing)
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	k := p.open(t)
	none := hsm.KeyRef("pkcs11:object=none")
	_, err = k.Signer(ctx, none)
	wants(t, "signer", err, hsm.ErrKeyNotFound)
	_, err = k.Digest(ctx, none, nil)
	wants(t, "digest", err, hsm.ErrKeyNotFound)
	_, err = k.CardKeys(ctx, none, make([]byte, 10))
	wants(t, "card keys", err, hsm.ErrKeyNotFound)
	_, err = k.Certificate(ctx, none)
	wants(t, "certificate", err, hsm.ErrKeyNotFound)
	wants(t, "import certificate", k.ImportCertificate(ctx, none, foreignCertificate(t)), hsm.ErrKeyNotFound)
	wants(t, "delete", k.Delete(ctx, none), hsm.ErrKeyNotFound)
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = p.OpenContext(stopped, PIN(p.PIN))
	wants(t, "open with a context that is over", err, hsm.ErrStopped)
	if !errors.Is(err, context.Canceled) {
		t.Error("the context's reason is lost")
	}
}

// concurrency: many goroutines, more than there are sessions, two keyrings, several keys; each signature verifies with its own key.
func concurrency(t *testing.T, p *Place) {
	k1, k2 := p.open(t), p.open(t)
	type key struct {
		signer crypto.Signer
		public *ecc.PublicKey
	}
	var keys []key
	for i := range 4 {
		curve := []string{"P-256", "brainpoolP256r1"}[i%2]
		ref, pub, err := k1.Generate(ctx, hsm.KeySpec{Label: fmt.Sprint("key ", i), Curve: curve})
		if err != nil {
			t.Fatal(err)
		}
		k := []hsm.Keyring{k1, k2}[i/2]
		s, err := k.Signer(ctx, ref)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ecc.FromPublic(pub)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key{s, p})
	}
	master, err := k1.GenerateSecret(ctx, hsm.SecretSpec{Label: "master", Use: hsm.UseCardMaster, Bits: 128})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 32 {
		wg.Go(func() {
			// Card keys are held while signing goes on: they must not hold a session that signing waits for.
			cards, err := k2.CardKeys(ctx, master, []byte{byte(g), 1, 2, 3, 4, 5, 6, 7, 8, 9})
			if err != nil {
				t.Error(err)
				return
			}
			defer cards.Close()
			for n := range 5 {
				k := keys[(g+n)%len(keys)]
				digest := make([]byte, 32)
				_, _ = rand.Read(digest)
				sig, err := k.signer.Sign(rand.Reader, digest, sha256Options)
				if err != nil {
					t.Errorf("goroutine %d: %v", g, err)
				} else if !ecc.VerifyASN1(k.public, digest, sig) {
					t.Errorf("goroutine %d: the signature is not of this key and digest", g)
				}
				if _, _, _, err := cards.SessionKeys(ctx, make([]byte, 16)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	// The same name at once from many sides: one gets it.
	won := 0
	var mu sync.Mutex
	for g := range 8 {
		wg.Go(func() {
			_, _, err := []hsm.Keyring{k1, k2}[g%2].Generate(ctx, hsm.KeySpec{Label: "contested", Curve: "P-256"})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, hsm.ErrKeyExists) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d goroutines made a key of the same name", won)
	}
}

// closing: Close waits for what is under way, and after it nothing works and nothing crashes.
func closing(t *testing.T, p *Place) {
	k, err := p.Open(PIN(p.PIN))
	if err != nil {
		t.Fatal(err)
	}
	stays := p.open(t)
	ref, _, err := k.Generate(ctx, hsm.KeySpec{Label: "key", Curve: "P-256"})
	if err != nil {
		t.Fatal(err)
	}
	master, err := k.GenerateSecret(ctx, hsm.SecretSpec{Label: "master", Use: hsm.UseCardMaster, Bits: 128})
	if err != nil {
		t.Fatal(err)
	}
	s, err := k.Signer(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	cards, err := k.CardKeys(ctx, master, make([]byte, 10))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	started := make(chan struct{})
	var once sync.Once
	for range 8 {
		wg.Go(func() {
			for {
				_, err := s.Sign(rand.Reader, make([]byte, 32), sha256Options)
				once.Do(func() { close(started) })
				if err != nil {
					wants(t, "sign while closing", err, hsm.ErrClosed)
					return
				}
			}
		})
	}
	<-started
	time.Sleep(5 * time.Millisecond)
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	_, err = s.Sign(rand.Reader, make([]byte, 32), sha256Options)
	wants(t, "sign", err, hsm.ErrClosed)
	_, _, _, err = cards.SessionKeys(ctx, make([]byte, 16))
	wants(t, "session keys", err, hsm.ErrClosed)
	if err := cards.Close(); err != nil {
		t.Error(err)
	}
	_, err = k.List(ctx)
	wants(t, "list", err, hsm.ErrClosed)
	if err := k.Close(); err != nil {
		t.Error(err)
	}
	// The other keyring of the place goes on, and the key is there after all are closed.
	if _, err := stays.Signer(ctx, ref); err != nil {
		t.Errorf("another keyring suffered from the closing: %v", err)
	}
	if err := stays.Close(); err != nil {
		t.Error(err)
	}
	s, err = p.open(t).Signer(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.Sign(rand.Reader, make([]byte, 32), sha256Options); err != nil {
		t.Error(err)
	}
}

// vanishing: the files are deleted under an open keyring. Errors are typed, and when the files are back, so is the keyring.
func vanishing(t *testing.T, p *Place) {
	k := p.open(t)
	ref, pub, err := k.Generate(ctx, hsm.KeySpec{Label: "key", Curve: "P-256"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := k.Signer(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	public, err := ecc.FromPublic(pub)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		if err := p.Vanish(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			sig, err := s.Sign(rand.Reader, make([]byte, 32), sha256Options)
			wants(t, "sign", err, hsm.ErrTokenLost)
			if sig != nil {
				t.Error("a signature came with the error")
			}
			_, _, err = k.Generate(ctx, hsm.KeySpec{Label: "new", Curve: "P-256"})
			wants(t, "generate", err, hsm.ErrTokenLost)
			_, err = k.Signer(ctx, ref)
			wants(t, "signer", err, hsm.ErrTokenLost)
			_, err = k.List(ctx)
			wants(t, "list", err, hsm.ErrTokenLost)
		}
		if err := p.Return(); err != nil {
			t.Fatal(err)
		}
		// A keyring may hold off for a moment before it looks again.
		var sig []byte
		for range 20 {
			if sig, err = s.Sign(rand.Reader, make([]byte, 32), sha256Options); err == nil {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if err != nil {
			t.Fatalf("round %d: the token is back, but: %v", round, err)
		}
		if !ecc.VerifyASN1(public, make([]byte, 32), sig) {
			t.Error("the signature after the return does not verify")
		}
	}
}
