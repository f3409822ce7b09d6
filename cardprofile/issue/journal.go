package issue

import "context"

// Step is a point that a card has reached. What has been told to the journal
// has happened; what comes after it may have.
type Step string

// Steps of one card, in their order.
const (
	StepProbed  Step = "probed"     // the blank is untouched and its serial is known
	StepKeys    Step = "keys-made"  // keys have been made on the chip: it is no blank any more
	StepSigning Step = "signing"    // EF.SOD is decided, its digest known, and about to be signed
	StepSigned  Step = "sod-signed" // EF.SOD exists
	StepWriting Step = "writing"    // files are about to be written
	StepLocked  Step = "locked"     // the chip is personalized and closed
)

// Entry is what a step leaves behind. It holds no personal data.
type Entry struct {
	Step   Step
	Serial []byte // the chip's
	// Digest is SHA-256 of the attributes that are signed, from StepSigning
	// on: it tells whether a signature belongs to this card.
	Digest []byte
}

// Journal is told each step before the next one begins. An error stops the
// card where it is.
type Journal interface {
	Record(ctx context.Context, e Entry) error
}

// JournalFunc is a function that is a Journal.
type JournalFunc func(ctx context.Context, e Entry) error

// Record calls f.
func (f JournalFunc) Record(ctx context.Context, e Entry) error { return f(ctx, e) }
