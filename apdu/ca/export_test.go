package ca

import (
	"context"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
)

// RunWith is Run with given random numbers.
func RunWith(ctx context.Context, ch apdu.Sender, p Params, random io.Reader) (*Result, error) {
	return run(ctx, ch, p, random)
}
