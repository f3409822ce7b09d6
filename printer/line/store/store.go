package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed migrations
var migrations embed.FS

// Options of a store.
type Options struct {
	// Clock gives the time; nil is the machine's.
	Clock func() time.Time
	// Before and After are told each transaction before it commits and after
	// it did. An error from Before rolls it back; one from After is returned
	// although it did commit. Campaigns kill the line there. Nil does nothing.
	Before, After func(what string) error
	// Begin is told each transaction before it begins; an error from it is
	// returned and nothing begins. A simulation decides there whose turn it is.
	Begin func(what string) error
}

// Store is a database of the line. All methods may be called from many
// goroutines at once.
type Store struct {
	db       *sql.DB
	postgres bool
	o        Options
}

// Errors of the store.
var (
	// ErrURL: the database cannot be named like this.
	ErrURL = errors.New("store: no such kind of database")
	// ErrState: the card is not in the state it was thought to be in; somebody
	// else moved it. Nothing was written.
	ErrState = errors.New("store: the card is in another state")
	// ErrTransition: no card may go from the one state to the other.
	ErrTransition = errors.New("store: no card may go this way")
	// ErrLive: the request has a card already that may be good.
	ErrLive = errors.New("store: the request has a card that may be good")
	// ErrNotFound: no such batch, request, card or station.
	ErrNotFound = errors.New("store: not found")
	// ErrUnbalanced: the ledger does not add up, or blanks are unaccounted for.
	ErrUnbalanced = errors.New("store: the ledger does not balance")
	// ErrTaken: another process runs the station.
	ErrTaken = errors.New("store: another process runs this station")
	// ErrNoStock: no blank is left that was booked in.
	ErrNoStock = errors.New("store: no blank is in stock: book the delivery first")
	// ErrPaused: no card of this batch is begun now.
	ErrPaused = errors.New("store: the batch rests")
	// ErrSamePerson: two different people have to agree.
	ErrSamePerson = errors.New("store: a second person has to agree")
)

// Open opens the database that the URL names and brings its schema up to date:
// postgres://… , or a file: sqlite:PATH, PATH, or sqlite::memory: for tests.
func Open(ctx context.Context, dbURL string, o Options) (*Store, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	s := &Store{o: o}
	var err error
	switch {
	case strings.HasPrefix(dbURL, "postgres://"), strings.HasPrefix(dbURL, "postgresql://"):
		s.postgres = true
		s.db, err = sql.Open("pgx", dbURL)
	default:
		s.db, err = openSQLite(dbURL)
	}
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

func openSQLite(name string) (*sql.DB, error) {
	name = strings.TrimPrefix(name, "sqlite:")
	if name == "" || strings.Contains(name, "://") {
		return nil, fmt.Errorf("%w: %q: postgres://…, or a file", ErrURL, name)
	}
	v := url.Values{}
	// A power cut must not undo what a card was told.
	v.Add("_pragma", "synchronous(FULL)")
	v.Add("_pragma", "foreign_keys(1)")
	v.Add("_pragma", "busy_timeout(10000)")
	// What is erased is overwritten, not only let go.
	v.Add("_pragma", "secure_delete(1)")
	v.Set("_txlock", "immediate")
	if name != ":memory:" {
		abs, err := filepath.Abs(name)
		if err != nil {
			return nil, err
		}
		name = abs
		v.Add("_pragma", "journal_mode(WAL)")
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: name}).EscapedPath()+"?"+v.Encode())
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	// One writer at a time is what SQLite has; one connection makes the others
	// wait in line rather than fail.
	db.SetMaxOpenConns(1)
	return db, nil
}

func (s *Store) migrate(ctx context.Context) error {
	dialect, dir := goose.DialectSQLite3, "migrations/sqlite"
	if s.postgres {
		dialect, dir = goose.DialectPostgres, "migrations/postgres"
	}
	sub, err := fs.Sub(migrations, dir)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, s.db, sub, goose.WithAllowOutofOrder(true))
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("store: the database cannot be brought up to date: %w", err)
	}
	return nil
}

// With is the same database under other options. One of the two is to be closed.
func (s *Store) With(o Options) *Store {
	if o.Clock == nil {
		o.Clock = s.o.Clock
	}
	return &Store{db: s.db, postgres: s.postgres, o: o}
}

// Close lets go of the database.
func (s *Store) Close() error { return s.db.Close() }

// DB is the database, for the queue that shares it. Whoever changes a card or
// the ledger past this package breaks the guarantee.
func (s *Store) DB() *sql.DB { return s.db }

// Postgres reports whether many machines may share this store.
func (s *Store) Postgres() bool { return s.postgres }

// Now is the store's time.
func (s *Store) Now() time.Time { return s.o.Clock() }

// Tx is one transaction.
type Tx struct {
	s  *Store
	tx *sql.Tx
}

// SQL is the transaction itself, for the queue that shares it.
func (t *Tx) SQL() *sql.Tx { return t.tx }

// Do runs f in a transaction: all it does is kept, or nothing. what names the
// change in errors.
func (s *Store) Do(ctx context.Context, what string, f func(*Tx) error) error {
	if s.o.Begin != nil {
		if err := s.o.Begin(what); err != nil {
			return err
		}
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("store: %s: %w", what, err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := f(&Tx{s: s, tx: tx}); err != nil {
		return err
	}
	if s.o.Before != nil {
		if err := s.o.Before(what); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("store: %s: %w", what, err)
	}
	if s.o.After != nil {
		return s.o.After(what)
	}
	return nil
}

var parameter = regexp.MustCompile(`\?(\d+)`)

// sql puts parameters, written ?1, into the form the database wants.
func (s *Store) sql(q string) string {
	if s.postgres {
		return parameter.ReplaceAllString(q, "$$$1")
	}
	return q
}

func (t *Tx) exec(ctx context.Context, q string, args ...any) (int64, error) {
	r, err := t.tx.ExecContext(ctx, t.s.sql(q), args...)
	if err != nil {
		return 0, fmt.Errorf("store: %w", err)
	}
	return r.RowsAffected()
}

func (t *Tx) row(ctx context.Context, q string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(ctx, t.s.sql(q), args...)
}

func (t *Tx) query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	r, err := t.tx.QueryContext(ctx, t.s.sql(q), args...)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return r, nil
}

// micros is how the store writes a time: microseconds since 1970, UTC.
func micros(t time.Time) int64 { return t.UnixMicro() }

func (t *Tx) now() int64 { return micros(t.s.o.Clock()) }
