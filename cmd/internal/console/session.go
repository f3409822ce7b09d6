package console

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// A session ends when nobody was seen in it for Idle, and after Life in any case: no
// longer than a shift.
const (
	Idle = 20 * time.Minute
	Life = 10 * time.Hour
)

// cookieName carries the session. Over TLS it has the prefix by which browsers keep it
// from other hosts and from plain connections.
func (s *Server) cookieName() string {
	if s.TLS {
		return "__Host-chipid"
	}
	return "chipid"
}

// visit is one request of somebody who is logged in.
type visit struct {
	person store.Person
	token  string // of the session
}

// csrf is the token that every form carries: no other site can know it.
func (v *visit) csrf() string {
	m := hmac.New(sha256.New, []byte(v.token))
	m.Write([]byte("chipid console form"))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func digestOf(token string) []byte {
	d := sha256.Sum256([]byte(token))
	return d[:]
}

// visitor finds who asks; nil for nobody.
func (s *Server) visitor(r *http.Request) (*visit, error) {
	c, err := r.Cookie(s.cookieName())
	if err != nil || len(c.Value) != 43 {
		return nil, nil
	}
	v := &visit{token: c.Value}
	err = s.Store.Do(r.Context(), "session", func(tx *store.Tx) (err error) {
		v.person, err = tx.Session(r.Context(), digestOf(c.Value), Idle, Life)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return v, err
}

func (s *Server) setCookie(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.TLS, SameSite: http.SameSiteStrictMode})
}

// throttle makes guessing slow: after tries wrong passwords for a name, the next ones
// are not looked at for a while.
type throttle struct {
	mu     sync.Mutex
	failed map[string]*failures
	busy   chan struct{} // each hash takes 64 MiB
}

type failures struct {
	n     int
	until time.Time
}

const (
	tries   = 5
	penalty = 30 * time.Second
	names   = 10_000 // bound on what is remembered
)

func newThrottle() *throttle {
	return &throttle{failed: map[string]*failures{}, busy: make(chan struct{}, 2)}
}

// may says whether a name's password is looked at now.
func (t *throttle) may(name string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.failed[name]
	return f == nil || !now.Before(f.until)
}

func (t *throttle) note(name string, ok bool, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ok {
		delete(t.failed, name)
		return
	}
	f := t.failed[name]
	if f == nil {
		if len(t.failed) >= names {
			clear(t.failed)
		}
		f = &failures{}
		t.failed[name] = f
	}
	if f.n++; f.n >= tries {
		f.until = now.Add(penalty)
	}
}

var (
	errWrong = errors.New("console: wrong name or password")
	errSlow  = errors.New("console: too many wrong passwords")
)

// verify checks somebody's password.
func (s *Server) verify(ctx context.Context, name, password string) (store.Person, error) {
	now := s.Store.Now()
	if !s.throttle.may(name, now) {
		return store.Person{}, errSlow
	}
	var p store.Person
	err := s.Store.Do(ctx, "login", func(tx *store.Tx) (err error) {
		p, err = tx.Person(ctx, name)
		return err
	})
	hash := p.Password
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && p.Disabled:
		hash = nobody
	case err != nil:
		return p, err
	}
	select {
	case s.throttle.busy <- struct{}{}:
	case <-ctx.Done():
		return p, ctx.Err()
	}
	ok := checkPassword(hash, password) && hash != nobody
	<-s.throttle.busy
	s.throttle.note(name, ok, now)
	if !ok {
		return p, errWrong
	}
	return p, nil
}

// login opens a session.
func (s *Server) login(ctx context.Context, name, password string) (token string, err error) {
	p, err := s.verify(ctx, name, password)
	if err != nil {
		if errors.Is(err, errWrong) || errors.Is(err, errSlow) {
			_ = s.Store.Do(ctx, "login refused", func(tx *store.Tx) error {
				return tx.Audit(ctx, store.AuditEntry{Event: "session.refused", Reason: err.Error()})
			})
		}
		return "", err
	}
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, s.Store.Do(ctx, "login", func(tx *store.Tx) error { return tx.OpenSession(ctx, digestOf(token), p.Name) })
}
