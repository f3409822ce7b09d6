package intake

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxScratch bounds an encrypted zip of photos, in bytes.
const maxScratch = 64 << 30

// scratch is a temporary file that can be read at any place and that tells nothing: it
// lies on the disk under a key that only this process has, and goes with it.
type scratch struct {
	f     *os.File
	block cipher.Block
	size  int64
	gone  bool
}

// newScratch copies all of r into one.
func newScratch(r io.Reader) (_ *scratch, err error) {
	key := make([]byte, 32)
	defer clear(key)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	s := new(scratch)
	if s.block, err = aes.NewCipher(key); err != nil {
		return nil, err
	}
	if s.f, err = os.CreateTemp("", "chipid-photos-*"); err != nil { // made with mode 0600
		return nil, err
	}
	// Where the system lets an open file go, a crash leaves nothing behind.
	s.gone = os.Remove(s.f.Name()) == nil
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	s.size, err = io.Copy(cipher.StreamWriter{S: s.stream(0), W: s.f}, io.LimitReader(r, maxScratch+1))
	if err == nil && s.size > maxScratch {
		err = fmt.Errorf("intake: more than %d GB of photos", maxScratch>>30)
	}
	return s, err
}

// stream is the key stream from a block on. The key is used for one file: the counter
// may begin at 0.
func (s *scratch) stream(block int64) cipher.Stream {
	var counter [aes.BlockSize]byte
	binary.BigEndian.PutUint64(counter[8:], uint64(block)) //nolint:gosec // not negative
	return cipher.NewCTR(s.block, counter[:])
}

// ReadAt reads what was copied.
func (s *scratch) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 {
		return 0, errors.New("intake: a negative place")
	}
	n, err := s.f.ReadAt(p, at)
	stream := s.stream(at / aes.BlockSize)
	var skip [aes.BlockSize]byte
	stream.XORKeyStream(skip[:at%aes.BlockSize], skip[:at%aes.BlockSize])
	stream.XORKeyStream(p[:n], p[:n])
	return n, err
}

// Close gives the file up.
func (s *scratch) Close() error {
	err := s.f.Close()
	if !s.gone {
		s.gone = true
		err = errors.Join(err, os.Remove(s.f.Name()))
	}
	return err
}
