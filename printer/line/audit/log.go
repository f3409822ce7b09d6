package audit

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"

	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Errors of feeding a log.
var (
	// ErrBusy: another process feeds the log.
	ErrBusy = errors.New("audit: another process feeds the log")
	// ErrElsewhere: the store's log is not in this folder.
	ErrElsewhere = errors.New("audit: the log of this store lies in another folder")
	// ErrTampered: the log or the store is not as this program left it. Nothing is
	// added to such a log: chipid line audit says what is wrong.
	ErrTampered = errors.New("audit: the log does not go with the store")
	// ErrUnsupported: the log cannot be written on this system, only read.
	ErrUnsupported = errors.New("audit: the log is written on Unix systems only")
)

// Options of a log that is fed.
type Options struct {
	// Dir is the log's folder. The first process that feeds the log makes it.
	Dir string
	// Key signs the checkpoints: Ed25519 or ECDSA on P-256. It never changes during
	// the life of a log.
	Key crypto.Signer
	// Witness, if it names a file, gets a copy of each new checkpoint: let it lie
	// where those who can change log and store cannot.
	Witness string
	// At is told each step of draining before it is taken. An error from it ends the
	// draining there. Campaigns kill the process in it. Nil does nothing.
	At func(step string) error
}

// The steps of draining, as Options.At is told them.
const (
	StepRead    = "read"    // lines are about to be read from the store
	StepAppend  = "append"  // lines are about to be appended
	StepAwait   = "await"   // appended; a checkpoint is awaited
	StepPlace   = "place"   // a checkpoint is signed; places are about to be written into the store
	StepPlaced  = "placed"  // written, not committed
	StepWitness = "witness" // committed; the witness's copy is about to be written
)

// Steps are all steps of draining in their order.
func Steps() []string {
	return []string{StepRead, StepAppend, StepAwait, StepPlace, StepPlaced, StepWitness}
}

// batch is how many lines are appended between two checkpoints at most.
const batch = 2048

// tree is what appends to the log: Tessera on systems that have it.
type tree interface {
	// add appends entries and returns once they are in the tree and a signed
	// checkpoint that covers them lies in the folder.
	add(ctx context.Context, entries [][]byte) error
	// settled waits until the newest checkpoint covers all of the tree.
	settled(ctx context.Context) error
	close() error
}

// Log is a log that this process feeds. One goroutine at a time may use it.
type Log struct {
	st     *store.Store
	o      Options
	origin string
	signer *signer
	tree   tree
	unlock func() error
	// known is the newest checkpoint that the store has seen.
	known Checkpoint
}

// at tells the campaign where the draining is.
func (l *Log) at(step string) error {
	if l.o.At == nil {
		return nil
	}
	return l.o.At(step)
}

// Origin is the log's name, which its checkpoints begin with.
func (l *Log) Origin() string { return l.origin }

// Drain brings every line that waits in the store into the log, and returns how many
// those were. What an earlier process appended without saying so is settled first.
func (l *Log) Drain(ctx context.Context) (int, error) {
	total := 0
	for {
		n, err := l.settle(ctx)
		total += n
		if err != nil {
			return total, err
		}
		if err := l.at(StepRead); err != nil {
			return total, err
		}
		var rows []store.AuditRow
		err = l.st.Do(ctx, "read the lines for the audit log", func(tx *store.Tx) (err error) {
			rows, err = tx.Waiting(ctx, 0, batch)
			return err
		})
		if err != nil || len(rows) == 0 {
			return total, err
		}
		entries := make([][]byte, len(rows))
		for i, r := range rows {
			if entries[i], err = encode(r); err != nil {
				return total, err
			}
		}
		if err := l.at(StepAppend); err != nil {
			return total, err
		}
		if err := l.tree.add(ctx, entries); err != nil {
			return total, err
		}
	}
}

// settle writes into the store what the log has taken in since the store last saw it:
// the newest checkpoint, which must grow out of the last one, and the place of each new
// line, each of which must be one that waits. It is the one way by which a line gets
// its place, so that a crash anywhere before it makes no difference.
func (l *Log) settle(ctx context.Context) (int, error) {
	if err := l.tree.settled(ctx); err != nil {
		return 0, err
	}
	dir := folder(l.o.Dir)
	text, err := dir.checkpoint()
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	c, err := readCheckpointNote(text, l.signer)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%w: %w", ErrTampered, err)
	case c.Origin != l.origin:
		return 0, fmt.Errorf("%w: it is called %s", ErrElsewhere, c.Origin)
	case c.Size < l.known.Size:
		return 0, fmt.Errorf("%w: the log has %d lines and had %d", ErrTampered, c.Size, l.known.Size)
	case c.Size == l.known.Size && l.known.Note != "":
		if !bytes.Equal(c.Root, l.known.Root) {
			return 0, fmt.Errorf("%w: two logs of %d lines", ErrTampered, c.Size)
		}
		return 0, nil
	}
	if err := l.grows(ctx, c); err != nil {
		return 0, err
	}
	if err := l.at(StepPlace); err != nil {
		return 0, err
	}
	n := 0
	err = l.st.Do(ctx, "write the places of the audit log", func(tx *store.Tx) error {
		for i := l.known.Size; i < c.Size; {
			index, first := i/256, int(i%256)
			entries, err := dir.bundle(index, c.Size)
			if err != nil || len(entries) < inBundle(index, c.Size) {
				return fmt.Errorf("%w: the lines from %d on cannot be read", ErrTampered, i)
			}
			for _, entry := range entries[first:inBundle(index, c.Size)] {
				row, _, err := decode(entry)
				if err != nil {
					return fmt.Errorf("%w: line %d is none of this log", ErrTampered, i)
				}
				row.Leaf = int64(i) //nolint:gosec // below maxLog
				if err := tx.Place(ctx, row); errors.Is(err, store.ErrState) {
					return fmt.Errorf("%w: %w", ErrTampered, err)
				} else if err != nil {
					return err
				}
				i++
				n++
			}
		}
		if err := l.at(StepPlaced); err != nil {
			return err
		}
		return tx.Checkpointed(ctx, store.AuditCheckpoint{Size: c.Size, Note: c.Note})
	})
	if err != nil {
		return 0, err
	}
	l.known = c
	if err := l.at(StepWitness); err != nil {
		return n, err
	}
	if l.o.Witness != "" {
		return n, writeWitness(l.o.Witness, c)
	}
	return n, nil
}

// grows proves that the log of the newest checkpoint begins with the log as the store
// last knew it, and that its own hashes give its root.
func (l *Log) grows(ctx context.Context, c Checkpoint) error {
	if l.known.Size == 0 || c.Size == 0 {
		return nil
	}
	dir := folder(l.o.Dir)
	b, err := client.NewProofBuilder(ctx, c.Size, func(_ context.Context, level, index uint64, p uint8) ([]byte, error) {
		nodes, err := dir.tile(level, index, c.Size)
		if err != nil {
			return nil, err
		}
		if p != 0 && len(nodes) > int(p) {
			nodes = nodes[:p]
		}
		return bytes.Join(nodes, nil), nil
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTampered, err)
	}
	way, err := b.ConsistencyProof(ctx, l.known.Size, c.Size)
	if err == nil {
		err = proof.VerifyConsistency(rfc6962.DefaultHasher, l.known.Size, c.Size, way, l.known.Root, c.Root)
	}
	if err != nil {
		return fmt.Errorf("%w: the log of %d lines does not begin with that of %d: %w", ErrTampered, c.Size, l.known.Size, err)
	}
	return nil
}

// Run drains every now and then until the context ends. What keeps it from draining
// is told to report once, and nil when it is over: the line goes on meanwhile, since
// what waits in the store is not lost.
func (l *Log) Run(ctx context.Context, every time.Duration, report func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	said := ""
	for {
		_, err := l.Drain(ctx)
		text := ""
		if err != nil && ctx.Err() == nil {
			text = err.Error()
		}
		if text != said {
			if said = text; text == "" {
				err = nil
			}
			report(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Close ends feeding the log; another process may go on at once.
func (l *Log) Close() error {
	return errors.Join(l.tree.close(), l.unlock())
}

// empty reports whether a folder holds nothing, or does not exist.
func empty(dir string) (bool, error) {
	list, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("audit: %w", err)
	}
	for _, f := range list {
		if f.Name() != lockName {
			return false, nil
		}
	}
	return true, nil
}

// lockName is the file in the folder that the feeding process holds.
const lockName = "feeding.lock"
