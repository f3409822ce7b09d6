package signer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"
)

// Uses counts how often each Document Signer's key was used, where a crash does not
// lose it.
type Uses interface {
	// Take counts one use of the signer, by the SHA-256 of its certificate in
	// hexadecimal, before the key is asked. It is ErrLimit, and nothing is counted,
	// when limit uses have been taken; 0 is no limit.
	Take(ctx context.Context, signer string, limit int64) error
}

// ErrLimit says that a Document Signer's key has been used as often as it may be.
var ErrLimit = errors.New("signer: the Document Signer's key has reached its limit")

// Counted is Uses in memory, for tests and for keys without a limit.
type Counted struct {
	mu   sync.Mutex
	uses map[string]int64
}

// Take counts one use.
func (c *Counted) Take(_ context.Context, signer string, limit int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if limit > 0 && c.uses[signer] >= limit {
		return ErrLimit
	}
	if c.uses == nil {
		c.uses = map[string]int64{}
	}
	c.uses[signer]++
	return nil
}

// Files is Uses in a folder, one small file a signer. It reserves uses by the block, so
// that most signatures wait for no disk: after a crash the rest of a block counts as
// used, which errs on the side of the limit. Several processes may have the folder:
// each reserves its own blocks.
type Files struct {
	dir   string
	block int64

	mu      sync.Mutex
	signers map[string]*reserved
}

// reserved is what is known of one signer: used of those that the file says.
type reserved struct{ used, until int64 }

// DefaultBlock is how many uses Files reserves at a time.
const DefaultBlock = 64

// OpenFiles opens the folder, which it makes where it is missing. block 0 is
// DefaultBlock.
func OpenFiles(dir string, block int64) (*Files, error) {
	if block <= 0 {
		block = DefaultBlock
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("signer: use counts: %w", err)
	}
	f := &Files{dir: dir, block: block, signers: map[string]*reserved{}}
	// A folder that cannot be locked or written shows now and not at the first card.
	return f, f.locked(func() error { return nil })
}

// locked does what no other process may do meanwhile.
func (f *Files) locked(do func() error) error {
	lock, err := lockFile(filepath.Join(f.dir, "lock"))
	if err != nil {
		return fmt.Errorf("signer: use counts in %s: %w", f.dir, err)
	}
	return errors.Join(do(), lock.Close())
}

// Close gives back what was reserved and not used, where no other process has reserved
// since.
func (f *Files) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var err error
	for name, r := range f.signers {
		if r.until == r.used {
			continue
		}
		err = errors.Join(err, f.locked(func() error {
			n, err := f.read(name)
			if err != nil || n != r.until {
				return err
			}
			return f.write(name, r.used)
		}))
	}
	f.signers = nil
	return err
}

// Take counts one use.
func (f *Files) Take(_ context.Context, signer string, limit int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.signers == nil {
		return fmt.Errorf("signer: use counts: %w", os.ErrClosed)
	}
	r := f.signers[signer]
	if r == nil {
		r = &reserved{}
		f.signers[signer] = r
	}
	if r.used == r.until {
		if err := f.locked(func() error { return f.reserve(signer, r, limit) }); err != nil {
			return err
		}
	}
	if limit > 0 && r.used >= limit { // a limit that was lowered meanwhile
		return ErrLimit
	}
	r.used++
	return nil
}

// reserve takes the next block of uses.
func (f *Files) reserve(signer string, r *reserved, limit int64) error {
	n, err := f.read(signer)
	if err != nil {
		return err
	}
	until := n + f.block
	if limit > 0 {
		if n >= limit {
			return ErrLimit
		}
		until = min(until, limit)
	}
	if err := f.write(signer, until); err != nil {
		return err
	}
	r.used, r.until = n, until
	return nil
}

// A file is the count, 8 bytes, and its CRC-32, 4 bytes, big-endian.
func (f *Files) read(signer string) (int64, error) {
	b, err := os.ReadFile(f.path(signer))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("signer: use count: %w", err)
	}
	if len(b) != 12 || crc32.ChecksumIEEE(b[:8]) != binary.BigEndian.Uint32(b[8:]) || b[0]&0x80 != 0 {
		return 0, fmt.Errorf("signer: use count %s is damaged: take the number of signatures from the store's journal, or retire the key", f.path(signer))
	}
	return int64(binary.BigEndian.Uint64(b)), nil //nolint:gosec // the sign bit is clear
}

// write replaces the file: the new one is on the disk before it has the name.
func (f *Files) write(signer string, n int64) error {
	b := binary.BigEndian.AppendUint64(nil, uint64(n)) //nolint:gosec // never negative
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	tmp, err := os.CreateTemp(f.dir, "count-*")
	if err != nil {
		return fmt.Errorf("signer: use count: %w", err)
	}
	_, err = tmp.Write(b)
	if err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), f.path(signer))
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("signer: use count: %w", err)
	}
	return syncDir(f.dir)
}

func (f *Files) path(signer string) string { return filepath.Join(f.dir, signer+".count") }
