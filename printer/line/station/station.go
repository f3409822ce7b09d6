package station

import (
	"context"
	"errors"
	"log/slog"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Station makes cards, one at a time. Its fields are set before the first call
// and not changed afterwards; calls come from one goroutine at a time.
type Station struct {
	Name  string
	Store *store.Store
	// Blanks is the lot that the blanks at this station come from: failures of
	// their authentication stop the lot on all stations.
	Blanks string
	// ManifestRequired refuses every blank of a lot that has no supplier's manifest. Without it such a lot is not checked.
	ManifestRequired bool
	// Limit is how many authentications in a row may fail before the lot stops;
	// 0 is DefaultLimit.
	Limit int
	// Issuer makes a chip into a card.
	Issuer Issuer
	// Encoder is the chip reader.
	Encoder Encoder
	// Driver knows the chips of the blanks, and tells an untouched one.
	Driver applet.Driver
	// Printer prints and carries the card; nil at a station with a reader alone.
	Printer printer.Printer
	// Chip is the station of the printer where the encoder finds the chip.
	Chip printer.Station
	// Checker inspects each finished card.
	Checker Checker
	// Operator is asked when the printer wants somebody.
	Operator Operator
	// Log is told faults, by card number; nil keeps none.
	Log *slog.Logger

	loaded bool // an untouched blank lies ready inside
}

// DefaultLimit is how many blanks in a row may fail their authentication.
const DefaultLimit = 3

// Issuer makes a chip into a card; *issue.Authority is one.
type Issuer interface {
	Personalize(ctx context.Context, t apdu.Transmitter, plan *issue.Plan, o issue.Options) (*issue.Card, error)
}

// Chip is a chip in the reader.
type Chip interface {
	apdu.Transmitter
	Close() error
}

// Encoder is the reader of a station.
type Encoder interface {
	// Connect connects to the chip in the reader, powered anew. ErrEmpty if
	// there is none.
	Connect(ctx context.Context) (Chip, error)
}

// ErrEmpty: no card lies in the reader.
var ErrEmpty = errors.New("station: no card in the reader")

// Work is a request with all that can be ready before its blank is fed.
type Work struct {
	Request store.Request
	Plan    *issue.Plan
	Front   printer.Face
	Back    printer.Face
	// Serial is the chip's, as the store has it bound to the card: upper-case
	// hexadecimal. The station sets it before a check; empty if the chip does not
	// tell.
	Serial string
	// Done, if set, is called in the transaction that makes the card good: the
	// queue's job ends with it, or neither does.
	Done func(*store.Tx) error
}

// Quality is what an inspection found.
type Quality struct {
	Digest []byte // SHA-256 of the verdict
	// Problem is why the card is none, a check's name and words without
	// personal data; empty for a good card.
	Problem string
	// Authentication: the problem is that the chip could not be authenticated.
	Authentication bool
}

// Checker inspects a finished card against what it was to become. made is nil
// after a restart.
type Checker interface {
	Check(ctx context.Context, t apdu.Transmitter, w *Work, made *issue.Card) (Quality, error)
}

// Decision is what an operator decides about a fault of the printer.
type Decision int

// The decisions.
const (
	Resume Decision = iota // the fault is put right: carry on
	GiveUp                 // give this card up
)

// Operator is asked when a station halts.
type Operator interface {
	// Halted waits until somebody decides. An error ends the station's work with
	// the card where it is.
	Halted(ctx context.Context, s *Station, c store.Card, fault error) (Decision, error)
}

// Result is what became of one request at a station.
type Result struct {
	Card store.Card // as it is now; its ID is 0 if no blank was drawn
	// Good: the card is delivered.
	Good bool
	// Problem is why it is not, for the log.
	Problem error
}

// Errors of a station.
var (
	// ErrLotStopped: too many blanks of the lot failed in a row.
	ErrLotStopped = errors.New("station: the lot of blanks is stopped")
	// ErrInside: a card lies inside that cannot be accounted for.
	ErrInside = errors.New("station: a card lies in the station")
)

func (s *Station) limit() int {
	if s.Limit > 0 {
		return s.Limit
	}
	return DefaultLimit
}

// advance moves the card in a transaction of its own.
func (s *Station) advance(ctx context.Context, c *store.Card, to card.State, m store.Mark) error {
	m.Station = s.Name
	return s.record(ctx, string(to), func(tx *store.Tx) error {
		next, err := tx.Advance(ctx, *c, to, m)
		if err == nil {
			*c = next
		}
		return err
	})
}

// vouched moves the card to probed, unless the manifest of its lot refuses the chip.
func (s *Station) vouched(ctx context.Context, c *store.Card, m store.Mark) error {
	m.Station = s.Name
	return s.record(ctx, string(card.Probed), func(tx *store.Tx) error {
		if err := tx.Vouched(ctx, s.Blanks, m.Serial, *c, s.ManifestRequired); err != nil {
			return err
		}
		next, err := tx.Advance(ctx, *c, card.Probed, m)
		if err == nil {
			*c = next
		}
		return err
	})
}

// record is a transaction of this station.
func (s *Station) record(ctx context.Context, what string, f func(*store.Tx) error) error {
	return s.Store.Do(ctx, s.Name+": "+what, f)
}

func (s *Station) warn(msg string, c store.Card, err error) {
	if s.Log != nil {
		s.Log.Warn(msg, "station", s.Name, "card", c.ID, "state", string(c.State), "reason", err)
	}
}
