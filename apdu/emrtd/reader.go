package emrtd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
)

// Errors of reading, beside those of the chip (apdu.Status) and of the
// exchange.
var (
	// ErrTooLarge: the file declares more bytes than the limit.
	ErrTooLarge = errors.New("emrtd: file is larger than the limit")
	// ErrTruncated: the chip gives fewer bytes than the file declares.
	ErrTruncated = errors.New("emrtd: file ends before its declared length")
	// ErrFormat: the file does not begin with a data object, or an answer is
	// not what the command asks for.
	ErrFormat = errors.New("emrtd: file is not a data object")
)

// DefaultMaxFile is the largest file that is read unless options say
// otherwise, in bytes.
const DefaultMaxFile = 512 << 10

// Options of a [Reader]. The zero value reads with short APDUs.
type Options struct {
	// Chip is what the chip has stated about its buffers, from [Discover];
	// zero if nothing, and then no extended length is used.
	Chip Buffers
	// MaxFile is the largest file to read, in bytes; 0 is DefaultMaxFile.
	MaxFile int
	// Progress is called after each exchange that brought bytes. It must not
	// block.
	Progress func(Progress)
	// Learned keeps what was found out about the chip beyond this Reader; nil
	// keeps it for the Reader alone.
	Learned *Learned
	// Note is told of each quirk that something was done about, once for each
	// thing learned. Nil tells nobody.
	Note func(*Quirk)
	// Resume opens a new session after an exchange has failed with cause, in
	// the same access and with the same application selected, and reading goes
	// on through the sender it returns, at the same offset. It decides whether
	// cause allows that and how often; an error ends the reading. Nil: every
	// failed exchange ends it.
	Resume func(ctx context.Context, cause error) (apdu.Sender, error)
}

// Progress is where the reading of a file stands, in bytes. Total is 0 until
// it is known.
type Progress struct {
	File        File
	Done, Total int
}

// Learned is what a chip has shown about itself while it was read. The zero
// value is nothing. It belongs to one chip, or one model of chip, and outlives
// a session: after a session that broke on a long read it says to be careful.
type Learned struct {
	// Chunk is the most bytes that the chip gave when asked for more; 0 is
	// not known.
	Chunk int
	// NoExtended: a read with extended length failed.
	NoExtended bool
	// StatusCounts: the response buffer that the chip states includes the
	// status word.
	StatusCounts bool
	// SFI: a short identifier worked. NoSFI: the chip wants SELECT.
	SFI, NoSFI bool
	// HeaderFirst: the chip gives nothing when more is asked for than the file
	// has.
	HeaderFirst bool
	// SelectFCI: the chip wants P2 00 in SELECT.
	SelectFCI bool
}

// Heed takes the quirks that hints tell of as learned, as far as reading can do
// something about them, and returns those.
func (l *Learned) Heed(list []*Quirk) []*Quirk {
	var heeded []*Quirk
	for _, q := range list {
		var known *bool
		switch q.Remedy {
		case RemedyShortReads:
			known = &l.NoExtended
		case RemedySelectFCI:
			known = &l.SelectFCI
		case RemedySelectFile:
			known = &l.NoSFI
		case RemedyHeaderFirst:
			known = &l.HeaderFirst
		case RemedySmallerBuffer:
			known = &l.StatusCounts
		}
		if known != nil && !*known {
			*known = true
			heeded = append(heeded, q)
		}
	}
	return heeded
}

// Reader reads files of one session. It may be used by one goroutine at a time.
type Reader struct {
	ch      apdu.Sender
	o       Options
	carrier carrier
	learned *Learned
}

// NewReader reads through ch: a plain apdu.Channel, or secure messaging around
// one, which it recognizes. A Sender that wraps another one and has the method
// Inner() apdu.Sender is looked through; of one that it does not know, it
// assumes short APDUs under secure messaging with AES.
func NewReader(ch apdu.Sender, o Options) *Reader {
	r := &Reader{ch: ch, o: o, carrier: carrierOf(ch), learned: o.Learned}
	if r.learned == nil {
		r.learned = &Learned{}
	}
	if r.o.MaxFile <= 0 {
		r.o.MaxFile = DefaultMaxFile
	}
	return r
}

// note tells of a quirk that something was done about.
func (r *Reader) note(q *Quirk) {
	if q != nil && r.o.Note != nil {
		r.o.Note(q)
	}
}

// Learned is what the chip has shown about itself so far.
func (r *Reader) Learned() Learned { return *r.learned }

// Read reads a whole file of the current application, or master file. An error
// wraps apdu.ErrFileNotFound, apdu.ErrSecurityStatus and other statuses,
// ErrTooLarge, ErrTruncated, ErrFormat, or an error of the exchange.
func (r *Reader) Read(ctx context.Context, f File) ([]byte, error) {
	var b bytes.Buffer
	if _, err := r.ReadTo(ctx, f, &b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// ReadTo reads a whole file into w as the bytes arrive and returns how many
// there were. What w got is incomplete if there is an error.
func (r *Reader) ReadTo(ctx context.Context, f File, w io.Writer) (int64, error) {
	if f.FID == 0 {
		return 0, fmt.Errorf("emrtd: no file named")
	}
	p := &reading{r: r, f: f, w: w}
	err := p.run(ctx)
	if err != nil {
		err = fmt.Errorf("emrtd: read %s: %w", f.Name, err)
	}
	return int64(p.offset), err
}
