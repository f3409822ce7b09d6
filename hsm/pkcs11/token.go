//go:build cgo

package pkcs11

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/puddle/v2"
	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

// token is a login at a token with its pool of sessions.
type token struct {
	mod           *module
	label, serial string
	source        hsm.PINSource
	max           int
	keyrings      int // guarded by modules

	// mu is held for reading by each call under way and for writing by whoever replaces the connection.
	mu   sync.RWMutex
	slot uint
	// generation counts connections. A handle is worth something only together with the generation it was found in.
	generation uint64
	pool       *puddle.Pool[*session]
	down       error     // why there is no connection
	downSince  time.Time //
	pinKey     [32]byte  // under which the PIN is remembered as a digest, for comparison only
	pinDigest  []byte    // of the PIN that was accepted
	refused    []byte    // of a PIN that the token refused

	// owner is the session whose end ends the derived card keys, and which keeps the login alive while the pool is empty.
	ownerMu sync.Mutex
	owner   p11.SessionHandle

	// making serializes "is the name free" and "make the key".
	making sync.Mutex
}

// session is one session of the pool.
type session struct {
	t          *token
	api        cryptoki
	h          p11.SessionHandle
	generation uint64
}

func (t *token) key() string { return t.label + "\x00" + t.serial }

const sessionFlags = p11.CKF_SERIAL_SESSION | p11.CKF_RW_SESSION

// connect logs in with pin and makes a pool. The caller holds mu for writing, or is alone with t.
func (t *token) connect(slot uint, info p11.TokenInfo, pin mac.Key) error {
	api := t.mod.api
	owner, err := api.OpenSession(slot, sessionFlags)
	if err != nil {
		return err
	}
	if err := t.login(slot, owner, pin); err != nil {
		_ = api.CloseSession(owner)
		return err
	}
	max := t.max
	if max <= 0 {
		max = defaultSessions
	}
	// One session of the token's is the owner's.
	if limit := info.MaxRwSessionCount; limit != p11.CK_EFFECTIVELY_INFINITE && limit != p11.CK_UNAVAILABLE_INFORMATION && int(limit)-1 < max {
		max = int(limit) - 1
	}
	if max < 1 {
		_ = api.CloseSession(owner)
		return &hsm.Fault{Doing: fmt.Sprintf("open token %q", t.label), Kind: hsm.ErrSessions, Detail: "the token has a single session; two are needed"}
	}
	generation := t.generation + 1
	pool, err := puddle.NewPool(&puddle.Config[*session]{
		MaxSize: int32(min(max, 1024)),
		Constructor: func(context.Context) (*session, error) {
			h, err := api.OpenSession(slot, sessionFlags)
			if err != nil {
				return nil, err
			}
			return &session{t: t, api: api, h: h, generation: generation}, nil
		},
		Destructor: func(s *session) { _ = api.CloseSession(s.h) },
	})
	if err != nil {
		_ = api.CloseSession(owner)
		return err
	}
	t.slot, t.owner, t.pool, t.generation, t.down = slot, owner, pool, generation, nil
	return nil
}

// login gives the PIN to the token once. A PIN that was refused is not given again.
func (t *token) login(slot uint, s p11.SessionHandle, pin mac.Key) error {
	doing := fmt.Sprintf("log in to token %q", t.label)
	if t.pinDigest == nil && t.refused == nil {
		if _, err := rand.Read(t.pinKey[:]); err != nil {
			return err
		}
	}
	digest := t.digest(pin)
	if t.refused != nil && hmac.Equal(digest, t.refused) {
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrPINWrong, Detail: "the token refused this PIN before; it is not tried again", Cause: t.pinStatus(slot)}
	}
	if t.pinDigest != nil && t.pinStatus(slot).FinalTry {
		// A reconnection by itself does not spend the last try.
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrPINWrong, Detail: "not tried: log in to the token by hand first", Cause: t.pinStatus(slot)}
	}
	err := t.mod.api.Login(s, p11.CKU_USER, string(pin.Bytes()))
	e, _ := code(err)
	switch {
	case err == nil, e == p11.CKR_USER_ALREADY_LOGGED_IN:
		// Already logged in: by another binding in this process, since this package logs in once a token.
		t.pinDigest, t.refused = digest, nil
		return nil
	case e == p11.CKR_PIN_LOCKED:
		status := t.pinStatus(slot)
		status.Locked, status.Unknown = true, false
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrPINLocked, Cause: status}
	case e == p11.CKR_USER_PIN_NOT_INITIALIZED:
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrPINWrong, Detail: "no user PIN has been set on the token", Cause: err}
	case e == p11.CKR_PIN_EXPIRED:
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrPINWrong, Detail: "the PIN has expired and must be changed", Cause: err}
	case e == p11.CKR_PIN_INCORRECT, e == p11.CKR_PIN_INVALID, e == p11.CKR_PIN_LEN_RANGE:
		t.refused = digest
		if r, ok := t.source.(interface{ Refused() }); ok {
			r.Refused()
		}
		status := t.pinStatus(slot)
		if status.Locked {
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrPINLocked, Cause: status}
		}
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrPINWrong, Cause: status}
	}
	return err
}

func (t *token) digest(pin mac.Key) []byte {
	h := hmac.New(sha256.New, t.pinKey[:])
	h.Write(pin.Bytes())
	return h.Sum(nil)
}

// samePIN says whether pin is the one that the login was made with.
func (t *token) samePIN(pin mac.Key) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return hmac.Equal(t.digest(pin), t.pinDigest)
}

// pinStatus reads the PIN flags (PKCS#11 v2.40, 3.2 CK_TOKEN_INFO).
func (t *token) pinStatus(slot uint) *hsm.PINStatus {
	info, err := t.mod.api.GetTokenInfo(slot)
	if err != nil {
		return &hsm.PINStatus{Unknown: true}
	}
	st := &hsm.PINStatus{
		CountLow: info.Flags&p11.CKF_USER_PIN_COUNT_LOW != 0,
		FinalTry: info.Flags&p11.CKF_USER_PIN_FINAL_TRY != 0,
		Locked:   info.Flags&p11.CKF_USER_PIN_LOCKED != 0,
	}
	st.Unknown = !st.CountLow && !st.FinalTry && !st.Locked
	return st
}

// alive asks whether the token that was connected to is still in its slot.
func (t *token) alive() bool {
	info, err := t.mod.api.GetTokenInfo(t.slot)
	return err == nil && strings.TrimRight(info.Label, " \x00") == t.label && strings.TrimRight(info.SerialNumber, " \x00") == t.serial
}

// maxTries bounds how often one call is begun, when the token goes away again right after each reconnection.
const maxTries = 4

// with runs f in a session of the pool. When the token turns out to be gone, it reconnects, and runs f again if again is set: f must then be
// harmless to repeat. f may not call with.
func (t *token) with(ctx context.Context, doing string, again bool, f func(*session) error) error {
	for tries := 1; ; tries++ {
		generation, lost, err := t.once(ctx, f)
		if err == nil {
			return nil
		}
		if !lost {
			return fault(doing, err)
		}
		if tries == maxTries {
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrTokenLost, Cause: err}
		}
		if down := t.reconnect(ctx, generation); down != nil {
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrTokenLost, Cause: down}
		}
		if !again {
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrTokenLost, Detail: "the token is back, but what was under way may or may not have happened", Cause: err}
		}
	}
}

// once runs f in a session and says, when that failed, whether the connection is the reason.
func (t *token) once(ctx context.Context, f func(*session) error) (generation uint64, lost bool, err error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.pool == nil {
		return t.generation, true, t.down
	}
	res, err := t.acquire(ctx)
	if err != nil {
		return t.generation, gone(err) || dubious(err) && !t.alive(), err
	}
	healthy := false
	defer func() {
		if healthy {
			res.Release()
		} else {
			// The session may have an operation left open in it.
			res.Destroy()
		}
	}()
	err = f(res.Value())
	_, moduleSaid := code(err)
	healthy = !moduleSaid
	return t.generation, gone(err) || dubious(err) && !t.alive(), err
}

// acquire waits for a session. When the token has no more sessions than we hold already, it waits for one of ours.
func (t *token) acquire(ctx context.Context) (*puddle.Resource[*session], error) {
	for {
		res, err := t.pool.Acquire(ctx)
		if err == nil {
			return res, nil
		}
		if ctx.Err() != nil {
			return nil, &hsm.Fault{Doing: "wait for a session", Kind: hsm.ErrStopped, Cause: ctx.Err()}
		}
		if e, _ := code(err); e != p11.CKR_SESSION_COUNT || t.pool.Stat().TotalResources() == 0 {
			return nil, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// holdOff is how long after a failed reconnection the next call gets the same answer without asking the token.
const holdOff = 200 * time.Millisecond

// reconnect replaces the connection of the given generation, unless that has been done.
func (t *token) reconnect(ctx context.Context, generation uint64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.generation != generation {
		return nil
	}
	if t.pool == nil && time.Since(t.downSince) < holdOff {
		return t.down
	}
	t.disconnect()
	err := t.reopen(ctx)
	// Some modules notice a returned token only when they start anew.
	if err != nil && !errors.Is(err, hsm.ErrPINWrong) && !errors.Is(err, hsm.ErrPINLocked) && !errors.Is(err, hsm.ErrPINSource) {
		restarted, rerr := t.mod.restart(t)
		switch {
		case rerr != nil:
			err = &hsm.Fault{Doing: fmt.Sprintf("start PKCS#11 module %s again", t.mod.path), Kind: hsm.ErrModule, Cause: rerr}
		case restarted:
			err = t.reopen(ctx)
		}
	}
	if err != nil {
		t.down, t.downSince = fault(fmt.Sprintf("open token %q again", t.label), err), time.Now()
		return t.down
	}
	return nil
}

// reopen finds the token, reads the PIN from its source and connects. The caller holds mu for writing.
func (t *token) reopen(ctx context.Context) error {
	slot, info, err := t.mod.findToken(t.label, t.serial)
	if err != nil {
		return err
	}
	pin, err := t.source.PIN(ctx)
	if err != nil {
		return err
	}
	defer pin.Wipe()
	return t.connect(slot, info, pin)
}

// disconnect ends all sessions. The caller holds mu for writing, so none is in use.
func (t *token) disconnect() {
	if t.pool == nil {
		return
	}
	t.pool.Close()
	t.pool = nil
	// The owner's session is the last: the token logs out with it, and the derived keys are gone.
	_ = t.mod.api.CloseSession(t.owner)
}

// release gives up one keyring's share of the token.
func (t *token) release() {
	modules.Lock()
	defer modules.Unlock()
	if t.keyrings--; t.keyrings > 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.disconnect()
	t.down = &hsm.Fault{Doing: "use token", Kind: hsm.ErrClosed}
	delete(t.mod.tokens, t.key())
	t.mod.leave()
}
