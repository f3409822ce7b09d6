package main

import (
	"context"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// contents are the files of the document that is read, 16,610 bytes in all.
var contents = []struct {
	file emrtd.File
	tag  tlv.Tag
	size int
}{
	{emrtd.COM, 0x60, 24},
	{emrtd.SOD, 0x77, 1076},
	{emrtd.DG(1), 0x61, 93},
	{emrtd.DG(2), 0x75, 15083},
	{emrtd.DG(14), 0x6E, 334},
}

// The chip offers PACE ECDH-GM with AES-128 on brainpoolP256r1, and has buffers
// of so many bytes.
const (
	cardAccess = "31143012060A04007F0007020204020202010202010D"
	can        = "123456"
	buffer     = 3043
)

// ecdhGM is id-PACE-ECDH-GM-AES-CBC-CMAC-128.
var ecdhGM = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 2}

// mode is a way of reading, and what came of it.
type mode struct {
	name  string
	model chip.Model

	exchanges, floor int
	sent, received   int
	pairs            [][2]int // bytes of each C-APDU and R-APDU
}

// modes are what is measured: extended length, and short APDUs.
func modes() []*mode {
	return []*mode{
		{name: "extended", model: chip.Model{MaxCommand: buffer, MaxResponse: buffer}},
		{name: "short", model: chip.ShortModel},
	}
}

// rates are those of a contactless link, in kbit/s.
var rates = []int{106, 212, 424, 848}

// reading reads the document after access and counts.
func reading(ctx context.Context, w io.Writer) ([]figure, error) {
	fmt.Fprintf(w, "Reading 16,610 bytes in %d files under secure messaging with AES-128, SELECT of the application included\n", len(contents))
	fmt.Fprintf(w, "(chip buffers of %s bytes; docs/model.md has the model of the link)\n\n", thousands(buffer))
	fmt.Fprintf(w, "%-10s %9s %9s %8s %9s", "", "exchanges", "at least", "sent", "received")
	for _, r := range rates {
		fmt.Fprintf(w, " %9s", fmt.Sprintf("%d kbit/s", r))
	}
	fmt.Fprintln(w)
	var figures []figure
	for _, m := range modes() {
		if err := m.run(ctx); err != nil {
			return nil, fmt.Errorf("read %s: %w", m.name, err)
		}
		fmt.Fprintf(w, "%-10s %9d %9d %6d B %7d B", m.name, m.exchanges, m.floor, m.sent, m.received)
		for _, r := range rates {
			fmt.Fprintf(w, " %6.0f ms", m.milliseconds(r))
		}
		fmt.Fprintln(w)
		figures = append(figures,
			figure{"read.exchanges." + m.name, float64(m.exchanges), "exchanges"},
			figure{"read.floor." + m.name, float64(m.floor), "exchanges"},
			figure{"read.sent." + m.name, float64(m.sent), "bytes"},
			figure{"read.received." + m.name, float64(m.received), "bytes"})
		if m.name == "extended" {
			figures = append(figures, figure{"read.ms.848", round(m.milliseconds(848)), "ms"}, figure{"read.ms.106", round(m.milliseconds(106)), "ms"})
		} else {
			figures = append(figures, figure{"read.ms.848." + m.name, round(m.milliseconds(848)), "ms"}, figure{"read.ms.106." + m.name, round(m.milliseconds(106)), "ms"})
		}
	}
	fmt.Fprintln(w)
	return figures, nil
}

func thousands(n int) string { return fmt.Sprintf("%d,%03d", n/1000, n%1000) }

func round(ms float64) float64 { return math.Round(ms*10) / 10 }

// counter weighs what passes between reader and chip.
type counter struct {
	*chip.Chip
	m *mode
}

func (c *counter) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	answer, err := c.Chip.Transmit(ctx, command)
	c.m.exchanges++
	c.m.sent += len(command)
	c.m.received += len(answer)
	c.m.pairs = append(c.m.pairs, [2]int{len(command), len(answer)})
	return answer, err
}

// run gets into a chip, and measures from there.
func (m *mode) run(ctx context.Context) error {
	c, err := document(m.model)
	if err != nil {
		return err
	}
	counted := &counter{Chip: c, m: m}
	ch := apdu.NewChannel(counted)
	caps, err := emrtd.Discover(ctx, ch, c.ATR())
	if err != nil {
		return err
	}
	opened, err := pace.Run(ctx, ch, pace.Params{OID: ecdhGM, ParameterID: 13}, pace.CAN(can))
	if err != nil {
		return err
	}
	m.exchanges, m.sent, m.received, m.pairs = 0, 0, 0, nil
	r := emrtd.NewReader(opened.Channel, emrtd.Options{Chip: caps.Buffers})
	if err := r.SelectApplication(ctx); err != nil {
		return err
	}
	for _, f := range contents {
		b, err := r.Read(ctx, f.file)
		if err != nil {
			return err
		}
		if len(b) != f.size {
			return fmt.Errorf("%s: %d bytes", f.file.Name, len(b))
		}
	}
	m.floor = m.least(opened.Channel.Cipher())
	return nil
}

// least is the arithmetic minimum: one SELECT, and for each file as many answers
// as its bytes fill.
func (m *mode) least(c mac.Cipher) int {
	capacity := sm.MaxResponseData(c, m.model.MaxResponse+2)
	n := 1
	for _, f := range contents {
		n += (f.size + capacity - 1) / capacity
	}
	return n
}

// milliseconds is how long the exchanges take on a modelled link.
func (m *mode) milliseconds(rate int) float64 {
	var d time.Duration
	for _, p := range m.pairs {
		d += chip.Link{Rate: rate}.Duration(p[0], p[1])
	}
	return float64(d) / float64(time.Millisecond)
}

// document is a chip with files of the right sizes. Nobody has signed them.
func document(m chip.Model) (*chip.Chip, error) {
	access, err := hex.DecodeString(cardAccess)
	if err != nil {
		return nil, err
	}
	d := chip.Document{Files: map[string][]byte{"EF.CardAccess": access}, CAN: can}
	for _, f := range contents {
		d.Files[f.file.Name] = object(f.tag, f.size)
	}
	return chip.NewIssued(chip.Options{Model: m, RetryDelay: -1}, d)
}

// object is a data object of size bytes in all.
func object(tag tlv.Tag, size int) []byte {
	for n := size; n > 0; n-- {
		if b := tlv.Encode(tag, make([]byte, n)); len(b) == size {
			return b
		}
	}
	return nil
}
