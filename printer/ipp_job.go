package printer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/OpenPrinting/goipp"
)

// ippPress prints cards as jobs of an IPP printer. Its calls come from one
// goroutine at a time.
//
// A document is sent once. Before its first byte a failure leaves nothing
// printed, and Resume begins anew; from then on the job is followed, and only the
// printer's own word that it is completed makes the card printed.
type ippPress struct {
	c       *ippClient
	station string
	log     *slog.Logger
	known   *ippAbout
	job     *ippJob
	// open are jobs that were given up and are not known to have ended: nothing
	// new is printed before that.
	open []int
	// stale are names of jobs that may have been made without our knowing.
	stale   []string
	settled bool // jobs that an earlier run of this station left are cancelled
	pause   func(ctx context.Context, d time.Duration) error
	stall   time.Duration
}

// ippJob is a job on its way.
type ippJob struct {
	name     string
	card     int64
	pages    int
	document *ippDocument
	sides    string
	dpi      int
	created  bool // Create-Job was sent: a job may be there
	id       int  // 0 while it is not known
	sent     bool // the first byte of the document may have arrived
	doubt    bool // nobody confirmed the last one
}

// Limits of patience.
const (
	ippPoll      = 50 * time.Millisecond // doubled up to
	ippPollMost  = time.Second
	ippBusyFor   = 2 * time.Minute // a printer at another's job
	ippStall     = 5 * time.Minute // a job that does not end
	ippLostCalls = 3               // unanswered questions in a row
	ippMaxJobs   = 200             // of a list
)

func newIPPPress(c *ippClient, o Options) *ippPress {
	return &ippPress{c: c, station: o.Station, log: o.Log, pause: pause, stall: ippStall}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// jobPrefix begins the names of this driver's jobs. A name holds the card's
// number and nothing of its holder: lists of jobs are open to anybody.
const jobPrefix = "chipid-card-"

func jobName(card int64) string {
	if card == 0 {
		return jobPrefix + "x" + rand.Text()[:10]
	}
	return fmt.Sprintf("%s%d", jobPrefix, card)
}

// sideName names the job of one side alone.
func sideName(card int64, s Side) string { return jobName(card) + "-" + s.String() }

func newJob(faces []Face) *ippJob {
	f := faces[0]
	j := &ippJob{name: jobName(f.Card), card: f.Card, pages: len(faces), dpi: f.DPI}
	if len(faces) == 1 {
		j.name = sideName(f.Card, f.Side)
	}
	return j
}

// user is who the printer takes for the sender.
func (p *ippPress) user() string {
	switch {
	case p.c.user != "":
		return p.c.user
	case p.station != "":
		return p.station
	}
	return "chipid"
}

func (p *ippPress) call(ctx context.Context, op goipp.Op, fill func(*goipp.Message), document *ippDocument) (*goipp.Message, error) {
	return p.c.call(ctx, op, func(m *goipp.Message) {
		m.Operation.Add(goipp.MakeAttribute("requesting-user-name", goipp.TagName, goipp.String(p.user())))
		fill(m)
	}, document)
}

// patient is call that waits while the printer is busy.
func (p *ippPress) patient(ctx context.Context, op goipp.Op, fill func(*goipp.Message), document *ippDocument) (*goipp.Message, error) {
	wait, until := ippPoll, time.Now().Add(ippBusyFor)
	for {
		m, err := p.call(ctx, op, fill, document)
		if err != nil {
			return nil, err
		}
		err = ippRefused(m)
		if !errors.Is(err, errIPPBusy) {
			return m, err
		}
		if time.Now().After(until) {
			return nil, fmt.Errorf("%w: it stays busy: %w", ErrOffline, err)
		}
		if err := p.pause(ctx, wait); err != nil {
			return nil, err
		}
		wait = min(2*wait, ippPollMost)
	}
}

// capabilities asks once.
func (p *ippPress) capabilities(ctx context.Context) (Capabilities, error) {
	if p.known == nil {
		about, err := p.c.about(ctx)
		if err != nil {
			return Capabilities{}, err
		}
		p.known = about
	}
	return p.known.capabilities()
}

// ready asks anew, and says what keeps the printer from printing.
func (p *ippPress) ready(ctx context.Context) error {
	about, err := p.c.about(ctx)
	if err != nil {
		return err
	}
	p.known = about
	if _, err := about.capabilities(); err != nil {
		return err
	}
	if err := about.fault(); err != nil {
		return err
	}
	return p.settle(ctx)
}

// validate asks the printer whether it would take the faces of a card.
func (p *ippPress) validate(ctx context.Context, faces []Face) error {
	if err := p.ready(ctx); err != nil || !p.known.validate {
		return err
	}
	job := newJob(faces)
	var err error
	if _, job.sides, err = p.known.document(faces); err != nil {
		return err
	}
	_, err = p.patient(ctx, goipp.OpValidateJob, func(m *goipp.Message) { p.describe(m, job, true) }, nil)
	return err
}

// describe adds what a job is to be.
func (p *ippPress) describe(m *goipp.Message, j *ippJob, format bool) {
	op := m.Operation.Add
	op(goipp.MakeAttribute("job-name", goipp.TagName, goipp.String(j.name)))
	// The printer refuses what it cannot do, and puts nothing in its place.
	op(goipp.MakeAttribute("ipp-attribute-fidelity", goipp.TagBoolean, goipp.Boolean(true)))
	if format {
		op(goipp.MakeAttribute("document-format", goipp.TagMimeType, goipp.String(pwgRaster)))
	}
	a, job := p.known, m.Job.Add
	if a.media.col {
		var size, media goipp.Collection
		size.Add(goipp.MakeAttribute("x-dimension", goipp.TagInteger, goipp.Integer(a.media.x)))
		size.Add(goipp.MakeAttribute("y-dimension", goipp.TagInteger, goipp.Integer(a.media.y)))
		media.Add(goipp.MakeAttribute("media-size", goipp.TagBeginCollection, size))
		if a.media.edges {
			for _, side := range []string{"bottom", "left", "right", "top"} {
				media.Add(goipp.MakeAttribute("media-"+side+"-margin", goipp.TagInteger, goipp.Integer(0)))
			}
		}
		job(goipp.MakeAttribute("media-col", goipp.TagBeginCollection, media))
	} else {
		job(goipp.MakeAttribute("media", goipp.TagKeyword, goipp.String(a.media.name)))
	}
	keyword := func(name, value string, supported []string) {
		if slices.Contains(supported, value) {
			job(goipp.MakeAttribute(name, goipp.TagKeyword, goipp.String(value)))
		}
	}
	keyword("sides", j.sides, a.sides)
	mode := "color"
	if a.raster == "sgray_8" {
		mode = "monochrome"
	}
	keyword("print-color-mode", mode, a.modes)
	keyword("print-scaling", "none", a.scaling)
	job(goipp.MakeAttribute("printer-resolution", goipp.TagResolution, goipp.Resolution{Xres: j.dpi, Yres: j.dpi, Units: goipp.UnitsDpi}))
}

// print prints the faces of one card, and returns when the printer says that it
// has. Called again after a fault it goes on with the same job.
func (p *ippPress) print(ctx context.Context, faces []Face) error {
	if p.job == nil {
		p.job = newJob(faces)
	}
	j := p.job
	err := p.drive(ctx, j, faces)
	if err != nil && ctx.Err() != nil && j.sent {
		err = fmt.Errorf("%w: %w", ErrLost, err)
	}
	if err == nil || !Resumable(err) {
		p.job = nil
		if err != nil {
			p.leave(j)
		}
	}
	p.tell(j, err)
	return err
}

// leave remembers a job that is not followed any more, to be ended before
// anything else is printed.
func (p *ippPress) leave(j *ippJob) {
	switch {
	case j.id > 0:
		p.open = append(p.open, j.id)
	case j.created:
		p.stale = append(p.stale, j.name)
	}
}

// abandon gives the suspended job up.
func (p *ippPress) abandon(ctx context.Context) error {
	if j := p.job; j != nil {
		p.job = nil
		p.leave(j)
	}
	return p.settle(ctx)
}

func (p *ippPress) tell(j *ippJob, err error) {
	if p.log == nil {
		return
	}
	if err != nil {
		p.log.Warn("print job", "station", p.station, "card", j.card, "job", j.id, "reason", err)
		return
	}
	p.log.Info("print job completed", "station", p.station, "card", j.card, "job", j.id)
}

func (p *ippPress) drive(ctx context.Context, j *ippJob, faces []Face) error {
	if !j.sent {
		if err := p.ready(ctx); err != nil {
			return err
		}
		if err := p.make(ctx, j, faces); err != nil {
			return err
		}
	}
	return p.follow(ctx, j)
}

// make brings the job and its document to the printer.
func (p *ippPress) make(ctx context.Context, j *ippJob, faces []Face) error {
	if j.document == nil {
		b, sides, err := p.known.document(faces)
		if err != nil {
			return err
		}
		j.document, j.sides = &ippDocument{bytes: b}, sides
	}
	if p.known.jobs && j.id == 0 {
		if err := p.alone(ctx, j); err != nil {
			return err
		}
	}
	if p.known.validate && !j.created {
		if _, err := p.patient(ctx, goipp.OpValidateJob, func(m *goipp.Message) { p.describe(m, j, true) }, nil); err != nil {
			return err
		}
	}
	if !p.known.create {
		return p.whole(ctx, j)
	}
	if j.id == 0 {
		j.created = true
		m, err := p.patient(ctx, goipp.OpCreateJob, func(m *goipp.Message) { p.describe(m, j, false) }, nil)
		if err != nil {
			return err
		}
		if j.id = ippAttributes(m.Job).number("job-id", 0); j.id <= 0 {
			return fmt.Errorf("%w: it made a job without a number", ErrProtocol)
		}
	}
	j.sent = true
	_, err := p.patient(ctx, goipp.OpSendDocument, func(m *goipp.Message) {
		m.Operation.Add(goipp.MakeAttribute("job-id", goipp.TagInteger, goipp.Integer(j.id)))
		m.Operation.Add(goipp.MakeAttribute("document-format", goipp.TagMimeType, goipp.String(pwgRaster)))
		m.Operation.Add(goipp.MakeAttribute("last-document", goipp.TagBoolean, goipp.Boolean(true)))
	}, j.document)
	return p.delivered(ctx, j, err)
}

// whole sends job and document in one request, to printers that know no other
// way. Where the answer is lost, the job is looked for by its name.
func (p *ippPress) whole(ctx context.Context, j *ippJob) error {
	j.created, j.sent = true, true
	m, err := p.patient(ctx, goipp.OpPrintJob, func(m *goipp.Message) { p.describe(m, j, true) }, j.document)
	if err == nil {
		j.id = ippAttributes(m.Job).number("job-id", 0)
	}
	if j.id <= 0 {
		found, ferr := p.find(ctx, j.name)
		if ferr != nil || len(found) == 0 {
			return fmt.Errorf("%w: %w", ErrLost, errors.Join(err, ferr))
		}
		j.id = found[0].id
	}
	return p.delivered(ctx, j, err)
}

// delivered judges how the document arrived. Where it did not, nobody knows what
// the printer made of its part: the job is ended, and the card with it.
func (p *ippPress) delivered(ctx context.Context, j *ippJob, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	if errors.Is(err, ErrOffline) && j.document.whole.Load() {
		j.doubt = true
		return nil // all was sent, and the answer was lost: the job itself will tell
	}
	state, serr := p.end(ctx, j.id)
	if serr != nil || state == 0 {
		return fmt.Errorf("%w: %w", ErrLost, errors.Join(err, serr))
	}
	return fmt.Errorf("%w: %w", ErrAborted, err)
}
