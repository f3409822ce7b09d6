package chip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
)

// Options say what kind of chip it is and how it is run. The zero value is a
// blank with the published test keys, extended length, and no state file.
type Options struct {
	// Serial has SerialLen bytes; nil lets the chip draw one.
	Serial []byte
	// Keys are the initial SCP03 keys, 16, 24 or 32 bytes each; nil: the
	// published test keys 40 41 … 4F, unless Master is set.
	Keys *Keys
	// Master diversifies the initial keys by GlobalPlatform's KDF3 from the
	// chip's key diversification data.
	Master mac.Key
	// KVN is the version of the initial keys; 0 means 30 (hexadecimal).
	KVN byte
	// Model is what silicon and operating system can do; the zero value
	// means DefaultModel.
	Model Model

	// State is the file that keeps the chip between runs, written before the
	// answer to every command that changed something; empty keeps nothing.
	State string
	// RSA makes RSA keys; nil means that the chip takes its time.
	RSA RSASource
	// Rand gives random numbers of the chip's own; nil means crypto/rand.
	Rand io.Reader
	// Link models the time that the air takes; the zero value takes none.
	Link Link
	// Timing models the time that the chip's own work takes; the zero value
	// takes none.
	Timing Timing
	// Faults are what goes wrong, asked in order.
	Faults []Fault
	// Quirks are habits of chips in the field that this chip has.
	Quirks []Quirk
	// RetryDelay slows the chip after failed access attempts: it is the wait
	// before the second attempt, doubled with every further one up to 16
	// times. 0 means 50 ms; a negative one does not wait.
	RetryDelay time.Duration
}

// Keys are static SCP03 keys.
type Keys struct{ ENC, MAC, DEK mac.Key }

// DefaultKVN is the version of a blank's initial keys.
const DefaultKVN = 0x30

// maxDoublings bounds the delay after failed attempts.
const maxDoublings = 4

// Chip is one virtual chip. Its methods may be called from several goroutines;
// commands are answered one at a time, as a chip does.
type Chip struct {
	mu   sync.Mutex
	st   *state
	path string
	keys *keyring // parsed private keys of st

	rnd    io.Reader
	rsa    RSASource
	link   Link
	timing Timing
	faults []Fault
	quirks map[string]Quirk
	retry  time.Duration

	v         volatile
	exchanges int
	gone      time.Time // when the card left the field; zero while it is there
	back      time.Duration
	owed      time.Duration // what the command under way still has to wait
	busy      time.Duration // what the chip itself works on it
	spent     Spent
}

// NewBlank makes a chip as its manufacturer delivers it. If Options.State names
// a file, it is written, and must not exist yet.
func NewBlank(o Options) (*Chip, error) {
	st, err := blankState(o)
	if err != nil {
		return nil, err
	}
	return start(st, o)
}

// Open brings a chip back from its state file. Of o only what is not part of
// the chip counts: State, RSA, Rand, Link, Timing, Faults, Quirks, RetryDelay.
func Open(o Options) (*Chip, error) {
	st, err := loadState(o.State)
	if err != nil {
		return nil, err
	}
	return assemble(st, o)
}

// start makes a chip of a fresh state and writes its file.
func start(st *state, o Options) (*Chip, error) {
	c, err := assemble(st, o)
	if err != nil || o.State == "" {
		return c, err
	}
	if _, err := os.Lstat(o.State); !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s exists already", ErrState, o.State)
	}
	return c, st.save(o.State)
}

func assemble(st *state, o Options) (*Chip, error) {
	c := &Chip{
		st: st, path: o.State, rnd: random(o.Rand), rsa: o.RSA, link: o.Link, timing: o.Timing,
		faults: append([]Fault(nil), o.Faults...), quirks: map[string]Quirk{}, retry: o.RetryDelay,
	}
	for _, q := range o.Quirks {
		c.quirks[q.ID] = q
	}
	if c.rsa == nil {
		c.rsa = GenerateRSA
	}
	if c.retry == 0 {
		c.retry = 50 * time.Millisecond
	}
	if err := c.reloadKeys(); err != nil {
		return nil, err
	}
	c.powerOn()
	return c, nil
}

// Twin makes a chip with the same content and keys as c has now, and other
// options: State, RSA, Rand, Link, Timing, Faults, Quirks, RetryDelay, and Model if it is
// not zero. For tests: such chips are otherwise not to be had.
func (c *Chip) Twin(o Options) (*Chip, error) {
	c.mu.Lock()
	st := c.st.clone()
	c.mu.Unlock()
	if o.Model != (Model{}) {
		st.Model = o.Model
	}
	if err := st.check(); err != nil {
		return nil, fmt.Errorf("chip: %w", err)
	}
	return start(st, o)
}

func blankState(o Options) (*state, error) {
	cplc, err := newCPLC(o.Serial, random(o.Rand))
	if err != nil {
		return nil, err
	}
	keys, err := initialKeys(o, kdd(cplc))
	if err != nil {
		return nil, err
	}
	model := o.Model
	if model == (Model{}) {
		model = DefaultModel
	}
	st := &state{
		Version: stateVersion, Model: model, CPLC: cplc, Card: applet.CardOPReady,
		Keys: *keys, Applet: appletState{LifeCycle: applet.AppletSelectable},
	}
	if err := st.check(); err != nil {
		return nil, fmt.Errorf("chip: %w", err)
	}
	return st, nil
}

// Serial is the chip's serial, SerialLen bytes.
func (c *Chip) Serial() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]byte(nil), c.st.CPLC[serialFrom:serialTo]...)
}

// KDD is the key diversification data that INITIALIZE UPDATE gives, 10 bytes.
func (c *Chip) KDD() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return kdd(c.st.CPLC)
}

// Describe says in a few words what state the chip is in, for people: no
// personal data.
func (c *Chip) Describe() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch a := &c.st.Applet; {
	case c.st.Card == applet.CardSecured:
		return "issued"
	case a.personalized():
		return "personalized, not secured"
	case a.Progress != applet.ProgressNone:
		return "personalization begun"
	default:
		return "blank"
	}
}

// Exchanges is how many commands the chip has got, answered or not.
func (c *Chip) Exchanges() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.exchanges
}

// Spent is modelled time.
type Spent struct {
	Link time.Duration // on the air
	Chip time.Duration // in the chip
}

// Spent is how long link and chip have worked so far, as they are modelled.
func (c *Chip) Spent() Spent {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spent
}

// Format prints what the chip is and nothing of what it holds.
func (c *Chip) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[virtual chip]") }

// Away reports whether a fault has pulled the card and says for how long it
// still stays away; returns is false if it does not come back by itself. A
// card that is not away returns at once.
func (c *Chip) Away() (left time.Duration, returns bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone.IsZero() {
		return 0, true
	}
	return max(c.back-time.Since(c.gone), 0), c.back > 0
}

// ATR implements [apdu.Limiter].
func (c *Chip) ATR() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.atr()
}

// MaxCommand implements [apdu.Limiter]. It is the reader's side of the limit:
// what is carried to the chip, which may refuse it with 6700.
func (c *Chip) MaxCommand() int { return c.limit(7 + apdu.MaxExtendedData + 2) }

// MaxResponse implements [apdu.Limiter].
func (c *Chip) MaxResponse() int { return c.limit(apdu.MaxExtendedNe + 2) }

func (c *Chip) limit(extended int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.st.Model.ShortOnly {
		return extended
	}
	if extended == 7+apdu.MaxExtendedData+2 {
		return 261
	}
	return 258
}

// Reset implements [apdu.Resetter]: what is volatile is gone, what is durable
// stays. A card that a fault has pulled is back, unless it is to stay away for
// a while longer.
func (c *Chip) Reset(ctx context.Context) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !c.gone.IsZero() {
		if time.Since(c.gone) < c.back {
			return nil, fmt.Errorf("virtual chip: %w", apdu.ErrCardGone)
		}
		c.gone = time.Time{}
	}
	c.powerOn()
	return c.atr(), nil
}

// Transmit implements [apdu.Transmitter]: one command, one answer.
func (c *Chip) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !c.gone.IsZero() {
		return nil, fmt.Errorf("virtual chip: %w", apdu.ErrCardGone)
	}
	c.exchanges++
	c.owed, c.busy = 0, 0
	answer, err := c.answer(command)
	if err != nil {
		return nil, err
	}
	c.commandWork(len(command), len(answer), len(command) > 0 && command[0]&0x0C != 0)
	air := c.link.Duration(len(command), len(answer)) + c.link.Extensions(c.busy)
	c.spent.Link += air
	c.spent.Chip += c.busy
	c.owed += air + c.busy
	return answer, sleep(ctx, c.owed)
}

// answer is what the chip makes of a command, faults included.
func (c *Chip) answer(command []byte) ([]byte, error) {
	var answer []byte
	for _, f := range c.faults {
		switch e := f.Command(c.exchanges, command); {
		case e.Pull:
			return nil, c.pull(e.Back)
		case e.Answer != nil:
			c.endSession()
			answer = e.Answer
		default:
			c.owed += e.Delay
		}
	}
	if answer == nil {
		answer = c.process(command)
	}
	for _, f := range c.faults {
		e := f.Answer(c.exchanges, answer)
		if e.Pull {
			return nil, c.pull(e.Back)
		}
		if e.Answer != nil {
			answer = e.Answer
		}
		c.owed += e.Delay
	}
	return answer, nil
}

// pull takes the card out of the field.
func (c *Chip) pull(back time.Duration) error {
	c.gone, c.back = time.Now(), back
	c.powerOn()
	return fmt.Errorf("virtual chip: %w", apdu.ErrCardGone)
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
