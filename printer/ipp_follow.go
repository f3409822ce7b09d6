package printer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/OpenPrinting/goipp"
)

// States of a job (RFC 8011, 5.3.7).
const (
	jobPending    = 3
	jobHeld       = 4
	jobProcessing = 5
	jobStopped    = 6
	jobCancelled  = 7
	jobAborted    = 8
	jobCompleted  = 9
)

// ippJobState is what a printer says of a job.
type ippJobState struct {
	id      int
	name    string
	state   int
	reasons []string
	printed int // sides, -1 if the printer does not say
}

func ippJobOf(a ippAttrs) ippJobState {
	return ippJobState{
		id: a.number("job-id", 0), name: a.text("job-name"), state: a.number("job-state", 0), reasons: a.keywords("job-state-reasons"),
		printed: a.number("job-impressions-completed", -1),
	}
}

func (s ippJobState) ended() bool { return s.state >= jobCancelled }

var ippJobAsked = []string{"job-id", "job-name", "job-state", "job-state-reasons", "job-impressions-completed"}

// state asks for a job by its number. errIPPGone: the printer knows none.
func (p *ippPress) state(ctx context.Context, id int) (ippJobState, error) {
	m, err := p.patient(ctx, goipp.OpGetJobAttributes, func(m *goipp.Message) {
		m.Operation.Add(goipp.MakeAttribute("job-id", goipp.TagInteger, goipp.Integer(id)))
		m.Operation.Add(ippKeywords("requested-attributes", ippJobAsked...))
	}, nil)
	if err != nil {
		return ippJobState{}, err
	}
	s := ippJobOf(ippAttributes(m.Job))
	if s.state < jobPending || s.state > jobCompleted || s.id != id && s.id != 0 {
		return s, fmt.Errorf("%w: job %d has the state %d", ErrProtocol, id, s.state)
	}
	return s, nil
}

// follow waits for the end of a job whose document the printer has.
func (p *ippPress) follow(ctx context.Context, j *ippJob) error {
	wait, unanswered, until := ippPoll, 0, time.Now().Add(p.stall)
	for asked := 0; ; asked++ {
		s, err := p.state(ctx, j.id)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errIPPGone):
			return fmt.Errorf("%w: the printer does not know job %d any more", ErrLost, j.id)
		case errors.Is(err, ErrOffline):
			if unanswered++; unanswered >= ippLostCalls {
				return err // the job goes on, or not: Resume asks again
			}
		case errors.Is(err, ErrProtocol), errors.Is(err, ErrUnfit):
			return fmt.Errorf("%w: %w", ErrLost, err)
		case err != nil:
			return err
		default:
			unanswered = 0
			if s.ended() {
				return j.judge(s)
			}
			if j.doubt && asked > 2 && (s.state == jobHeld || s.state == jobPending) {
				// It waits for the rest of a document that did not arrive.
				if _, err := p.end(ctx, j.id); err != nil {
					return fmt.Errorf("%w: %w", ErrLost, err)
				}
				return fmt.Errorf("%w: job %d has no whole document", ErrAborted, j.id)
			}
			// A printer that wants somebody says so of itself; the first answer
			// may be older than the job.
			if asked%4 == 1 || s.state == jobStopped || s.state == jobHeld {
				if err := p.wants(ctx, s, asked); err != nil {
					return err
				}
			}
		}
		if time.Now().After(until) {
			return fmt.Errorf("%w: job %d does not come to its end", ErrOffline, j.id)
		}
		if err := p.pause(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, ippPollMost)
	}
}

// judge says what the end of a job means for the card.
func (j *ippJob) judge(s ippJobState) error {
	why := ""
	for _, r := range s.reasons {
		if r != "none" && len(why) < 200 {
			why += " " + r
		}
	}
	switch {
	case s.state == jobCancelled:
		return fmt.Errorf("%w: job %d was cancelled%s", ErrAborted, j.id, why)
	case s.state == jobAborted:
		return fmt.Errorf("%w: job %d%s", ErrAborted, j.id, why)
	case slices.Contains(s.reasons, "job-completed-with-errors"):
		return fmt.Errorf("%w: job %d%s", ErrAborted, j.id, why)
	case s.printed > 0 && s.printed < j.pages: // 0: a printer that does not count
		return fmt.Errorf("%w: job %d printed %d of %d sides", ErrAborted, j.id, s.printed, j.pages)
	}
	return nil
}

// wants says what keeps a job from going on.
func (p *ippPress) wants(ctx context.Context, s ippJobState, asked int) error {
	about, err := p.c.about(ctx)
	if err != nil {
		return nil // the job is asked again soon, and counts
	}
	p.known = about
	if err := about.fault(); err != nil && (about.State == 5 || s.state == jobStopped || s.state == jobPending || s.state == jobHeld || !errors.Is(err, ErrOffline)) {
		return err
	}
	// Held for its document is what every job is at first.
	if s.state == jobHeld && asked > 3 && !slices.Contains(s.reasons, "job-incoming") || s.state == jobStopped && asked > 3 {
		return fmt.Errorf("%w: the printer holds job %d", ErrOffline, s.id)
	}
	return nil
}

// end cancels a job and gives its last state; 0 where the printer knows none.
func (p *ippPress) end(ctx context.Context, id int) (int, error) {
	if _, err := p.patient(ctx, goipp.OpCancelJob, func(m *goipp.Message) {
		m.Operation.Add(goipp.MakeAttribute("job-id", goipp.TagInteger, goipp.Integer(id)))
	}, nil); err != nil && !errors.Is(err, ErrUnfit) && !errors.Is(err, errIPPGone) {
		return 0, err // ErrUnfit: not possible, since it has ended
	}
	wait, until := ippPoll, time.Now().Add(p.c.timeout)
	for {
		s, err := p.state(ctx, id)
		switch {
		case errors.Is(err, errIPPGone):
			return 0, nil
		case err != nil:
			return 0, err
		case s.ended():
			return s.state, nil
		case time.Now().After(until):
			return 0, fmt.Errorf("%w: job %d cannot be cancelled", ErrOffline, id)
		}
		if err := p.pause(ctx, wait); err != nil {
			return 0, err
		}
		wait = min(2*wait, ippPollMost)
	}
}

// settle ends what was given up, and once what an earlier run of this station
// left behind. While that fails nothing new is printed: a job that comes to
// life later would print a card that nobody expects.
func (p *ippPress) settle(ctx context.Context) error {
	for len(p.open) > 0 {
		if _, err := p.end(ctx, p.open[0]); err != nil {
			return err
		}
		p.open = p.open[1:]
	}
	if len(p.stale) == 0 && (p.settled || p.station == "") {
		return nil
	}
	if _, err := p.capabilities(ctx); err != nil && p.known == nil {
		return err
	}
	if !p.known.jobs {
		return nil
	}
	jobs, err := p.jobs(ctx, "not-completed")
	if err != nil {
		return err
	}
	for _, s := range jobs {
		left := !p.settled && p.station != "" && strings.HasPrefix(s.name, jobPrefix)
		if !s.ended() && (left || slices.Contains(p.stale, s.name)) {
			if _, err := p.end(ctx, s.id); err != nil {
				return err
			}
		}
	}
	p.stale, p.settled = nil, true
	return nil
}

// alone makes sure that no other job of this name waits: one that was made
// without our learning of it is ended, one that another run sent is the end of
// this card.
func (p *ippPress) alone(ctx context.Context, j *ippJob) error {
	jobs, err := p.jobs(ctx, "not-completed")
	if err != nil {
		return err
	}
	for _, s := range jobs {
		switch {
		case s.name != j.name || s.ended():
		case !j.created:
			return fmt.Errorf("%w: job %d of this card waits at the printer already", ErrLost, s.id)
		default:
			if _, err := p.end(ctx, s.id); err != nil {
				return err
			}
		}
	}
	return nil
}

// jobs lists the jobs of this sender.
func (p *ippPress) jobs(ctx context.Context, which string) ([]ippJobState, error) {
	m, err := p.patient(ctx, goipp.OpGetJobs, func(m *goipp.Message) {
		m.Operation.Add(goipp.MakeAttribute("limit", goipp.TagInteger, goipp.Integer(ippMaxJobs)))
		m.Operation.Add(ippKeywords("requested-attributes", ippJobAsked...))
		m.Operation.Add(goipp.MakeAttribute("which-jobs", goipp.TagKeyword, goipp.String(which)))
		m.Operation.Add(goipp.MakeAttribute("my-jobs", goipp.TagBoolean, goipp.Boolean(true)))
	}, nil)
	if err != nil {
		return nil, err
	}
	var out []ippJobState
	for _, g := range m.Groups {
		if g.Tag != goipp.TagJobGroup || len(out) >= ippMaxJobs {
			continue
		}
		if s := ippJobOf(ippAttributes(g.Attrs)); s.id > 0 {
			out = append(out, s)
		}
	}
	return out, nil
}

// find looks for jobs by name, those under way first.
func (p *ippPress) find(ctx context.Context, names ...string) ([]ippJobState, error) {
	var out []ippJobState
	for _, which := range []string{"not-completed", "completed"} {
		jobs, err := p.jobs(ctx, which)
		if err != nil {
			return nil, err
		}
		for _, s := range jobs {
			if slices.Contains(names, s.name) {
				out = append(out, s)
			}
		}
	}
	return out, nil
}

// trace says what the printer knows of a card's jobs.
func (p *ippPress) trace(ctx context.Context, card int64) (Trace, error) {
	if _, err := p.capabilities(ctx); err != nil {
		return TraceUnknown, err
	}
	if !p.known.jobs || card == 0 {
		return TraceUnknown, nil
	}
	found, err := p.find(ctx, jobName(card), sideName(card, Front), sideName(card, Back))
	if err != nil {
		return TraceUnknown, err
	}
	trace := TraceNone
	for _, s := range found {
		switch {
		case !s.ended():
			return TraceWaiting, nil
		case s.state == jobCompleted && !slices.Contains(s.reasons, "job-completed-with-errors"):
			if trace == TraceNone {
				trace = TraceDone
			}
		default:
			trace = TraceEnded
		}
	}
	return trace, nil
}
