package inspect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/bac"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// session is one conversation with one chip: how it was opened, and the files
// that it has given so far.
type session struct {
	// arriving gives what hashes a file while it comes in, nil for none.
	arriving func(f emrtd.File) io.Writer

	o       Options
	link    *link // to the chip, under the watchdog
	plain   *apdu.Channel
	witness *witness    // around plain: sees the answers that tell of quirks
	sender  apdu.Sender // secure messaging once there is access
	caps    emrtd.Capabilities
	learned emrtd.Learned
	chip    *Chip
	said    map[string]bool // quirks that are in the trail

	noMF       bool        // hinted: the master file cannot be selected
	place      place       // what is selected when access begins
	access     string      // "pace", "bac" or "none"; empty before there is access
	paceUsed   pace.Params // the parameters of PACE, if it was used
	cam        *pace.CAM   // the chip's claim, of the session that stands
	binding    binding     // the same for terminal authentication
	resumes    int         // sessions opened anew
	resume     func(ctx context.Context, cause error) (apdu.Sender, error)
	cardAccess *lds.SecurityInfos
	deviations []deviationFrom
	files      []lds.File
}

// deviationFrom is a deviation that reading found, and the file that has it.
type deviationFrom struct{ where, rule, text string }

// place is what is selected when access begins.
type place int

const (
	placePowerOn     place = iota // what the chip has selected by itself
	placeMF                       // the master file, by SELECT
	placeApplication              // the LDS1 application
)

func newSession(t apdu.Transmitter, o Options) *session {
	l := newLink(t, o.patience())
	s := &session{o: o, link: l, plain: apdu.NewChannel(l.transmitter()), chip: &Chip{Access: "none", Reader: o.Reader}, said: map[string]bool{}}
	s.witness = &witness{Channel: s.plain, note: s.note, decided: s.decide, declared: func() bool { return s.caps.Buffers.Stated() }}
	s.sender = s.witness
	return s
}

// phase runs one part of the inspection and books its exchanges and time.
func (s *session) phase(name string, f func() error) error {
	before, start := s.plain.Stats(), time.Now()
	s.progress(Progress{Phase: name})
	err := f()
	after, took := s.plain.Stats(), time.Since(start)
	s.chip.Phases = append(s.chip.Phases, Phase{Name: name, APDUs: after.Exchanges - before.Exchanges, DurationMS: took.Milliseconds()})
	s.chip.APDUs, s.chip.BytesSent, s.chip.BytesReceived = after.Exchanges, after.BytesSent, after.BytesReceived
	s.chip.DurationMS += took.Milliseconds()
	return err
}

func (s *session) progress(p Progress) {
	if s.o.Progress != nil {
		s.o.Progress(p)
	}
}

func (s *session) trail(format string, args ...any) {
	s.chip.Trail = append(s.chip.Trail, fmt.Sprintf(format, args...))
}

// decide writes a decision into the trail, once.
func (s *session) decide(what, why string) {
	if !s.said[what] {
		s.said[what] = true
		s.trail("used %s because %s", what, why)
	}
}

// note writes a quirk into the trail, once, and reports it if it is a deviation.
func (s *session) note(q *emrtd.Quirk) {
	if s.said[q.ID] {
		return
	}
	s.said[q.ID] = true
	s.trail("%s (%s)", q.Because(), q.ID)
	if q.Deviation {
		s.deviations = append(s.deviations, deviationFrom{"chip", q.ID, q.Does})
	}
}

// noteHint writes a quirk into the trail that nothing has shown yet.
func (s *session) noteHint(q *emrtd.Quirk) {
	if !s.said[q.ID] {
		s.said[q.ID] = true
		s.trail("used %s because cards of this kind are known for it: %s (%s)", q.Used, q.Does, q.ID)
	}
}

// hints takes to heart what is known of a chip before it is asked.
func (s *session) hints(k emrtd.Known) {
	for _, q := range k.Hinted() {
		if q.Remedy == emrtd.RemedyApplicationFiles {
			s.noMF = true
			s.noteHint(q)
		}
	}
	for _, q := range s.learned.Heed(k.Hinted()) {
		s.noteHint(q)
	}
}

// reader reads files through the channel that stands now.
func (s *session) reader() *emrtd.Reader {
	return emrtd.NewReader(s.sender, emrtd.Options{
		Chip:    s.caps.Buffers,
		Learned: &s.learned,
		Note:    s.note,
		Resume:  s.resume,
		Progress: func(p emrtd.Progress) {
			s.progress(Progress{Phase: "read", File: p.File.Name, Done: p.Done, Total: p.Total})
		},
	})
}

// open gets into the chip: EF.CardAccess, then PACE where it is offered and BAC
// where it is not (Doc 9303-11 (8th ed.), 4.2). The LDS1 application is selected
// when it returns.
func (s *session) open(ctx context.Context, a Access) error {
	if err := s.discover(ctx, a); err != nil {
		return err
	}
	offers, err := s.offers()
	if err != nil {
		return err
	}
	if len(offers) > 0 {
		s.paceUsed = offers[0]
		return s.openPACE(ctx, a)
	}
	return s.openBAC(ctx, a)
}

// discover finds out what the chip carries and reads EF.CardAccess. It stands
// in the master file, which is selected after power-on on most chips, and after
// SELECT on some; chips without a master file have it in the application.
func (s *session) discover(ctx context.Context, a Access) error {
	atr := s.link.atr()
	s.place = placePowerOn
	s.hints(emrtd.Known{State: s.state(a), ATR: atr})
	if s.o.Profile == nil || s.o.Profile.Chip.CardAccessIn != "application" {
		found, err := s.discoverInMF(ctx, atr)
		if err != nil || found {
			return err
		}
	}
	s.place = placeApplication
	if err := s.enter(ctx); err != nil {
		return err
	}
	found, err := s.discoverIn(ctx, atr, emrtd.DiscoverInApplication)
	if found {
		s.trail("read EF.CardAccess inside the application because the master file does not give it")
	}
	return err
}

// discoverInMF looks in the master file, without selecting it and with.
func (s *session) discoverInMF(ctx context.Context, atr []byte) (found bool, err error) {
	if found, err = s.discoverIn(ctx, atr, emrtd.Discover); err != nil || found || s.noMF {
		return found, err
	}
	var status apdu.Status
	if err = s.reader().SelectMF(ctx); err != nil {
		if errors.As(err, &status) {
			err = nil
		}
		return false, err
	}
	s.place = placeMF
	if found, err = s.discoverIn(ctx, atr, emrtd.Discover); found {
		s.trail("used SELECT of the master file because it is not selected after power-on")
	}
	return found, err
}

// discoverIn looks for the two files that are read before access, where they
// would be now.
func (s *session) discoverIn(ctx context.Context, atr []byte, discover func(context.Context, apdu.Sender, []byte) (emrtd.Capabilities, error)) (found bool, err error) {
	if !s.caps.Buffers.Stated() {
		if s.caps, err = discover(ctx, s.sender, atr); err != nil {
			return false, err
		}
		s.plain.ChipTakes(s.caps.Lengths())
	}
	return s.readCardAccess(ctx)
}

// state is the issuing state as far as it is known before access: a hint.
func (s *session) state(a Access) string {
	switch {
	case s.o.Profile != nil:
		return s.o.Profile.IssuingState
	case a.seen != nil:
		return a.seen.IssuingState
	}
	return ""
}

// readCardAccess reads EF.CardAccess in plain. A chip that refuses it offers no
// PACE; whether that was a lie shows in DG14, which is signed.
func (s *session) readCardAccess(ctx context.Context) (found bool, err error) {
	b, err := s.reader().Read(ctx, emrtd.CardAccess)
	var status apdu.Status
	if errors.As(err, &status) {
		return false, nil
	}
	if isDamage(err) || errors.Is(err, emrtd.ErrTooLarge) {
		return false, fmt.Errorf("%w: %w", ErrDocument, err)
	}
	if err != nil {
		return false, err
	}
	infos, devs, err := lds.ParseSecurityInfos(b)
	if err != nil {
		return false, fmt.Errorf("%w: EF.CardAccess: %w", ErrDocument, err)
	}
	for _, d := range devs {
		s.deviations = append(s.deviations, deviationFrom{lds.NameCardAccess, d.Rule, d.Text})
	}
	s.cardAccess = infos
	s.hints(emrtd.Known{CardAccess: b})
	s.files = append(s.files, lds.File{Name: lds.NameCardAccess, Bytes: b})
	return true, nil
}

// offers are the chip's PACE parameters, strongest first.
func (s *session) offers() ([]pace.Params, error) {
	if s.cardAccess == nil {
		return nil, nil
	}
	offers := s.cardAccess.PACE()
	if len(offers) == 0 && s.cardAccess.OffersPACE() {
		return nil, fmt.Errorf("%w: EF.CardAccess offers PACE with parameters that are none we know", ErrUnsupported)
	}
	return offers, nil
}

// openPACE runs the strongest offer. Nothing weaker is tried after it: a chip
// whose strongest protocol fails is a failure (Doc 9303-11 (8th ed.), 4.2, and
// the house's own rule against silent downgrades).
func (s *session) openPACE(ctx context.Context, a Access) error {
	pw, err := a.pacePassword()
	if err != nil {
		return err
	}
	if s.access == "" {
		s.trail("used %s with the %v because it is the strongest that EF.CardAccess offers", paceName(s.paceUsed), pw.Reference())
	}
	res, err := s.runPACE(ctx, a, pw)
	if err != nil {
		return err
	}
	if s.cam, err = claimOf(s.paceUsed, res); err != nil {
		return err
	}
	s.bindPACE(res, a)
	s.sender, s.access, s.chip.Access = res.Channel, "pace", "pace"
	if s.cam != nil {
		if err := s.readCardSecurity(ctx); err != nil {
			return err
		}
	}
	return s.enter(ctx)
}

// openBAC runs BAC with the MRZ, inside the application.
func (s *session) openBAC(ctx context.Context, a Access) error {
	if s.o.Profile != nil && !s.o.Profile.Access.BAC {
		return fmt.Errorf("%w: the chip offers no PACE, and profile %s does not allow BAC", ErrDowngrade, s.o.Profile.ID)
	}
	if s.place != placeApplication {
		if err := s.enter(ctx); err != nil {
			return err
		}
	}
	pw, err := a.bacPassword()
	if err != nil {
		return s.withoutBAC(ctx, err)
	}
	res, err := bac.Run(ctx, s.sender, pw)
	if err != nil {
		return s.withoutBAC(ctx, err)
	}
	if s.access == "" {
		s.trail("used BAC because the chip offers no PACE")
	}
	s.bindBAC(a)
	s.sender, s.access, s.chip.Access = res.Channel, "bac", "bac"
	return nil
}

// read reads one file of the application and keeps it. A refusal of the chip,
// and a file that is no whole file, come back as refused: they concern this file
// alone.
func (s *session) read(ctx context.Context, f emrtd.File) (b []byte, refused error, err error) {
	var whole bytes.Buffer
	into := io.Writer(&whole)
	if s.arriving != nil {
		if h := s.arriving(f); h != nil {
			into = io.MultiWriter(&whole, h)
		}
	}
	_, err = s.reader().ReadTo(ctx, f, into)
	b = whole.Bytes()
	var status apdu.Status
	switch {
	case err == nil:
		s.files = append(s.files, lds.File{Name: f.Name, Bytes: b})
		return b, nil, nil
	case errors.As(err, &status), isDamage(err), errors.Is(err, emrtd.ErrTooLarge):
		return nil, err, nil
	default:
		return nil, nil, err
	}
}

// isDamage tells a file that cannot be what was signed: it ends before its
// length, or is no data object.
func isDamage(err error) bool {
	return errors.Is(err, emrtd.ErrTruncated) || errors.Is(err, emrtd.ErrFormat)
}

// file gives what was read under a name.
func (s *session) file(name string) ([]byte, bool) { return findFile(s.files, name) }

func findFile(files []lds.File, name string) ([]byte, bool) {
	for _, f := range files {
		if f.Name == name {
			return f.Bytes, true
		}
	}
	return nil, false
}
