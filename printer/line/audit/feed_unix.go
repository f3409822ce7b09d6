//go:build unix

package audit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/storage/posix"
	"k8s.io/klog/v2"

	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// quiet keeps Tessera from writing to the command's stderr: what it has to say comes
// back as an error, or is asked for.
var quiet = sync.OnceFunc(func() { klog.SetSlogLogger(slog.New(slog.DiscardHandler)) })

// checkpointEvery is how often a checkpoint is signed at most.
const checkpointEvery = 100 * time.Millisecond

// Open opens the log of a store for feeding; the first time it makes it. ErrBusy while
// another process feeds it; ErrElsewhere when the store's log is not in this folder;
// ErrTampered when log and store do not go together.
func Open(ctx context.Context, st *store.Store, o Options) (*Log, error) {
	quiet()
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	unlock, err := lock(ctx, st, o.Dir)
	if err != nil {
		return nil, err
	}
	l := &Log{st: st, o: o, unlock: unlock}
	if err := l.open(ctx); err != nil {
		return nil, errors.Join(err, unlock())
	}
	return l, nil
}

func (l *Log) open(ctx context.Context) error {
	fresh, err := empty(l.o.Dir)
	if err != nil {
		return err
	}
	var last store.AuditCheckpoint
	err = l.st.Do(ctx, "find the audit log", func(tx *store.Tx) (err error) {
		if l.origin, err = tx.AuditOrigin(ctx); err != nil {
			return err
		}
		if l.origin == "" {
			if !fresh {
				return fmt.Errorf("%w: the folder holds a log, and the store has none", ErrTampered)
			}
			name := make([]byte, 8)
			if _, err := rand.Read(name); err != nil {
				return err
			}
			l.origin = "chipid.audit/" + hex.EncodeToString(name)
			return tx.NameAudit(ctx, l.origin)
		}
		last, err = tx.LastAuditCheckpoint(ctx)
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return err
	})
	if err != nil {
		return err
	}
	if l.signer, err = newSigner(l.origin, l.o.Key); err != nil {
		return err
	}
	if last.Note != "" {
		if l.known, err = readCheckpointNote([]byte(last.Note), l.signer); err != nil || l.known.Size != last.Size || l.known.Origin != l.origin {
			return fmt.Errorf("%w: the store's last checkpoint is not signed by this key", ErrTampered)
		}
		// A tree that is not there must not be begun anew.
		if fresh {
			return fmt.Errorf("%w: this one is empty", ErrElsewhere)
		}
	}
	l.tree, err = plant(ctx, l)
	return err
}

// lock keeps every other process from feeding the log: by a lock on a file of the
// folder, and where machines share a database, by one of the database's. Both end with
// the process, however it ends; no clock is asked.
func lock(ctx context.Context, st *store.Store, dir string) (func() error, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(ErrBusy, f.Close())
	}
	if !st.Postgres() {
		return f.Close, nil
	}
	// A session's lock lives as long as its connection.
	conn, err := st.DB().Conn(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("audit: %w", err), f.Close())
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte("chipid audit log"))
	var got bool
	err = conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1)`, int64(h.Sum64()>>1)).Scan(&got) //nolint:gosec // 63 bits
	if err == nil && !got {
		err = ErrBusy
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(), f.Close())
	}
	return func() error {
		// The connection goes back to a pool: it must not take the lock along.
		_, err := conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock_all()`)
		return errors.Join(err, conn.Close(), f.Close())
	}, nil
}

// forest is Tessera's writer.
type forest struct {
	l      *Log
	add1   tessera.AddFn
	reader tessera.LogReader
	end    context.CancelFunc
}

func plant(ctx context.Context, l *Log) (tree, error) {
	driver, err := posix.New(ctx, posix.Config{Path: l.o.Dir})
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	// Tessera publishes a checkpoint when the one that lies there is old enough by
	// its file's time; a clock that was set back must not keep it waiting.
	backdate(l.o.Dir)
	own, end := context.WithCancel(context.WithoutCancel(ctx))
	o := tessera.NewAppendOptions().WithCheckpointSigner(l.signer).WithCheckpointInterval(checkpointEvery).WithCheckpointRepublishInterval(0).
		WithBatching(batch, 5*time.Millisecond).WithPushback(2 * batch).WithGarbageCollectionInterval(10 * time.Minute)
	a, _, reader, err := tessera.NewAppender(own, driver, o)
	if err != nil {
		end()
		if failed := l.signer.failed.Load(); failed != nil {
			return nil, *failed
		}
		return nil, fmt.Errorf("audit: %w", err)
	}
	return &forest{l: l, add1: a.Add, reader: reader, end: end}, nil
}

func backdate(dir string) {
	name := filepath.Join(dir, layout.CheckpointPath)
	if info, err := os.Stat(name); err == nil && time.Until(info.ModTime()) > 0 {
		past := time.Now().Add(-time.Hour)
		_ = os.Chtimes(name, past, past)
	}
}

func (t *forest) add(ctx context.Context, entries [][]byte) error {
	// Tessera ends the whole program when it cannot take its lock, and begins a new
	// tree where it finds none.
	lock, err := os.OpenFile(filepath.Join(t.l.o.Dir, ".state", "treeState.lock"), os.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTampered, err)
	}
	_ = lock.Close()
	if size, err := t.reader.IntegratedSize(ctx); err != nil || size != t.l.known.Size {
		return fmt.Errorf("%w: the tree has %d lines, and %d are signed", ErrTampered, size, t.l.known.Size)
	}
	futures := make([]tessera.IndexFuture, len(entries))
	for i, e := range entries {
		futures[i] = t.add1(ctx, tessera.NewEntry(e))
	}
	for i, f := range futures {
		index, err := f()
		if err != nil {
			return fmt.Errorf("audit: append: %w", err)
		}
		if want := t.l.known.Size + uint64(i); index.Index != want { //nolint:gosec // a small number
			return fmt.Errorf("%w: line %d came to place %d", ErrTampered, want, index.Index)
		}
	}
	return t.l.at(StepAwait)
}

// patience is how long a checkpoint is awaited: a token may be slow.
const patience = 30 * time.Second

func (t *forest) settled(ctx context.Context) error {
	deadline, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		size, err := t.reader.IntegratedSize(ctx)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrTampered, err)
		}
		text, err := folder(t.l.o.Dir).checkpoint()
		if err == nil {
			c, err := readCheckpointNote(text, t.l.signer)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrTampered, err)
			}
			if c.Size >= size {
				return nil
			}
		} else if !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("audit: %w", err)
		}
		backdate(t.l.o.Dir)
		select {
		case <-deadline.Done():
			if failed := t.l.signer.failed.Load(); failed != nil {
				return *failed
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return errors.New("audit: no checkpoint was signed")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (t *forest) close() error {
	t.end()
	return nil
}
