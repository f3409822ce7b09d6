package bac

import (
	"context"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
)

// RunWith is Run with given random numbers, to replay published examples.
func RunWith(ctx context.Context, ch apdu.Sender, pw Password, random io.Reader) (*Result, error) {
	return run(ctx, ch, pw, random)
}

// SetRandom gives a chip its random numbers.
func (c *Chip) SetRandom(r io.Reader) { c.random = r }

// Keys gives the derived keys to compare with published ones.
func (p Password) Keys() (enc, mac []byte) { return p.enc.Bytes(), p.mac.Bytes() }
