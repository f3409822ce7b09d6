package signd

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"modernc.org/sqlite" // the driver "sqlite"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Store keeps what was answered, in a file: request id, digest of the request and the
// answer. What Put has kept survives a power cut. Several processes may have the file.
type Store struct {
	write, read *sql.DB
	puts        chan *put
	done        chan struct{}
	closing     sync.Once
}

// put is an answer that is to be kept.
type put struct {
	id              string
	content, answer []byte
	made            time.Time
	err             error
	kept            chan struct{} // closed when content and answer are those that are kept
}

// schema is version 1 of the file, which PRAGMA user_version tells.
const schema = `CREATE TABLE IF NOT EXISTS answer (
	id TEXT PRIMARY KEY, content BLOB NOT NULL, answer BLOB NOT NULL, made INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS answer_made ON answer (made);
PRAGMA user_version = 1`

// OpenStore opens the file, which it makes for this user alone where it is missing.
func OpenStore(ctx context.Context, path string) (*Store, error) {
	bad := func(problem, fix string) error {
		return &cardprofile.InputError{File: path, Field: "store", Problem: problem, Fix: fix}
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, bad("is no path", "name a file")
	}
	f, err := os.OpenFile(abs, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, bad("the store cannot be made there", "name a file in a folder that you can write to")
	}
	info, err := f.Stat()
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, bad("others may read or write the store", "chmod 600 it, or name another")
	}
	v := url.Values{"_txlock": {"immediate"}, "_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)", "secure_delete(1)"}}
	name := "file:" + (&url.URL{Path: filepath.ToSlash(abs)}).EscapedPath() + "?" + v.Encode()
	s := &Store{puts: make(chan *put, maxTogether), done: make(chan struct{})}
	if s.write, err = sql.Open("sqlite", name); err != nil {
		return nil, fmt.Errorf("signd: store: %w", err)
	}
	s.write.SetMaxOpenConns(1)
	var version int
	if err := s.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil || version > 1 {
		_ = s.write.Close()
		var e *sqlite.Error
		if errors.As(err, &e) || err == nil {
			return nil, bad("it is no store of this program", "name another file")
		}
		return nil, fmt.Errorf("signd: store: %w", err)
	}
	if _, err := s.write.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("signd: store: %w", err), s.write.Close())
	}
	// What the first synced commit relies on: that the file has its name.
	if err := syncDir(filepath.Dir(abs)); err != nil {
		return nil, errors.Join(err, s.write.Close())
	}
	if s.read, err = sql.Open("sqlite", name); err != nil {
		return nil, errors.Join(fmt.Errorf("signd: store: %w", err), s.write.Close())
	}
	s.read.SetMaxOpenConns(4)
	go s.keep()
	return s, nil
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // a folder is no file there
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Close waits for what is being kept. Nothing may be put meanwhile.
func (s *Store) Close() error {
	s.closing.Do(func() { close(s.puts) })
	<-s.done
	return errors.Join(s.read.Close(), s.write.Close())
}

// Get is what was answered under an id; fs.ErrNotExist where nothing was.
func (s *Store) Get(ctx context.Context, id string) (content, answer []byte, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT content, answer FROM answer WHERE id = ?", id).Scan(&content, &answer)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, fs.ErrNotExist
	}
	return content, answer, err
}

// Put keeps an answer, and gives the one that is kept: the first under an id stays, and
// what comes later under it never left.
func (s *Store) Put(id string, content, answer []byte, made time.Time) (keptContent, keptAnswer []byte, err error) {
	p := &put{id: id, content: content, answer: answer, made: made, kept: make(chan struct{})}
	s.puts <- p
	<-p.kept
	return p.content, p.answer, p.err
}

// maxTogether bounds the answers that one sync of the disk serves.
const maxTogether = 64

// keep writes what comes; those that wait for the disk at the same time share a sync.
func (s *Store) keep() {
	defer close(s.done)
	for first := range s.puts {
		together := []*put{first}
		for more := true; more && len(together) < maxTogether; {
			select {
			case p, ok := <-s.puts:
				if more = ok; ok {
					together = append(together, p)
				}
			default:
				more = false
			}
		}
		err := s.commit(together)
		for _, p := range together {
			if p.err = err; err != nil {
				p.content, p.answer = nil, nil
			}
			close(p.kept)
		}
	}
}

func (s *Store) commit(together []*put) error {
	ctx := context.Background()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("signd: store: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, p := range together {
		if _, err := tx.ExecContext(ctx, "INSERT INTO answer (id, content, answer, made) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING", p.id, p.content, p.answer, p.made.Unix()); err != nil {
			return fmt.Errorf("signd: store: %w", err)
		}
		var content, answer []byte
		if err := tx.QueryRowContext(ctx, "SELECT content, answer FROM answer WHERE id = ?", p.id).Scan(&content, &answer); err != nil {
			return fmt.Errorf("signd: store: %w", err)
		}
		if !bytes.Equal(answer, p.answer) {
			p.content, p.answer = content, answer
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("signd: store: %w", err)
	}
	return nil
}

// Purge forgets what was answered before a time, and overwrites it. An id that is
// forgotten is signed anew when it comes again.
func (s *Store) Purge(ctx context.Context, before time.Time) (int64, error) {
	var all int64
	for {
		// In pieces, so that nobody waits long for the file.
		r, err := s.write.ExecContext(ctx, "DELETE FROM answer WHERE id IN (SELECT id FROM answer WHERE made < ? LIMIT 500)", before.Unix())
		if err != nil {
			return all, fmt.Errorf("signd: store: %w", err)
		}
		n, err := r.RowsAffected()
		if all += n; err != nil || n == 0 {
			break
		}
	}
	if all > 0 {
		if _, err := s.write.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
			return all, fmt.Errorf("signd: store: %w", err)
		}
	}
	return all, nil
}
