package intake

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

var (
	errZip     = errors.New("intake: not a zip")
	errEntries = errors.New("intake: too many files in a zip")
)

// entryRoom is how many bytes of directory an entry has on the average in zips that are
// taken: 46 (APPNOTE.TXT 6.3.10, 4.3.12), a name, and times.
const entryRoom = 128

// checkDirectory judges the directory of a zip by the record at its end alone (4.3.14
// to 4.3.16), before a reader takes all of it into memory.
func checkDirectory(r io.ReaderAt, size int64, most uint64) error {
	const record, record64, locator = 22, 56, 20
	tail := make([]byte, min(size, record+0xffff+locator))
	if n, err := r.ReadAt(tail, size-int64(len(tail))); n < len(tail) && err != nil {
		return errZip
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || len(tail)-at < record {
		return errZip
	}
	end := uint64(size) - uint64(len(tail)-at) //nolint:gosec // a place in the file
	n, long, from := uint64(binary.LittleEndian.Uint16(tail[at+10:])), uint64(binary.LittleEndian.Uint32(tail[at+12:])), uint64(binary.LittleEndian.Uint32(tail[at+16:]))
	if at >= locator && string(tail[at-locator:at-locator+4]) == "PK\x06\x07" {
		var b [record64]byte
		where := binary.LittleEndian.Uint64(tail[at-locator+8:])
		if where > end {
			return errZip
		}
		if k, err := r.ReadAt(b[:], int64(where)); k < len(b) && err != nil || string(b[:4]) != "PK\x06\x06" { //nolint:gosec // within the file
			return errZip
		}
		end = where
		n, long, from = binary.LittleEndian.Uint64(b[32:]), binary.LittleEndian.Uint64(b[40:]), binary.LittleEndian.Uint64(b[48:])
	}
	if from > end || long > end {
		return errZip
	}
	// A reader goes by the offset or by the length, and reads entries while there are some.
	if n > most || end-min(from, end-long) > most*entryRoom {
		return errEntries
	}
	return nil
}

// openZip opens a zip of so many files at most.
func openZip(r io.ReaderAt, size int64, most uint64) (*zip.Reader, error) {
	if err := checkDirectory(r, size, most); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, errZip
	}
	if uint64(len(z.File)) > most {
		return nil, errEntries
	}
	return z, nil
}
