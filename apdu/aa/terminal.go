package aa

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/sm"
)

// Params are the parameters of one run.
type Params struct {
	// Public is the key of DG15: an *rsa.PublicKey, *ecdsa.PublicKey or
	// *ecc.PublicKey.
	Public crypto.PublicKey
	// Hash is the hash of an ECDSA signature, from ActiveAuthenticationInfo in
	// DG14 (see HashOf). Nothing is guessed: zero is ErrHash. An RSA signature
	// names its hash itself, and Hash is not looked at.
	Hash crypto.Hash
}

// Result is a verified signature. Only a check makes one.
type Result struct {
	// Challenge and Signature are what was exchanged.
	Challenge, Signature []byte
	// Hash is the hash that was used.
	Hash crypto.Hash
	// Notes say where the chip left the standard.
	Notes []string
}

// Run performs Active Authentication on ch with a fresh challenge. A status
// other than 9000 is ErrRefused together with the apdu.Status; a signature that
// is cut short ErrLength; a wrong one ErrSignature.
func Run(ctx context.Context, ch apdu.Sender, p Params) (*Result, error) {
	return run(ctx, ch, p, rand.Reader)
}

func run(ctx context.Context, ch apdu.Sender, p Params, random io.Reader) (*Result, error) {
	n, err := p.signatureLen()
	if err != nil {
		return nil, err
	}
	var res *Result
	for _, ne := range expectedLengths(ch, n) {
		// Each try has its own challenge: none is ever reused (6.1.2.1).
		challenge := make([]byte, challengeLen)
		if _, err := io.ReadFull(random, challenge); err != nil {
			return nil, fmt.Errorf("aa: random numbers: %w", err)
		}
		res, err = attempt(ctx, ch, p, challenge, ne)
		if !errors.Is(err, errLe) {
			break
		}
	}
	return res, err
}

// errLe marks answers that another Le may cure.
var errLe = errors.New("another length may help")

// attempt is one INTERNAL AUTHENTICATE.
func attempt(ctx context.Context, ch apdu.Sender, p Params, challenge []byte, ne int) (*Result, error) {
	r, err := ch.Send(ctx, apdu.Command{INS: insInternalAuthenticate, Data: challenge, Ne: ne})
	if err != nil {
		return nil, fmt.Errorf("aa: %s: %w", apdu.InstructionName(insInternalAuthenticate), err)
	}
	if err := r.Err(); err != nil {
		if errors.Is(err, apdu.ErrWrongLength) {
			return nil, fmt.Errorf("%w (%w): %w", ErrRefused, errLe, err)
		}
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if n, _ := p.signatureLen(); len(r.Data) < n {
		// Not given, or cut to what the command could carry.
		return nil, fmt.Errorf("%w (%w): %d bytes of %d", ErrLength, errLe, len(r.Data), n)
	}
	return Verify(p, challenge, r.Data)
}

// expectedLengths are the Le values to try. A signature that does not fit a
// short protected answer needs extended length (6.1.4, note), and a chip that has
// such a key has extended length (9.3.1.1); one that says it has not, or gives
// nothing then, may still give the signature to a short command, by GET RESPONSE.
// What reader or chip are known not to carry is not tried.
func expectedLengths(ch apdu.Sender, n int) []int {
	room := apdu.MaxShortNe
	if c, ok := ch.(*sm.Channel); ok {
		room = sm.MaxResponseData(c.Cipher(), apdu.MaxShortNe+2)
	}
	c, known := apdu.CarrierOf(ch)
	switch {
	case n <= room, known && c.MaxNe() <= apdu.MaxShortNe:
		return []int{apdu.MaxShortNe}
	case known && c.Lengths() == apdu.LengthsShort:
		return []int{apdu.MaxShortNe, apdu.MaxExtendedNe}
	}
	return []int{apdu.MaxExtendedNe, apdu.MaxShortNe}
}

// signatureLen is the length that a signature must have, in bytes.
func (p Params) signatureLen() (int, error) {
	if pub, ok := p.Public.(*rsa.PublicKey); ok {
		if err := checkRSA(pub); err != nil {
			return 0, err
		}
		return modulusLen(pub), nil
	}
	pub, err := ecc.FromPublic(p.Public)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrKey, err)
	}
	if _, err := checkECDSA(pub.Curve, p.Hash); err != nil {
		return 0, err
	}
	return 2 * pub.Curve.ScalarLen(), nil
}

// Verify checks the signature of a challenge of 8 bytes, as Run does with the
// chip's answer.
func Verify(p Params, challenge, signature []byte) (*Result, error) {
	if len(challenge) != challengeLen {
		return nil, fmt.Errorf("%w: challenge of %d bytes", ErrLength, len(challenge))
	}
	res := &Result{Challenge: challenge, Signature: signature, Hash: p.Hash}
	var note string
	var err error
	if pub, ok := p.Public.(*rsa.PublicKey); ok {
		res.Hash, note, err = verifyRSA(pub, challenge, signature)
	} else {
		var pub *ecc.PublicKey
		if pub, err = ecc.FromPublic(p.Public); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrKey, err)
		}
		note, err = verifyECDSA(pub, p.Hash, challenge, signature)
	}
	if err != nil {
		return nil, err
	}
	if note != "" {
		res.Notes = append(res.Notes, note)
	}
	return res, nil
}
