package chip_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

func itoa(n int) string { return strconv.Itoa(n) }

// afterAccess is how many exchanges SELECT and PACE take: the fault hits the
// next one.
const afterAccess = 6

func faulty(t *testing.T, spec string) *chip.Chip {
	t.Helper()
	o := quick()
	o.Faults = must(chip.ParseFaults(spec))
	return must(chip.NewIssued(o, testDocument()))
}

// Each fault has the one effect that its name says, on the exchange it names.
func TestFaults(t *testing.T) {
	at := itoa(afterAccess + 3) // SELECT, and the second READ BINARY
	for spec, want := range map[string]error{
		"pull@" + at:            apdu.ErrCardGone,
		"cut@" + at:             apdu.ErrCardGone,
		"naked@" + at + "=6988": sm.ErrUnprotected,
		"naked@" + at + "=9000": sm.ErrUnprotected,
		"mac@" + at:             sm.ErrMAC,
		"replay@" + at:          sm.ErrMAC,
	} {
		c := faulty(t, spec)
		s := open(t, c)
		if c.Exchanges() != afterAccess {
			t.Fatalf("access took %d exchanges", c.Exchanges())
		}
		_, err := read(t.Context(), s, 0x0101, 50)
		wantError(t, spec, err, want)
		if c.Exchanges() != afterAccess+3 {
			t.Errorf("%s: struck at exchange %d", spec, c.Exchanges())
		}
		// The card is usable again after a reset.
		reset(t, c)
		if got, err := read(t.Context(), open(t, c), 0x0101, 50); err != nil || len(got) != 95 {
			t.Errorf("%s: afterwards %d bytes, %v", spec, len(got), err)
		}
	}
}

func TestFileFaults(t *testing.T) {
	c := faulty(t, "tamper=EF.DG2:12345, truncate=dg1:40,tamper=EF.CardAccess:3")
	files := testFiles()
	s := open(t, c)
	got, err := read(t.Context(), s, 0x0102, 1800)
	want := bytes.Clone(files["EF.DG2"])
	want[12345] ^= 0xFF
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("DG2: %v", err)
	}
	if got, err := read(t.Context(), s, 0x0101, 256); err != nil || !bytes.Equal(got, files["EF.DG1"][:40]) {
		t.Errorf("DG1: %d bytes, %v", len(got), err)
	}
	if got, err := read(t.Context(), s, 0x011C, 256); err != nil || got[3] != 0x0D^0xFF {
		t.Errorf("EF.CardAccess: %X, %v", got, err)
	}
	if got, err := read(t.Context(), s, 0x010E, 256); err != nil || !bytes.Equal(got, files["EF.DG14"]) {
		t.Errorf("DG14: %v", err)
	}
}

// A pulled card stays away as long as it is told to.
func TestPulledForAWhile(t *testing.T) {
	c := faulty(t, "pull@1+60")
	if _, err := c.Transmit(t.Context(), unhex("00A4040C00")); !errors.Is(err, apdu.ErrCardGone) {
		t.Fatal(err)
	}
	if _, err := c.Reset(t.Context()); !errors.Is(err, apdu.ErrCardGone) {
		t.Errorf("Reset at once: %v", err)
	}
	left, returns := c.Away()
	if !returns || left <= 0 || left > 60*time.Millisecond {
		t.Errorf("away for %v, returns %v", left, returns)
	}
	time.Sleep(left)
	reset(t, c)
	if left, returns := c.Away(); left != 0 || !returns {
		t.Error("still away after a reset")
	}
	c = faulty(t, "cut@1")
	_, _ = c.Transmit(t.Context(), unhex("00A4040C00"))
	if _, returns := c.Away(); returns {
		t.Error("a card that is cut off comes back by itself")
	}
}

func TestParseFaults(t *testing.T) {
	for _, spec := range []string{
		"", "pull", "pull@", "pull@0", "pull@x", "pull@-1", "pull@1=2", "pull@1+x", "naked@1", "naked@1=12", "naked@1=69888", "naked@1=XYZW", "naked=6988",
		"mac@1+5", "mac=1", "delay", "delay=", "delay=0", "delay@0=5", "delay@5", "tamper=EF.DG2", "tamper=EF.DG17:1", "tamper=EF.DG2:-1", "tamper@1=EF.DG2:1",
		"truncate=EF.DG1", "explode@1", "pull@1,", ",", "bomb=EF.DG17", "loop", "loop@0", "map=round", "key",
	} {
		if f, err := chip.ParseFaults(spec); err == nil {
			t.Errorf("%q: %v", spec, f)
		}
	}
	if f, err := chip.ParseFaults("pull@1, cut@2+50,naked@3=6A88,mac@4,replay@5,delay=1,delay@6=2,tamper=EF.SOD:0,truncate=DG1:0,bomb=DG2,loop@9,nonce,map=off-curve,key=one"); err != nil || len(f) != 14 {
		t.Errorf("a good list: %d faults, %v", len(f), err)
	}
}

// Delays and the link make the chip slow, and a context that ends cuts them
// short.
func TestDelay(t *testing.T) {
	c := faulty(t, "delay=30, delay@2=30")
	begin := time.Now()
	sw(t, c, "00A4040C07A0000002471001", apdu.OK, 0)
	first := time.Since(begin)
	begin = time.Now()
	sw(t, c, "00B09C0000", apdu.OK, 54)
	second := time.Since(begin)
	if first < 30*time.Millisecond || second < 60*time.Millisecond {
		t.Errorf("%v and %v", first, second)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	if _, err := c.Transmit(ctx, unhex("00B09C0000")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a context that ends: %v", err)
	}
}

// ISO/IEC 14443-2: 106 kbit/s is one bit in 128 periods of 13.56 MHz, 9.44 µs.
// 16,610 bytes of a document are at least 1.41 s at nine bits a byte, an eighth
// of it at 848 kbit/s.
func TestLink(t *testing.T) {
	total := func(rate int) time.Duration {
		l := must(chip.ParseLink(rate))
		var d time.Duration
		for left := 16_610; left > 0; left -= 2000 {
			d += l.Duration(30, min(left, 2000)+40)
		}
		return d
	}
	slow, quick := total(106), total(848)
	if slow < 1410*time.Millisecond || slow > 1700*time.Millisecond {
		t.Errorf("at 106 kbit/s: %v", slow)
	}
	if quick < 176*time.Millisecond || quick > 250*time.Millisecond {
		t.Errorf("at 848 kbit/s: %v", quick)
	}
	if total(0) != 0 {
		t.Error("no link takes time")
	}
	if _, err := chip.ParseLink(300); err == nil {
		t.Error("300 kbit/s is a link")
	}
}

// Many chips at once, and one chip used by many: no command is lost or mixed
// with another.
func TestConcurrency(t *testing.T) {
	shared := issued(t, testDocument())
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			o := quick()
			c, err := chip.NewBlank(o)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := personalize(context.Background(), c); err != nil {
				t.Errorf("chip %d: %v", i, err)
			}
			for range 20 {
				r, err := shared.Transmit(context.Background(), unhex("00A4040C07A0000002471001"))
				if err != nil || !bytes.Equal(r, []byte{0x90, 0x00}) {
					t.Errorf("shared chip: %X, %v", r, err)
				}
			}
		})
	}
	wg.Wait()
	if shared.Exchanges() != 16*20 {
		t.Errorf("%d exchanges", shared.Exchanges())
	}
}

// A pool never hands out a key twice, and makes one when it has none.
func TestPool(t *testing.T) {
	p := chip.NewPool(1024, 2)
	seen := map[string]bool{}
	for range 4 {
		k := must(p.Take(1024))
		if seen[k.N.String()] {
			t.Error("a key twice")
		}
		seen[k.N.String()] = true
	}
	if k := must(p.Take(1280)); k.N.BitLen() != 1280 {
		t.Errorf("a key of %d bits", k.N.BitLen())
	}
	p.Close()
}

// Nothing of a chip is printed.
func TestFormat(t *testing.T) {
	c := issued(t, testDocument())
	for _, f := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if got := fmt.Sprintf(f, c); got != "[virtual chip]" {
			t.Errorf("%s prints %q", f, got)
		}
	}
}

// FuzzTransmit feeds a chip with any commands: it never panics and always
// answers with a status word. The input is a sequence of commands, each after
// its length; the first byte says which chip, and whether a session is open.
func FuzzTransmit(f *testing.F) {
	for _, seed := range []string{
		"00 0C 00A4040C07A0000002471001 05 00B0810000",
		"01 07 00A4020C02011C 05 00B0000000 08 00B1000003540100",
		"02 0F 00A4040C07A0000002471001 05 0084000008",
		"03 05 00B0810000 0D 00880000081122334455667788 07 002241A402840101",
		"04 0E 80500000080102030405060708 00 05 80CA00E000",
		"05 10 80E6200010000007A0000002471001000000",
		"06 17 0022C1A412800A04007F0007020204020283010284010D 08 10860000027C0000",
	} {
		f.Add(unhex(seed))
	}
	d := testDocument()
	f.Fuzz(func(t *testing.T, input []byte) {
		if len(input) == 0 || len(input) > 1<<12 {
			return
		}
		c, prefix := fuzzChip(t, input[0], d)
		for rest := input[1:]; len(rest) > 0; {
			n := min(int(rest[0]), len(rest)-1)
			command := rest[1 : 1+n]
			rest = rest[1+n:]
			var answer []byte
			var err error
			if prefix != nil && n >= 4 { // through the session
				if cmd, parseErr := apdu.ParseCommand(command); parseErr == nil {
					_, _ = prefix.Send(t.Context(), cmd)
					continue
				}
			}
			if answer, err = c.Transmit(t.Context(), command); err != nil || len(answer) < 2 {
				t.Fatalf("%X: %X, %v", command, answer, err)
			}
		}
	})
}

func fuzzChip(t *testing.T, selector byte, d chip.Document) (*chip.Chip, apdu.Sender) {
	o := quick()
	if selector&0x40 != 0 {
		o.Model = chip.ShortModel
	}
	switch selector % 7 {
	case 0, 1, 2:
		d.NoMF, d.Plain = selector%7 == 0, selector%7 == 1
		c := must(chip.NewIssued(o, d))
		return c, nil
	case 3:
		c := must(chip.NewIssued(o, d))
		return c, openBAC(t, c)
	case 4:
		return must(chip.NewBlank(o)), nil
	case 5:
		c := must(chip.NewBlank(o))
		s := secure(t, c, gp.DefaultTestKeys(), gp.LevelCMACCDec)
		if err := gp.InstallForPersonalization(t.Context(), s, emrtd); err != nil {
			t.Fatal(err)
		}
		return c, s
	default:
		d.NoMF = false
		return must(chip.NewIssued(o, d)), nil
	}
}

// The dispatcher meets every class, instruction and parameter byte that
// matters, in every state, in one deterministic walk.
func TestEveryInstruction(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for selector := range byte(7) {
		c, s := fuzzChip(t, selector, testDocument())
		for _, cla := range []byte{0x00, 0x0C, 0x10, 0x1C, 0x80, 0x84, 0x90} {
			for ins := range 0x100 {
				data := make([]byte, r.IntN(40))
				for i := range data {
					data[i] = byte(r.Uint32())
				}
				cmd := apdu.Command{CLA: cla, INS: byte(ins), P1: byte(r.Uint32()), P2: byte(r.Uint32()) & 0x0F, Data: data, Ne: r.IntN(3) * 128}
				if s != nil && cla&0x0C == 0 {
					_, _ = s.Send(t.Context(), cmd)
					continue
				}
				if answer, err := c.Transmit(t.Context(), must(cmd.Encode())); err != nil || len(answer) < 2 {
					t.Fatalf("%d: %02X %02X: %X, %v", selector, cla, ins, answer, err)
				}
			}
		}
	}
}
