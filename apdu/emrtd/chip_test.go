package emrtd_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// fileChip is a file system as far as reading goes, with the manners that chips
// in the field have. It is an apdu.Transmitter with the limits of a reader.
type fileChip struct {
	files   map[uint16][]byte
	current uint16
	secure  *sm.Chip

	maxCommand, maxResponse int // of the reader

	noSFI       apdu.Status // what a short identifier is answered with
	most        int         // bytes given at a time, 0 for no limit
	mostSW      apdu.Status // status of an answer cut to most
	refuseAbove int         // Ne above this is answered refuseSW
	refuseSW    apdu.Status
	exactLe     bool // Ne past the end of the file is answered 6Cxx
	eof         bool // reads past the end are answered 6282
	noB0Overlap bool // B0 ends at 32,768
	// Reads past the end bring no data, with 6282 or pastEndSW.
	nothingPastEnd bool
	pastEndSW      apdu.Status

	sent []apdu.Command
}

func newFileChip(files map[uint16][]byte) *fileChip {
	return &fileChip{files: files, maxCommand: 261, maxResponse: 258, mostSW: apdu.OK}
}

func (c *fileChip) ATR() []byte      { return nil }
func (c *fileChip) MaxCommand() int  { return c.maxCommand }
func (c *fileChip) MaxResponse() int { return c.maxResponse }

func (c *fileChip) Transmit(_ context.Context, b []byte) ([]byte, error) {
	cmd, err := apdu.ParseCommand(b)
	if err != nil {
		return nil, err
	}
	if c.secure == nil || cmd.CLA&0x0C == 0 {
		c.sent = append(c.sent, cmd)
		return c.answer(cmd).Encode(), nil
	}
	plain, err := c.secure.Unwrap(cmd)
	if err != nil {
		return apdu.Response{SW: sm.StatusOf(err)}.Encode(), nil
	}
	c.sent = append(c.sent, plain)
	protected, err := c.secure.Wrap(c.answer(plain))
	if err != nil {
		return nil, err
	}
	if n := len(protected.Data); n > cmd.Ne {
		return nil, fmt.Errorf("the answer has %d bytes, Ne is %d", n, cmd.Ne)
	}
	return protected.Encode(), nil
}

func (c *fileChip) answer(cmd apdu.Command) apdu.Response {
	switch cmd.INS {
	case 0xA4:
		if cmd.P1 != 0x02 {
			return apdu.Response{SW: apdu.OK}
		}
		fid := uint16(cmd.Data[0])<<8 | uint16(cmd.Data[1])
		if _, ok := c.files[fid]; !ok {
			return apdu.Response{SW: apdu.ErrFileNotFound}
		}
		c.current = fid
		return apdu.Response{SW: apdu.OK}
	case 0xB0, 0xB1:
		return c.read(cmd)
	}
	return apdu.Response{SW: apdu.ErrINS}
}

func (c *fileChip) read(cmd apdu.Command) apdu.Response {
	offset := int(cmd.P1)<<8 | int(cmd.P2)
	ne := cmd.Ne
	if c.refuseAbove > 0 && ne > c.refuseAbove {
		return apdu.Response{SW: c.refuseSW}
	}
	switch {
	case cmd.INS == 0xB1:
		offset = 0
		for _, b := range cmd.Data[2:] { // DO 54
			offset = offset<<8 | int(b)
		}
		// DO 53 counts into Ne.
		ne -= 1 + len(tlv.EncodeLength(ne-4))
	case cmd.P1&0x80 != 0:
		if c.noSFI != 0 {
			return apdu.Response{SW: c.noSFI}
		}
		fid := uint16(0x0100) | uint16(cmd.P1&0x1F)
		if _, ok := c.files[fid]; !ok {
			return apdu.Response{SW: apdu.ErrFileNotFound}
		}
		c.current, offset = fid, int(cmd.P2)
	case c.noB0Overlap && offset+ne > 32768:
		return apdu.Response{SW: apdu.ErrOffset}
	}
	file, ok := c.files[c.current]
	if !ok {
		return apdu.Response{SW: apdu.ErrNoCurrentEF}
	}
	if offset >= len(file) {
		return apdu.Response{SW: apdu.ErrOffset}
	}
	rest, sw := file[offset:], apdu.OK
	if len(rest) < ne {
		if c.exactLe && len(rest) < 256 {
			return apdu.Response{SW: 0x6C00 | apdu.Status(len(rest))}
		}
		switch {
		case c.nothingPastEnd && c.pastEndSW != 0:
			return apdu.Response{SW: c.pastEndSW}
		case c.nothingPastEnd:
			return apdu.Response{SW: apdu.WarnEOF}
		case c.eof:
			sw = apdu.WarnEOF
		}
		ne = len(rest)
	}
	if c.most > 0 && ne > c.most {
		ne, sw = c.most, c.mostSW
	}
	data := rest[:ne]
	if cmd.INS == 0xB1 {
		data = tlv.Encode(0x53, data)
	}
	return apdu.Response{Data: data, SW: sw}
}

// protect puts secure messaging between the terminal and the chip.
func protect(t testing.TB, c *fileChip, cipher mac.Cipher) *sm.Channel {
	t.Helper()
	return protectThrough(t, c, c, cipher)
}

// protectThrough is protect with something before the chip.
func protectThrough(t testing.TB, c *fileChip, before apdu.Transmitter, cipher mac.Cipher) *sm.Channel {
	t.Helper()
	enc := mac.NewKey(bytes.Repeat([]byte{0x15}, cipher.KeyLen()))
	mk := mac.NewKey(bytes.Repeat([]byte{0x26}, cipher.KeyLen()))
	ssc := make([]byte, cipher.BlockSize())
	var err error
	if c.secure, err = sm.NewChip(cipher, enc, mk, ssc); err != nil {
		t.Fatal(err)
	}
	ch, err := sm.New(apdu.NewChannel(before), cipher, enc, mk, ssc)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// dataObject is a file of n bytes in all.
func dataObject(tag tlv.Tag, n int) []byte {
	for body := max(n-9, 0); body < n; body++ {
		if b := tlv.Encode(tag, pattern(body)); len(b) == n {
			return b
		}
	}
	panic("no such length")
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

// document is one of 16,610 bytes: COM 24, SOD 1076, DG1 93, DG2 15,083, DG14
// 334.
func document() map[uint16][]byte {
	return map[uint16][]byte{
		0x011E: dataObject(0x60, 24),
		0x011D: dataObject(0x77, 1076),
		0x0101: dataObject(0x61, 93),
		0x0102: dataObject(0x75, 15083),
		0x010E: dataObject(0x6E, 334),
	}
}

var documentFiles = []emrtd.File{emrtd.COM, emrtd.SOD, emrtd.DG(1), emrtd.DG(2), emrtd.DG(14)}

// readDocument reads all files and compares them.
func readDocument(t *testing.T, c *fileChip, r *emrtd.Reader) {
	t.Helper()
	for _, f := range documentFiles {
		got, err := r.Read(t.Context(), f)
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			return
		}
		if !bytes.Equal(got, c.files[f.FID]) {
			t.Errorf("%s: %d bytes, want the file's %d", f.Name, len(got), len(c.files[f.FID]))
		}
	}
}

// scriptedChip answers from a script and falls silent with 6F00.
type scriptedChip struct {
	script []byte
	n      int
}

func (c *scriptedChip) Transmit(context.Context, []byte) ([]byte, error) {
	c.n++
	if len(c.script) == 0 {
		return []byte{0x6F, 0x00}, nil
	}
	n := min(int(c.script[0])+2, len(c.script)-1)
	answer := c.script[1 : 1+n]
	c.script = c.script[1+n:]
	if len(answer) < 2 {
		return []byte{0x6F, 0x00}, nil
	}
	return answer, nil
}

// weighed counts what passes.
type weighed struct {
	*fileChip
	exchanges, sent, received int
}

func (w *weighed) Transmit(ctx context.Context, b []byte) ([]byte, error) {
	answer, err := w.fileChip.Transmit(ctx, b)
	w.exchanges, w.sent, w.received = w.exchanges+1, w.sent+len(b), w.received+len(answer)
	return answer, err
}
