package emrtd_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// TestExchanges counts what a whole document costs, SELECT of the application
// included, against what the sizes allow at best.
func TestExchanges(t *testing.T) {
	buffers := func(n int) emrtd.Buffers { return emrtd.Buffers{MaxCommand: n, MaxResponse: n} }
	for _, tc := range []struct {
		name   string
		cipher mac.Cipher
		reader int // bytes that the reader carries
		chip   emrtd.Buffers
		want   int
	}{
		// 223 bytes a read: 1+1+5+1+68+2.
		{"short AES", mac.AES128, 261, emrtd.Buffers{}, 78},
		// 231 bytes a read: 1+1+5+1+66+2.
		{"short 3DES", mac.TDES, 261, emrtd.Buffers{}, 76},
		// Extended length in the reader alone is no reason to use it.
		{"not stated", mac.AES256, 65000, emrtd.Buffers{}, 78},
		{"chip 65,000, reader short", mac.AES128, 261, buffers(65000), 78},
		{"chip and reader 65,000", mac.AES128, 65000, buffers(65000), 6},
		// 3,023 bytes a read, 3,017 needed: 1+1+1+1+5+1.
		{"chip 3,043", mac.AES128, 65000, buffers(3043), 10},
		{"chip 3,043, 3DES", mac.TDES, 65000, buffers(3043), 10},
		{"chip 4,096", mac.AES128, 65000, buffers(4096), 9},
		{"reader 4,096", mac.AES128, 4096, buffers(32767), 9},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newFileChip(document())
			c.maxCommand, c.maxResponse = tc.reader, tc.reader
			c.eof = true
			ch := protect(t, c, tc.cipher)
			if err := emrtd.SelectApplication(t.Context(), ch); err != nil {
				t.Fatal(err)
			}
			readDocument(t, c, emrtd.NewReader(ch, emrtd.Options{Chip: tc.chip}))
			if len(c.sent) != tc.want {
				t.Errorf("%d exchanges, want %d", len(c.sent), tc.want)
			}
			for _, cmd := range c.sent {
				if cmd.IsExtended() && !tc.chip.Stated() {
					t.Fatalf("extended length without stated buffers: Ne %d", cmd.Ne)
				}
			}
		})
	}
}

// TestPlain reads without secure messaging: 256 bytes an exchange.
func TestPlain(t *testing.T) {
	c := newFileChip(document())
	readDocument(t, c, emrtd.NewReader(apdu.NewChannel(c), emrtd.Options{}))
	if want := 1 + 5 + 1 + 59 + 2; len(c.sent) != want {
		t.Errorf("%d exchanges, want %d", len(c.sent), want)
	}
}

// TestManners reads chips that do it their own way. budget is how many
// exchanges more than a well-mannered chip they may cost.
func TestManners(t *testing.T) {
	stated := emrtd.Buffers{MaxCommand: 2048, MaxResponse: 2048}
	for _, tc := range []struct {
		name   string
		manner func(*fileChip)
		chip   emrtd.Buffers
		most   int
	}{
		{"6282 at the end", func(c *fileChip) { c.eof = true }, emrtd.Buffers{}, 77},
		{"6Cxx at the end", func(c *fileChip) { c.exactLe = true }, emrtd.Buffers{}, 79},
		{"gives 160 at a time", func(c *fileChip) { c.most = 160 }, emrtd.Buffers{}, 108},
		{"gives 160 at a time and says 6282", func(c *fileChip) { c.most, c.mostSW = 160, apdu.WarnEOF }, emrtd.Buffers{}, 108},
		{"takes 128 at most", func(c *fileChip) { c.refuseAbove, c.refuseSW = 128, apdu.ErrWrongLength }, emrtd.Buffers{}, 138},
		{"takes extended Le and gives 256", func(c *fileChip) { c.most = 256 }, stated, 70},
		{"refuses extended Le", func(c *fileChip) { c.refuseAbove, c.refuseSW = 256, apdu.ErrWrongLength }, stated, 79},
		// A stated buffer that includes the status word: 3,007 bytes a read.
		{"gives two bytes less than stated", func(c *fileChip) { c.most = 3007 }, emrtd.Buffers{MaxCommand: 3043, MaxResponse: 3043}, 10},
		{"refuses two bytes less than stated", func(c *fileChip) { c.refuseAbove, c.refuseSW = 3007, apdu.ErrWrongLength }, emrtd.Buffers{MaxCommand: 3043, MaxResponse: 3043}, 11},
		{"gives nothing past the end", func(c *fileChip) { c.nothingPastEnd = true }, emrtd.Buffers{}, 83},
		{"refuses what is past the end", func(c *fileChip) { c.nothingPastEnd, c.pastEndSW = true, apdu.ErrWrongLength }, emrtd.Buffers{}, 91},
		{"no SFI, 6A82", func(c *fileChip) { c.noSFI = apdu.ErrFileNotFound }, emrtd.Buffers{}, 83},
		{"no SFI, 6B00", func(c *fileChip) { c.noSFI = apdu.ErrOffset }, emrtd.Buffers{}, 83},
		{"no SFI, 6A86", func(c *fileChip) { c.noSFI = apdu.ErrWrongP1P2 }, emrtd.Buffers{}, 83},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newFileChip(document())
			c.maxCommand, c.maxResponse = 65000, 65000
			tc.manner(c)
			ch := protect(t, c, mac.AES128)
			readDocument(t, c, emrtd.NewReader(ch, emrtd.Options{Chip: tc.chip}))
			if len(c.sent) > tc.most {
				t.Errorf("%d exchanges, at most %d are due", len(c.sent), tc.most)
			}
		})
	}
}

// TestLarge reads past 32,767 bytes, where the odd READ BINARY takes over.
func TestLarge(t *testing.T) {
	for _, tc := range []struct {
		name    string
		size    int
		chip    emrtd.Buffers
		overlap bool
	}{
		{"short", 40000, emrtd.Buffers{}, true},
		{"short, strict B0", 40000, emrtd.Buffers{}, false},
		{"just 32,768", 32768, emrtd.Buffers{}, false},
		{"just 32,769", 32769, emrtd.Buffers{}, false},
		{"extended", 100000, emrtd.Buffers{MaxCommand: 4096, MaxResponse: 4096}, false},
		{"extended, all at once", 50000, emrtd.Buffers{MaxCommand: 65000, MaxResponse: 65000}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newFileChip(map[uint16][]byte{0x0107: dataObject(0x67, tc.size)})
			c.maxCommand, c.maxResponse, c.noB0Overlap = 65000, 65000, !tc.overlap
			ch := protect(t, c, mac.AES256)
			got, err := emrtd.NewReader(ch, emrtd.Options{Chip: tc.chip}).Read(t.Context(), emrtd.DG(7))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, c.files[0x0107]) {
				t.Errorf("%d bytes differ from the file", len(got))
			}
			for _, cmd := range c.sent {
				// Doc 9303-10, 3.6.6, note 2.
				if cmd.INS == 0xB1 && tc.size <= 32768 {
					t.Error("odd READ BINARY on a small file")
				}
			}
		})
	}
}

func TestHostile(t *testing.T) {
	long := dataObject(0x75, 1000)
	for _, tc := range []struct {
		name string
		file []byte
		chip func(*fileChip)
		want error
	}{
		{"length bomb", []byte{0x75, 0x84, 0x7F, 0xFF, 0xFF, 0x00, 0x01}, nil, emrtd.ErrTooLarge},
		{"length of five bytes", []byte{0x75, 0x85, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, nil, emrtd.ErrFormat},
		{"indefinite length", []byte{0x75, 0x80, 0, 0}, nil, emrtd.ErrFormat},
		{"truncated", long[:700], nil, emrtd.ErrTruncated},
		{"truncated, 6282", long[:700], func(c *fileChip) { c.eof = true }, emrtd.ErrTruncated},
		{"header cut", []byte{0x75, 0x82}, nil, emrtd.ErrTruncated},
		{"a byte at a time", long, func(c *fileChip) { c.most = 1 }, emrtd.ErrTruncated},
		{"refuses all lengths", long, func(c *fileChip) { c.refuseAbove, c.refuseSW = 1, apdu.ErrWrongLength }, apdu.ErrWrongLength},
		{"6Cxx for ever", long, func(c *fileChip) { c.refuseAbove, c.refuseSW = 1, 0x6C10 }, apdu.Status(0x6C10)},
		{"denied", long, func(c *fileChip) { c.refuseAbove, c.refuseSW = 1, apdu.ErrSecurityStatus }, apdu.ErrSecurityStatus},
		{"absent", nil, nil, apdu.ErrFileNotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := map[uint16][]byte{}
			if tc.file != nil {
				files[0x0102] = tc.file
			}
			c := newFileChip(files)
			if tc.chip != nil {
				tc.chip(c)
			}
			r := emrtd.NewReader(protect(t, c, mac.AES128), emrtd.Options{})
			if got, err := r.Read(t.Context(), emrtd.DG(2)); !errors.Is(err, tc.want) || got != nil {
				t.Errorf("error %v, want %v; %d bytes", err, tc.want, len(got))
			}
			if len(c.sent) > 20 {
				t.Errorf("%d exchanges", len(c.sent))
			}
		})
	}
	if _, err := emrtd.NewReader(apdu.NewChannel(newFileChip(nil)), emrtd.Options{}).Read(t.Context(), emrtd.DG(17)); err == nil {
		t.Error("there is no data group 17")
	}
}

// breakingChip drops the session on an extended read, as chips in the field do.
type breakingChip struct{ *fileChip }

func (c breakingChip) Transmit(ctx context.Context, b []byte) ([]byte, error) {
	if cmd, err := apdu.ParseCommand(b); err == nil && cmd.IsExtended() {
		return apdu.Response{SW: apdu.ErrWrongLength}.Encode(), nil
	}
	return c.fileChip.Transmit(ctx, b)
}

// TestLearned: what broke a session is not done again in the next.
func TestLearned(t *testing.T) {
	c := newFileChip(document())
	c.maxCommand, c.maxResponse = 65000, 65000
	var learned emrtd.Learned
	o := emrtd.Options{Chip: emrtd.Buffers{MaxCommand: 2048, MaxResponse: 2048}, Learned: &learned}
	read := func() error {
		ch := protectThrough(t, c, breakingChip{c}, mac.AES128)
		_, err := emrtd.NewReader(ch, o).Read(t.Context(), emrtd.DG(2))
		return err
	}
	if err := read(); err == nil {
		t.Fatal("the broken session gave the file")
	}
	if !learned.NoExtended {
		t.Error("nothing was learned")
	}
	if err := read(); err != nil {
		t.Errorf("second session: %v", err)
	}
}

func TestProgress(t *testing.T) {
	c := newFileChip(document())
	var last emrtd.Progress
	calls := 0
	r := emrtd.NewReader(apdu.NewChannel(c), emrtd.Options{Progress: func(p emrtd.Progress) {
		if p.Done <= last.Done || p.Total != 1076 || p.File != emrtd.SOD {
			t.Errorf("progress %+v after %+v", p, last)
		}
		last, calls = p, calls+1
	}})
	var b bytes.Buffer
	n, err := r.ReadTo(t.Context(), emrtd.SOD, &b)
	if err != nil || n != 1076 || b.Len() != 1076 || last.Done != 1076 || calls != 5 {
		t.Errorf("%d bytes, %d written, %d calls, %v", n, b.Len(), calls, err)
	}
}

func TestCancelled(t *testing.T) {
	c := newFileChip(document())
	ctx, cancel := context.WithCancel(t.Context())
	r := emrtd.NewReader(apdu.NewChannel(c), emrtd.Options{Progress: func(emrtd.Progress) { cancel() }})
	if _, err := r.Read(ctx, emrtd.DG(2)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if len(c.sent) != 1 {
		t.Errorf("%d exchanges after the cancellation in the first", len(c.sent))
	}
}

// TestSequence reads files that are a sequence of data objects.
func TestSequence(t *testing.T) {
	one := []byte{0x47, 0x03, 0x80, 0x01, 0xE0}
	many := bytes.Repeat([]byte{0x61, 0x09, 0x4F, 0x07, 0xA0, 0, 0, 2, 0x47, 0x10, 0x01}, 60)
	for _, eof := range []bool{false, true} {
		for _, file := range [][]byte{one, many, many[:512], {}} {
			c := newFileChip(map[uint16][]byte{0x0101: file})
			c.eof = eof
			f := emrtd.File{Name: "EF.ATR/INFO", FID: 0x0101, SFI: 0x01, Sequence: true}
			got, err := emrtd.NewReader(apdu.NewChannel(c), emrtd.Options{}).Read(t.Context(), f)
			if len(file) == 0 {
				if err == nil {
					t.Errorf("an empty file gave %d bytes", len(got))
				}
				continue
			}
			if err != nil || !bytes.Equal(got, file) {
				t.Errorf("%d bytes of %d, %v", len(got), len(file), err)
			}
			if len(file) == len(one) && len(c.sent) != 1 {
				t.Errorf("%d exchanges for %d bytes", len(c.sent), len(file))
			}
		}
	}
}
