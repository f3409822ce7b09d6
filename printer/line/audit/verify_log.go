package audit

import (
	"bytes"
	"errors"
	"io/fs"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api/layout"

	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// walk reads every line of the log: its hash against the tree's, the tree against its
// checkpoints, its words against the store's row. It remembers what was decided.
func (v *verification) walk() error {
	size := v.checkpoint.Size
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	whole := factory.NewEmptyRange(0)
	levels := &levels{v: v}
	good := uint64(0)
	root := func() ([]byte, error) {
		if whole.End() == 0 {
			return rfc6962.DefaultHasher.EmptyRoot(), nil
		}
		return whole.GetRootHash(nil)
	}
	if r, err := root(); err == nil {
		v.passed(0, r, &good)
	}
	for index := uint64(0); index*layout.EntryBundleWidth < size; index++ {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		first, want := index*layout.EntryBundleWidth, inBundle(index, size)
		entries, err := v.dir.bundle(index, size)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			v.report.find(Dropped, at(first, 0), "the bundle with the lines from here on is gone")
		case err != nil:
			v.report.find(Edited, at(first, 0), "the bundle with the lines from here on: %v", err)
		case len(entries) < want:
			v.report.find(Dropped, at(first, len(entries)), "%d lines are missing in the bundle that ends before %d", want-len(entries), first+uint64(want))
		case len(entries) > want && int(layout.PartialTileSize(0, index, size)) != 0 && len(entries) < layout.EntryBundleWidth:
			v.report.find(Inserted, at(first, want), "%d lines are in the bundle behind its end", len(entries)-want)
		case len(entries) > layout.EntryBundleWidth:
			v.report.find(Inserted, at(first, want), "%d lines are in the bundle behind its end", len(entries)-want)
		}
		entries = entries[:min(len(entries), want)]
		rows, err := v.rows(first, want)
		if err != nil {
			return err
		}
		for i := range want {
			if i >= len(entries) {
				// The store's own row keeps the count of what was decided right.
				if row, ok := rows[first+uint64(i)]; ok {
					v.line(at(first, i), row, true)
				}
				// Without the line no root can be made any more.
				whole, levels.broken = nil, true
				continue
			}
			hash := rfc6962.DefaultHasher.HashLeaf(entries[i])
			levels.leaf(hash)
			if err := v.entry(at(first, i), entries[i], rows); err != nil {
				return err
			}
			if whole == nil {
				continue
			}
			if err := whole.Append(hash, nil); err != nil {
				return err
			}
			if n := first + uint64(i) + 1; len(v.milestones[n]) > 0 {
				r, err := root()
				if err != nil {
					return err
				}
				v.passed(n, r, &good)
			}
		}
	}
	levels.end()
	if whole == nil {
		return nil
	}
	r, err := root()
	if err == nil && !bytes.Equal(r, v.checkpoint.Root) {
		v.report.find(Forked, int64(good), "the lines do not give the root that the newest checkpoint signs; the first %d fitted an earlier one", good) //nolint:gosec // below maxLog
	}
	return err
}

// at is the place of the i-th line of a bundle.
func at(first uint64, i int) int64 { return int64(first) + int64(i) } //nolint:gosec // below maxLog

// rows are the store's rows for the places of a bundle.
func (v *verification) rows(first uint64, n int) (map[uint64]store.AuditRow, error) {
	var list []store.AuditRow
	err := v.st.Do(v.ctx, "read the places of the audit log", func(tx *store.Tx) (err error) {
		list, err = tx.Logged(v.ctx, first, n)
		return err
	})
	rows := make(map[uint64]store.AuditRow, len(list))
	for _, r := range list {
		rows[uint64(r.Leaf)] = r //nolint:gosec // not negative
	}
	return rows, err
}

// entry compares one line of the log with the store's row of that place.
func (v *verification) entry(index int64, entry []byte, rows map[uint64]store.AuditRow) error {
	stored, known := rows[uint64(index)] //nolint:gosec // not negative
	row, _, err := decode(entry)
	switch {
	case err != nil:
		v.report.find(Edited, index, "%v", err)
		row = stored
	case known && stored.ID == row.ID && stored.Entry == row.Entry:
	case known && stored.ID == row.ID:
		v.report.find(Edited, index, "line %d of the store has other words", row.ID)
	default:
		// Which row is it, then?
		var own store.AuditRow
		err := v.st.Do(v.ctx, "find a line for the audit log", func(tx *store.Tx) (err error) {
			own, err = tx.AuditRow(v.ctx, row.ID)
			return err
		})
		switch {
		case errors.Is(err, store.ErrNotFound) && known:
			v.report.find(Inserted, index, "the store has no line %d; its line %d stands here", row.ID, stored.ID)
		case errors.Is(err, store.ErrNotFound):
			v.report.find(Undone, index, "the store has no line %d", row.ID)
		case err != nil:
			return err
		case own.Leaf == index && own.Entry == row.Entry:
			// Its place was written since the page was read.
		case own.Entry != row.Entry:
			v.report.find(Edited, index, "line %d of the store has other words", row.ID)
		case own.Leaf < 0 && !known && uint64(index) >= v.before: //nolint:gosec // not negative
			// Appended, and its place not written yet: a drain is under way or was
			// interrupted.
		case own.Leaf < 0:
			v.report.find(Undone, index, "the store says that line %d waits for its place", row.ID)
		default:
			v.report.find(Reordered, index, "line %d of the store belongs to place %d", row.ID, own.Leaf)
		}
	}
	if row.Entry != "" {
		v.line(index, row, true)
	}
	return nil
}

// levels compares the tree's own files with the hashes that the lines give.
type levels struct {
	v *verification
	// pending are the hashes of each level that no full tile holds yet, done how many
	// tiles of it are full.
	pending [][][]byte
	done    []uint64
	// broken: a line is missing, and nothing after it has its place any more.
	broken bool
}

func (l *levels) leaf(hash []byte) {
	if !l.broken {
		l.put(0, hash)
	}
}

func (l *levels) put(level int, hash []byte) {
	if level == len(l.pending) {
		l.pending, l.done = append(l.pending, nil), append(l.done, 0)
	}
	l.pending[level] = append(l.pending[level], hash)
	if len(l.pending[level]) < layout.TileWidth {
		return
	}
	l.tile(level)
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	r := factory.NewEmptyRange(0)
	for _, h := range l.pending[level] {
		if r.Append(h, nil) != nil {
			return
		}
	}
	l.pending[level], l.done[level] = nil, l.done[level]+1
	if root, err := r.GetRootHash(nil); err == nil {
		l.put(level+1, root)
	}
}

// tile compares one tile with what is pending in its level.
func (l *levels) tile(level int) {
	index := l.done[level]
	place := func(i int) int64 {
		return (int64(index)*layout.TileWidth + int64(i)) << (layout.TileHeight * level) //nolint:gosec // below maxLog
	}
	nodes, err := l.v.dir.tile(uint64(level), index, l.v.checkpoint.Size) //nolint:gosec // small
	if err != nil {
		l.v.report.find(Dropped, place(0), "the tile of the tree for the lines from here on cannot be read")
		return
	}
	for i, h := range l.pending[level] {
		if i >= len(nodes) {
			l.v.report.find(Dropped, place(i), "the tree's tile ends before this line")
			return
		}
		if !bytes.Equal(nodes[i], h) {
			l.v.report.find(Edited, place(i), "the line does not have the hash that the tree has for it")
			return
		}
	}
	if n := len(l.pending[level]); len(nodes) > n && n < layout.TileWidth && len(nodes) < layout.TileWidth {
		l.v.report.find(Inserted, place(n), "the tree's tile holds %d hashes behind its end", len(nodes)-n)
	}
}

// end compares the tiles that are not full.
func (l *levels) end() {
	for level := range l.pending {
		if len(l.pending[level]) > 0 && !l.broken {
			l.tile(level)
		}
	}
}
