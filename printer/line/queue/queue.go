package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// name is the River queue of the line.
const name = "cards"

// Job is a request that a station is to make.
type Job struct {
	RequestID int64
	// Complete ends the job within the transaction that makes its card good.
	Complete func(ctx context.Context, tx *store.Tx) error
}

// ErrLater, wrapped by a worker's answer, brings the job back after a while.
var ErrLater = errors.New("queue: later")

// Config of a queue.
type Config struct {
	// Process names this process among all that share the database, and is the
	// same after a restart: what it left running is then taken back at once.
	Process string
	// Workers is how many jobs are worked at a time: stations, and requests that
	// are being prepared for them.
	Workers int
	// Work does a job; it is called from many goroutines. nil: this process only
	// puts jobs in.
	Work func(ctx context.Context, j Job) error
	// Log is told what River says; nil keeps nothing.
	Log *slog.Logger
	// Later is how long a job waits that ErrLater brought back; 0 is 2 s.
	Later time.Duration
}

// Queue hands out requests.
type Queue struct {
	client *river.Client[*sql.Tx]
	store  *store.Store
	c      Config
}

type cardArgs struct {
	RequestID int64 `json:"request_id"`
}

func (cardArgs) Kind() string { return "make_card" }

// Open opens the queue in the store's database and brings its schema up to date.
func Open(ctx context.Context, s *store.Store, c Config) (*Queue, error) {
	if c.Later <= 0 {
		c.Later = 2 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	var driver riverdriver.Driver[*sql.Tx] = riversqlite.New(s.DB())
	if s.Postgres() {
		driver = riverdatabasesql.New(s.DB())
	}
	quiet := slog.New(slog.DiscardHandler)
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("queue: the database cannot be brought up to date: %w", err)
	}
	q := &Queue{store: s, c: c}
	rc := &river.Config{
		Logger: c.Log, ID: c.Process,
		// A printer may wait for a person for hours.
		JobTimeout: -1,
		// A process that died for good is another machine's: its own restart
		// takes its jobs back at once. A job that is rescued while it still
		// runs finds its request taken.
		RescueStuckJobsAfter: 5 * time.Minute,
		MaxAttempts:          10_000,
		RetryPolicy:          steady(c.Later),
	}
	if c.Work != nil {
		workers := river.NewWorkers()
		river.AddWorker(workers, &worker{q: q})
		rc.Workers = workers
		rc.Queues = map[string]river.QueueConfig{name: {
			MaxWorkers: c.Workers, FetchCooldown: 20 * time.Millisecond, FetchPollInterval: 200 * time.Millisecond,
		}}
	}
	if q.client, err = river.NewClient(driver, rc); err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return q, nil
}

// steady retries after the same time, however often it was tried.
type steady time.Duration

func (s steady) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(time.Duration(s)) }

// Enqueue puts a request in, within the transaction that opens it.
func (q *Queue) Enqueue(ctx context.Context, tx *store.Tx, r store.Request) error {
	return q.EnqueueMany(ctx, tx, []store.Request{r})
}

// EnqueueMany puts requests in that came together.
func (q *Queue) EnqueueMany(ctx context.Context, tx *store.Tx, requests []store.Request) error {
	if len(requests) == 0 {
		return nil
	}
	ranked := false
	params := make([]river.InsertManyParams, len(requests))
	for i, r := range requests {
		params[i] = river.InsertManyParams{Args: cardArgs{r.ID}, InsertOpts: &river.InsertOpts{Queue: name, Priority: level(r.Priority)}}
		ranked = ranked || urgent(r)
	}
	if !ranked {
		if _, err := q.client.InsertManyFastTx(ctx, tx.SQL(), params); err != nil {
			return fmt.Errorf("queue: %w", err)
		}
		return nil
	}
	jobs, err := q.client.InsertManyTx(ctx, tx.SQL(), params)
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	for i, r := range requests {
		if !urgent(r) {
			continue
		}
		// A job that is inserted with a time waits for River's scheduler, even if the
		// time is over; one that gets it afterwards is there at once.
		update, at := `UPDATE river_job SET scheduled_at = ? WHERE id = ?`, any(rank(r).Format("2006-01-02 15:04:05.000"))
		if q.store.Postgres() {
			update, at = `UPDATE river_job SET scheduled_at = $1 WHERE id = $2`, rank(r)
		}
		if _, err := tx.SQL().ExecContext(ctx, update, at, jobs[i].Job.ID); err != nil {
			return fmt.Errorf("queue: %w", err)
		}
	}
	return nil
}

// Start takes back what an earlier run of this process left, and begins to work.
func (q *Queue) Start(ctx context.Context) error {
	if err := q.reclaim(ctx); err != nil {
		return err
	}
	if err := q.client.Start(ctx); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}

// Stop takes no more jobs and waits until those at work are done.
func (q *Queue) Stop(ctx context.Context) error { return q.client.Stop(ctx) }

// reclaim makes jobs available again that this process was working on when it
// died. River would do it after a while; a line has no while.
func (q *Queue) reclaim(ctx context.Context) error {
	return q.store.Do(ctx, "reclaim", func(tx *store.Tx) error {
		last := `json_extract(attempted_by, '$[' || (json_array_length(attempted_by) - 1) || ']') = ?`
		if q.store.Postgres() {
			last = `attempted_by[array_length(attempted_by, 1)] = $1`
		}
		_, err := tx.SQL().ExecContext(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running' AND kind = 'make_card' AND `+last, q.c.Process)
		if err != nil {
			return fmt.Errorf("queue: %w", err)
		}
		return nil
	})
}

// Waiting is how many jobs wait or run.
func (q *Queue) Waiting(ctx context.Context) (n int64, err error) {
	err = q.store.DB().QueryRowContext(ctx, `SELECT COUNT(*) FROM river_job WHERE kind = 'make_card' AND state IN ('available', 'running', 'retryable', 'scheduled')`).Scan(&n)
	return n, err
}

type worker struct {
	river.WorkerDefaults[cardArgs]
	q *Queue
}

func (w *worker) Work(ctx context.Context, job *river.Job[cardArgs]) error {
	err := w.q.c.Work(ctx, Job{RequestID: job.Args.RequestID, Complete: func(ctx context.Context, tx *store.Tx) error {
		var err error
		if w.q.store.Postgres() {
			_, err = river.JobCompleteTx[*riverdatabasesql.Driver](ctx, tx.SQL(), job)
		} else {
			_, err = river.JobCompleteTx[*riversqlite.Driver](ctx, tx.SQL(), job)
		}
		if errors.Is(err, rivertype.ErrNotFound) {
			return nil // rescued meanwhile: whoever gets it finds the request done
		}
		return err
	}})
	switch {
	case errors.Is(err, ErrLater):
		return river.JobSnooze(w.q.c.Later)
	case err != nil && ctx.Err() != nil:
		return river.JobSnooze(0)
	}
	return err
}
