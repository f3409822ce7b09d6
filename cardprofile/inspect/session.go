package inspect

import (
	"context"
	"errors"
	"fmt"
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
	o       Options
	plain   *apdu.Channel
	sender  apdu.Sender // secure messaging once there is access
	caps    emrtd.Capabilities
	learned emrtd.Learned
	chip    *Chip

	access     string      // "pace" or "bac"
	paceUsed   pace.Params // the parameters of PACE, if it was used
	cardAccess *lds.SecurityInfos
	deviations []deviationFrom
	files      []lds.File
}

// deviationFrom is a deviation that reading found, and the file that has it.
type deviationFrom struct{ where, rule, text string }

func newSession(t apdu.Transmitter, o Options) *session {
	ch := apdu.NewChannel(t)
	return &session{o: o, plain: ch, sender: ch, chip: &Chip{Access: "none", Reader: o.Reader}}
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

// reader reads files through the channel that stands now.
func (s *session) reader() *emrtd.Reader {
	return emrtd.NewReader(s.sender, emrtd.Options{
		Chip:    s.caps.Buffers,
		Learned: &s.learned,
		Progress: func(p emrtd.Progress) {
			s.progress(Progress{Phase: "read", File: p.File.Name, Done: p.Done, Total: p.Total})
		},
	})
}

// open gets into the chip: EF.CardAccess, then PACE where it is offered and BAC
// where it is not (Doc 9303-11 (8th ed.), 4.2). The LDS1 application is selected
// when it returns.
func (s *session) open(ctx context.Context, a Access) error {
	selected, err := s.discover(ctx)
	if err != nil {
		return err
	}
	offers, err := s.offers()
	if err != nil {
		return err
	}
	if len(offers) > 0 {
		if err := s.openPACE(ctx, a, offers); err != nil {
			return err
		}
		return emrtd.SelectApplication(ctx, s.sender)
	}
	if !selected {
		if err := emrtd.SelectApplication(ctx, s.sender); err != nil {
			return err
		}
	}
	return s.openBAC(ctx, a)
}

// discover finds out what the chip carries and reads EF.CardAccess. It stands
// in the master file, which is selected after power-on; chips without one have
// it in the application (selected is true then).
func (s *session) discover(ctx context.Context) (selected bool, err error) {
	var atr []byte
	if l, ok := s.plain.Transmitter().(apdu.Limiter); ok {
		atr = l.ATR()
	}
	if s.o.Profile == nil || s.o.Profile.Chip.CardAccessIn != "application" {
		if s.caps, err = emrtd.Discover(ctx, s.plain, atr); err != nil {
			return false, err
		}
		found, err := s.readCardAccess(ctx)
		if err != nil || found {
			return false, err
		}
	}
	if err := emrtd.SelectApplication(ctx, s.plain); err != nil {
		return false, err
	}
	if !s.caps.Buffers.Stated() {
		if s.caps, err = emrtd.DiscoverInApplication(ctx, s.plain, atr); err != nil {
			return true, err
		}
	}
	found, err := s.readCardAccess(ctx)
	if found {
		s.trail("read EF.CardAccess inside the application because the master file does not give it")
	}
	return true, err
}

// readCardAccess reads EF.CardAccess in plain. A chip that refuses it offers no
// PACE; whether that was a lie shows in DG14, which is signed.
func (s *session) readCardAccess(ctx context.Context) (found bool, err error) {
	b, err := s.reader().Read(ctx, emrtd.CardAccess)
	var status apdu.Status
	if errors.As(err, &status) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("EF.CardAccess: %w", err)
	}
	infos, devs, err := lds.ParseSecurityInfos(b)
	if err != nil {
		return false, fmt.Errorf("%w: EF.CardAccess: %w", ErrDocument, err)
	}
	for _, d := range devs {
		s.deviations = append(s.deviations, deviationFrom{lds.NameCardAccess, d.Rule, d.Text})
	}
	s.cardAccess = infos
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
func (s *session) openPACE(ctx context.Context, a Access, offers []pace.Params) error {
	pw, name, err := a.pacePassword()
	if err != nil {
		return err
	}
	s.paceUsed = offers[0]
	s.trail("used %s with the %s because EF.CardAccess offers it", paceName(offers[0]), name)
	res, err := pace.Run(ctx, s.plain, offers[0], pw)
	if err != nil {
		return err
	}
	s.sender, s.access, s.chip.Access = res.Channel, "pace", "pace"
	return nil
}

// openBAC runs BAC with the MRZ.
func (s *session) openBAC(ctx context.Context, a Access) error {
	if s.o.Profile != nil && !s.o.Profile.Access.BAC {
		return fmt.Errorf("%w: the chip offers no PACE, and profile %s does not allow BAC", ErrDowngrade, s.o.Profile.ID)
	}
	pw, err := a.bacPassword()
	if err != nil {
		return err
	}
	s.trail("used BAC because the chip offers no PACE")
	res, err := bac.Run(ctx, s.plain, pw)
	if err != nil {
		return err
	}
	s.sender, s.access, s.chip.Access = res.Channel, "bac", "bac"
	return nil
}

// read reads one file of the application and keeps it. A status of the chip
// comes back as such; refused is true then.
func (s *session) read(ctx context.Context, f emrtd.File) (b []byte, refused error, err error) {
	b, err = s.reader().Read(ctx, f)
	var status apdu.Status
	switch {
	case err == nil:
		s.files = append(s.files, lds.File{Name: f.Name, Bytes: b})
		return b, nil, nil
	case errors.As(err, &status):
		return nil, status, nil
	default:
		return nil, nil, fmt.Errorf("%s: %w", f.Name, err)
	}
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
