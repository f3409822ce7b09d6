package emrtd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

const (
	// leastChunk is the smallest piece that is asked for when a chip refuses
	// lengths. A chip may give less maxCrumbs times in a file, while more is to
	// come: a file in crumbs would take an hour.
	leastChunk = 16
	maxCrumbs  = 4
	// maxHeader is the longest header of a data object that can be read;
	// firstHeader is enough for every file of an LDS.
	maxHeader   = 9
	firstHeader = 6
	// unknown is the length of a file whose header has not come in.
	unknown = -1
)

// reading is one file being read.
type reading struct {
	r *Reader
	f File
	w io.Writer

	selected bool   // by SELECT: no short identifier in the first read
	reselect bool   // SELECT comes next
	offset   int    // bytes that have gone to w
	total    int    // of the file, or unknown
	head     []byte // the first bytes, until the length is known
	crumbs   int    // answers too short to go on with for long
	breaks   int    // sessions that ended while this file was read
	least    int    // smallest length that was refused before the first bytes came, 0 if none
	before   int    // the chip's chunk before that
}

func (p *reading) run(ctx context.Context) error {
	p.total = unknown
	p.reselect = p.f.SFI == 0 || p.r.learned.NoSFI
	for !p.done() {
		if err := p.step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *reading) done() bool { return p.total != unknown && p.offset >= p.total }

// step is one command and what follows from its answer.
func (p *reading) step(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.reselect {
		return p.selectFile(ctx)
	}
	c, want := p.next()
	r, err := p.r.ch.Send(ctx, c)
	if err != nil {
		return p.broken(ctx, c, err)
	}
	if r.SW>>8 == 0x6C {
		return p.corrected(ctx, c, r.SW)
	}
	return p.settle(ctx, c, want, r)
}

// next is the command that comes next, and how many bytes of the file it asks
// for.
func (p *reading) next() (apdu.Command, int) {
	want := p.r.capacity()
	if p.total != unknown {
		want = min(want, p.total-p.offset)
	} else if p.r.learned.HeaderFirst && !p.f.Sequence {
		want = min(want, firstHeader)
	}
	switch {
	case p.offset == 0 && !p.selected:
		return ReadBinarySFICommand(p.f.SFI, 0, p.r.expect(want)), want
	case p.offset <= maxB0Offset:
		// On some chips the even command ends where its offset ends
		// (Doc 9303-10, 3.6.6, note 1).
		want = min(want, maxB0Offset+1-p.offset)
		return ReadBinaryCommand(p.offset, p.r.expect(want)), want
	default:
		return p.odd(want)
	}
}

// odd is a read past what the even command can name: DO 53 takes room in the
// answer.
func (p *reading) odd(want int) (apdu.Command, int) {
	capacity := p.r.capacity()
	header := func(n int) int { return 1 + len(tlv.EncodeLength(n)) }
	want = min(want, capacity-header(capacity))
	want = max(want, 1)
	return ReadBinaryOddCommand(p.offset, p.r.expect(want+header(want))), want
}

// corrected repeats a command with the length that the chip has named (6Cxx).
// It is not the chip's limit unless more of the file is to come.
func (p *reading) corrected(ctx context.Context, c apdu.Command, sw apdu.Status) error {
	named := int(sw & 0xFF)
	if named == 0 {
		named = apdu.MaxShortNe
	}
	if named >= c.Ne {
		return p.refused(c, sw)
	}
	c.Ne = named
	r, err := p.r.ch.Send(ctx, c)
	if err != nil {
		return p.broken(ctx, c, err)
	}
	if r.SW>>8 == 0x6C {
		return r.SW
	}
	return p.settle(ctx, c, named, r)
}

// settle takes the answer to c, which asked for want bytes of the file.
func (p *reading) settle(ctx context.Context, c apdu.Command, want int, r apdu.Response) error {
	switch {
	case r.SW == apdu.OK, r.SW == apdu.WarnEOF:
		data, err := p.content(c, r.Data)
		if err != nil {
			return err
		}
		if p.nothing(data, r.SW) {
			return nil
		}
		if p.offset == 0 && !p.selected {
			p.r.learned.SFI = true
		}
		return p.take(data, want, r.SW == apdu.WarnEOF)
	case r.SW == apdu.ErrOffset && p.offset > 0:
		return p.end()
	case p.offset == 0 && !p.selected && p.wantsSelect(r.SW):
		p.reselect = true
		return nil
	case QuirkIn(RemedySmallerReads, ActReadBinary, r.SW, false) != nil:
		return p.refused(c, r.SW)
	}
	return r.SW
}

// nothing sees whether a chip gives nothing because more was asked for than the
// file has, and makes the next read a short one.
func (p *reading) nothing(data []byte, sw apdu.Status) bool {
	q := QuirkIn(RemedyHeaderFirst, ActReadBinary, sw, false)
	if q == nil || len(data) > 0 || p.offset > 0 || p.r.learned.HeaderFirst || p.f.Sequence {
		return false
	}
	p.r.learned.HeaderFirst = true
	p.r.note(q)
	return true
}

// content is the bytes of the file in an answer.
func (p *reading) content(c apdu.Command, data []byte) ([]byte, error) {
	if c.INS&1 == 0 || len(data) == 0 {
		return data, nil
	}
	tag, header, length, err := tlv.Header(data)
	if err != nil || tag != tagDiscretionary {
		return nil, fmt.Errorf("%w: answer without DO 53", ErrFormat)
	}
	// A chip that cuts the answer cuts the object.
	return data[header:min(len(data), header+length)], nil
}

// wantsSelect reports whether a chip may mean by sw that it does not know short
// identifiers. As long as none has worked, "file not found" may mean that too.
func (p *reading) wantsSelect(sw apdu.Status) bool {
	if sw == apdu.ErrFileNotFound {
		return !p.r.learned.SFI
	}
	return QuirkIn(RemedySelectFile, ActReadSFI, sw, false) != nil
}

// selectFile selects the file, at the beginning or to go on with it.
func (p *reading) selectFile(ctx context.Context) error {
	c := SelectFileCommand(p.f.FID)
	err := p.r.selectFile(ctx, p.f)
	var sw apdu.Status
	switch {
	case errors.As(err, &sw):
		return sw
	case err != nil:
		return p.broken(ctx, c, err)
	}
	if p.f.SFI != 0 && p.offset == 0 && p.breaks == 0 && !p.r.learned.NoSFI {
		p.r.learned.NoSFI = true
		p.r.note(withRemedy(RemedySelectFile))
	}
	p.selected, p.reselect = true, false
	return nil
}

// broken is what follows when a command got no usable answer: a new session, if
// the options have a way to one, and the same file at the same offset.
func (p *reading) broken(ctx context.Context, c apdu.Command, cause error) error {
	if ctx.Err() != nil {
		return cause
	}
	p.suspect(c, cause)
	if p.r.o.Resume == nil {
		return cause
	}
	ch, err := p.r.o.Resume(ctx, cause)
	if err != nil {
		return err
	}
	p.breaks++
	p.r.ch, p.r.carrier = ch, carrierOf(ch)
	p.selected = false
	p.reselect = p.offset > 0 || p.f.SFI == 0 || p.r.learned.NoSFI
	return nil
}

// suspect learns from a session that ended on a read. An answer without
// protection may come from anybody, and so may only make the next reads
// smaller.
func (p *reading) suspect(c apdu.Command, cause error) {
	if c.INS&^1 != 0xB0 {
		return
	}
	var naked *sm.UnprotectedError
	switch {
	case errors.As(cause, &naked) && c.IsExtended():
		// Chips have been seen to break the session on an extended read,
		// with more than one status: the next session will be careful.
		p.giveUpExtended()
	case errors.As(cause, &naked):
		if QuirkIn(RemedySmallerReads, ActReadBinary, naked.SW, false) != nil {
			p.smaller(c.Ne)
		}
	case c.IsExtended() && p.breaks > 0 && !errors.Is(cause, sm.ErrMAC):
		// The second time that the field is lost on such a read.
		p.giveUpExtended()
	}
}

func (p *reading) giveUpExtended() {
	p.r.learned.NoExtended = true
	p.r.note(withRemedy(RemedyShortReads))
}

// refused makes the next attempt smaller after the chip did not like the length
// of c: two bytes less if the chip may count its status word, then without
// extended length, then step by step.
func (p *reading) refused(c apdu.Command, sw apdu.Status) error {
	switch {
	case c.IsExtended() && !p.r.learned.StatusCounts && p.r.largestResponse() == p.r.o.Chip.MaxResponse+statusLen &&
		QuirkIn(RemedySmallerBuffer, ActReadExtended, sw, false) != nil:
		p.r.learned.StatusCounts = true
		p.r.note(withRemedy(RemedySmallerBuffer))
		return nil
	case c.IsExtended():
		p.giveUpExtended()
		return nil
	case p.smaller(c.Ne):
		return nil
	}
	return sw
}

// smaller takes the next length of the table that is below ne.
func (p *reading) smaller(ne int) bool {
	q := withRemedy(RemedySmallerReads)
	if p.offset == 0 && p.total == unknown {
		if p.least == 0 {
			p.before = p.r.learned.Chunk
		}
		p.least = ne
	}
	for _, n := range q.Lengths {
		if n < ne {
			p.r.learned.Chunk = n
			p.r.note(q)
			return true
		}
	}
	return false
}

// pastEnd sees, when the first bytes of a file have come after refusals, whether
// what was refused was not the length but the end of the file: all that was
// refused went past it, and what was given did not.
func (p *reading) pastEnd(got int) {
	if p.least == 0 || p.total == unknown {
		return
	}
	if p.least > p.total && got <= p.total {
		p.r.learned.Chunk, p.r.learned.HeaderFirst = p.before, true
		p.r.note(withRemedy(RemedyHeaderFirst))
	}
	p.least = 0
}

// take hands data on and sees what it says about the rest.
func (p *reading) take(data []byte, want int, eof bool) error {
	if p.total == unknown {
		if err := p.measure(data, want, eof); err != nil {
			return err
		}
		p.pastEnd(want)
	}
	if p.total != unknown {
		data = data[:min(len(data), p.total-p.offset)]
	}
	if p.offset+len(data) > p.r.o.MaxFile {
		return fmt.Errorf("%w of %d bytes", ErrTooLarge, p.r.o.MaxFile)
	}
	if _, err := p.w.Write(data); err != nil {
		return err
	}
	p.offset += len(data)
	if p.r.o.Progress != nil && len(data) > 0 {
		p.r.o.Progress(Progress{File: p.f, Done: p.offset, Total: max(p.total, 0)})
	}
	if p.done() || len(data) >= want {
		return nil
	}
	// Less than asked for, and more is to come.
	if len(data) == 0 {
		return p.end()
	}
	if p.total == unknown && p.f.Sequence {
		return nil // the next read tells whether this was the end
	}
	if len(data) < leastChunk {
		if p.crumbs++; p.crumbs > maxCrumbs {
			return fmt.Errorf("%w: the chip gives %d bytes at a time", ErrTruncated, len(data))
		}
		return nil
	}
	if !eof {
		p.r.learned.Chunk = len(data)
	}
	return nil
}

// measure finds the length of the file in its first bytes.
func (p *reading) measure(data []byte, want int, eof bool) error {
	if p.f.Sequence {
		// A short answer that holds whole objects is the file.
		if eof || len(data) == 0 || len(data) < want && p.whole(data) {
			p.total = p.offset + len(data)
		}
		return nil
	}
	p.head = append(p.head, data[:min(len(data), maxHeader)]...)
	_, header, length, err := tlv.Header(p.head)
	switch {
	case errors.Is(err, tlv.ErrShort):
		if eof || len(p.head) >= maxHeader {
			return fmt.Errorf("%w: %d bytes", ErrTruncated, len(p.head))
		}
		return nil
	case err != nil:
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	total := header + length
	if total > p.r.o.MaxFile {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, total, p.r.o.MaxFile)
	}
	p.total = total
	return nil
}

// whole reports whether data is a sequence of whole data objects, padded with
// zeros perhaps.
func (p *reading) whole(data []byte) bool {
	if p.offset > 0 {
		return false
	}
	for len(data) > 0 && data[0] != 0 {
		_, rest, err := tlv.Parse(data)
		if err != nil {
			return false
		}
		data = rest
	}
	return len(bytes.TrimRight(data, "\x00")) == 0
}

// end is the end of the file as the chip sees it.
func (p *reading) end() error {
	if p.f.Sequence && p.total == unknown {
		p.total = p.offset
		return nil
	}
	if p.total == unknown {
		return fmt.Errorf("%w: %d bytes", ErrTruncated, p.offset)
	}
	return fmt.Errorf("%w: %d of %d bytes", ErrTruncated, p.offset, p.total)
}
