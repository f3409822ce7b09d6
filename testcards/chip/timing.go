package chip

import (
	"math"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
)

// Timing models how long the chip itself works: its processor, its cryptographic
// coprocessor, its memory. docs/model.md says where the numbers come from. The zero
// value takes no time.
type Timing struct {
	// Command is what every command takes before anything else is done for it.
	Command time.Duration
	// Byte is what each byte of a protected command and answer takes to be
	// decrypted, encrypted and authenticated.
	Byte time.Duration
	// Page is how long the memory takes to write PageBytes.
	Page      time.Duration
	PageBytes int
	// Point is one multiplication of a point on a curve of 256 bits; it grows with
	// the cube of the length.
	Point time.Duration
	// RSA is one private operation with a key of 2,048 bits and the Chinese
	// remainder theorem; it grows with the cube of the length.
	RSA time.Duration
	// Candidate is one trial for a prime of 1,024 bits, Trials how many of them a
	// prime takes on average. Both grow with the length.
	Candidate time.Duration
	Trials    float64
	// Draw gives numbers from 0 to 1 that decide how lucky a chip is with its
	// primes; nil is always average luck.
	Draw func() float64
}

// CardTiming is the model of a contactless identity chip.
var CardTiming = Timing{
	Command: 500 * time.Microsecond, Byte: 500 * time.Nanosecond,
	Page: 2 * time.Millisecond, PageBytes: 128,
	Point: 30 * time.Millisecond, RSA: 80 * time.Millisecond,
	Candidate: 40 * time.Millisecond, Trials: 72,
}

// cube is how much longer arithmetic with so many bits takes than with the bits
// that a duration is stated for.
func cube(d time.Duration, bits, stated int) time.Duration {
	r := float64(bits) / float64(stated)
	return time.Duration(float64(d) * r * r * r)
}

// points is n multiplications on a curve of so many bits.
func (t *Timing) points(n, bits int) time.Duration {
	return time.Duration(n) * cube(t.Point, bits, 256)
}

// keyRSA is how long the making of an RSA key takes: two primes, each found after a
// number of trials that is distributed geometrically.
func (t *Timing) keyRSA(bits int) time.Duration {
	if t.Candidate == 0 || t.Trials < 1 {
		return 0
	}
	mean := t.Trials * float64(bits/2) / 1024
	trials := t.trials(mean) + t.trials(mean)
	return time.Duration(trials * float64(cube(t.Candidate, bits/2, 1024)))
}

// trials draws how many trials it takes when it takes mean on average.
func (t *Timing) trials(mean float64) float64 {
	if t.Draw == nil || mean <= 1 {
		return mean
	}
	// Inversion: the first n at which a geometric distribution passes the draw.
	u := min(max(t.Draw(), 0), 1-1e-9)
	return math.Ceil(math.Log1p(-u) / math.Log1p(-1/mean))
}

// write is how long the memory takes for so many bytes.
func (t *Timing) write(n int) time.Duration {
	if n == 0 || t.PageBytes == 0 {
		return 0
	}
	return time.Duration((n+t.PageBytes-1)/t.PageBytes) * t.Page
}

// work adds to what the command under way takes.
func (c *Chip) work(d time.Duration) { c.busy += d }

// commandWork is what every command takes; the rest is added where it is done.
func (c *Chip) commandWork(command, answer int, protected bool) {
	t := &c.timing
	c.work(t.Command)
	if protected {
		c.work(time.Duration(command+answer) * t.Byte)
	}
}

// paceWork is a step of PACE with generic mapping over a curve (Doc 9303-11 (8th
// ed.), 4.4.1): the key pair of the mapping, its agreement and the new base point,
// then the ephemeral key pair and its agreement.
func (c *Chip) paceWork(cmd apdu.Command) {
	if cmd.INS != 0x86 || c.timing.Point == 0 {
		return
	}
	template, _, err := tlv.Parse(cmd.Data)
	if err != nil || template.Tag != 0x7C {
		return
	}
	bits := 256
	for _, step := range []struct {
		tag tlv.Tag
		n   int
	}{{0x81, 3}, {0x83, 2}} {
		if point, ok := template.First(step.tag); ok && len(point.Value) > 0 {
			if point.Value[0] == 0x04 { // an uncompressed point
				bits = 8 * (len(point.Value) - 1) / 2
			}
			c.work(c.timing.points(step.n, bits))
		}
	}
}

// staticWork is what chip and active authentication take.
func (c *Chip) staticWork(cmd apdu.Command) {
	switch cmd.INS {
	case 0x88:
		switch k := c.keys.aa; {
		case k.rsa != nil:
			c.work(cube(c.timing.RSA, k.rsa.N.BitLen(), 2048))
		case k.ec != nil:
			c.work(c.timing.points(1, k.ec.Curve().BitSize()))
		}
	case 0x22:
		if cmd.P1 != 0x41 || cmd.P2 != 0xA6 { // MSE:Set KAT brings the terminal's key
			return
		}
		fallthrough
	case 0x86:
		for _, k := range c.keys.ca {
			if k.ec != nil {
				c.work(c.timing.points(1, k.ec.Curve().BitSize()))
				return
			}
		}
	}
}

// stored is what a change of the state takes: what was added to the files, and a
// page for everything else that is not memory of its own.
func (c *Chip) stored(before, after *state) {
	if c.timing.Page == 0 {
		return
	}
	for i := range after.Applet.Files {
		added := len(after.Applet.Files[i].Content)
		if i < len(before.Applet.Files) {
			added -= len(before.Applet.Files[i].Content)
		}
		c.work(c.timing.write(added))
	}
	c.work(c.timing.Page)
	if len(after.Applet.CA) > len(before.Applet.CA) {
		k := after.Applet.CA[len(after.Applet.CA)-1]
		c.work(c.timing.points(1, 8*len(k.Scalar)) + c.timing.write(len(k.Scalar)))
	}
	if k := after.Applet.AA; k != nil && before.Applet.AA == nil {
		c.work(c.timing.write(max(len(k.RSA), len(k.Scalar))))
		if k.RSA == nil {
			c.work(c.timing.points(1, 8*len(k.Scalar)))
		}
	}
	if after.Applet.Progress == applet.ProgressFinalized && before.Applet.Progress != applet.ProgressFinalized {
		n := 0
		for _, f := range after.Applet.Files {
			n += len(f.Content)
		}
		c.work(time.Duration(n) * c.timing.Byte) // the digest over all files
	}
}
