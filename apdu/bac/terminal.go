package bac

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
)

// Result is what BAC leads to.
type Result struct {
	// Channel protects everything that follows.
	Channel *sm.Channel
}

// Run performs BAC on ch, a plain sender with the LDS application selected. A
// chip that refuses gives an error that matches ErrDenied and the chip's
// apdu.Status; a chip that cannot prove itself gives ErrChip.
func Run(ctx context.Context, ch apdu.Sender, pw Password) (*Result, error) {
	return run(ctx, ch, pw, rand.Reader)
}

func run(ctx context.Context, ch apdu.Sender, pw Password, random io.Reader) (*Result, error) {
	res, err := attempt(ctx, ch, pw, random, tokenLen)
	if !mayTryMaximum(err) {
		return res, err
	}
	// Chips of one issuer refuse the exact Le with 6A88 or 6700 and accept the
	// maximum. The second try has a new challenge and new keys.
	return attempt(ctx, ch, pw, random, apdu.MaxShortNe)
}

// mayTryMaximum says whether the answer complains about the length, and not
// about the keys.
func mayTryMaximum(err error) bool {
	return errors.Is(err, ErrDenied) && (errors.Is(err, apdu.ErrNotFound) || errors.Is(err, apdu.ErrWrongLength))
}

// attempt is one run of Doc 9303-11 (8th ed.), 4.3.1, with Le as given.
func attempt(ctx context.Context, ch apdu.Sender, pw Password, random io.Reader, ne int) (*Result, error) {
	rndIC, err := apdu.Do(ctx, ch, apdu.Command{INS: 0x84, Ne: nonceLen})
	if err != nil {
		return nil, fmt.Errorf("bac: %w", err)
	}
	if len(rndIC) != nonceLen {
		return nil, fmt.Errorf("%w: challenge of %d bytes", ErrFormat, len(rndIC))
	}
	fresh := make([]byte, nonceLen+materialLen)
	defer clear(fresh)
	if _, err := io.ReadFull(random, fresh); err != nil {
		return nil, fmt.Errorf("bac: random numbers: %w", err)
	}
	rndIFD, kIFD := fresh[:nonceLen], fresh[nonceLen:]

	plain := bytes.Join([][]byte{rndIFD, rndIC, kIFD}, nil)
	defer clear(plain)
	token, err := pw.seal(plain)
	if err != nil {
		return nil, fmt.Errorf("bac: %w", err)
	}
	r, err := ch.Send(ctx, apdu.Command{INS: 0x82, Data: token, Ne: ne})
	if err != nil {
		return nil, fmt.Errorf("bac: %s: %w", apdu.InstructionName(0x82), err)
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDenied, err)
	}
	answer, err := pw.open(r.Data)
	switch {
	case errors.Is(err, errChecksum):
		return nil, fmt.Errorf("%w: wrong checksum", ErrChip)
	case err != nil:
		return nil, err
	}
	defer clear(answer)
	// Both nonces must come back. The standard asks for RND.IFD; the other
	// costs nothing and a chip that mixes sessions up is caught.
	if subtle.ConstantTimeCompare(answer[nonceLen:2*nonceLen], rndIFD) != 1 {
		return nil, fmt.Errorf("%w: it answers another challenge", ErrChip)
	}
	if subtle.ConstantTimeCompare(answer[:nonceLen], rndIC) != 1 {
		return nil, fmt.Errorf("%w: it forgot its own challenge", ErrChip)
	}
	enc, macKey, ssc := session(rndIC, rndIFD, answer[2*nonceLen:], kIFD)
	defer enc.Wipe()
	defer macKey.Wipe()
	c, err := sm.New(ch, mac.TDES, enc, macKey, ssc)
	if err != nil {
		return nil, fmt.Errorf("bac: %w", err)
	}
	return &Result{Channel: c}, nil
}
