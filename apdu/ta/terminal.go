package ta

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// SignFunc signs c.Data() as c.Algorithm says, ECDSA plain (r || s), with the
// key of c.Holder. It may take its time; ctx ends it.
type SignFunc func(ctx context.Context, c Challenge) ([]byte, error)

// SignWith signs with a key that is at hand: any crypto.Signer.
func SignWith(key crypto.Signer) SignFunc {
	return func(_ context.Context, c Challenge) ([]byte, error) {
		return c.Algorithm.Sign(key, c.Data())
	}
}

// Params are the parameters of one run.
type Params struct {
	// References are what the chip can verify with, the most recent first: from
	// PACE, or from EF.CVCA.
	References []cvc.Reference
	// Certificates are those at hand, in any order: link, DV, terminal. Root
	// certificates are not sent, but give a curve its name.
	Certificates []*cvc.Certificate
	// Holder names the terminal, empty for any that a chain leads to.
	Holder cvc.Reference
	// ChipID is the chip's identifier: after PACE its compressed ephemeral key
	// (CompressPoint, CompressNumber), after BAC the document number with check
	// digit (ChipIDOfMRZ).
	ChipID []byte
	// StaticID is tried when the chip denies a signature over ChipID, nil for
	// never: after PACE some states' chips take the document number with check
	// digit, or the CAN if that was the password (TR-03110-1 v2.20, 3.5).
	StaticID []byte
	// Ephemeral is the terminal's compressed ephemeral public key of Chip
	// Authentication, or of PACE where that had chip authentication mapping and
	// nothing came after it.
	Ephemeral []byte
	// Sign signs.
	Sign SignFunc
	// MaxCommand is the largest C-APDU that the chip takes, in bytes, 0 where
	// it does not say. What the reader carries is asked of the channel.
	MaxCommand int
}

// Result is an authenticated terminal.
type Result struct {
	// Chain is what was sent, the terminal's certificate last.
	Chain []*cvc.Certificate
	// CHAT is the effective authorization as far as the chain tells; the chip
	// also counts its trust point's own.
	CHAT cvc.CHAT
	// StaticBinding says that the chip took StaticID after it had denied
	// ChipID.
	StaticBinding bool
}

// Run performs Terminal Authentication on ch, the secure messaging of Chip
// Authentication. Refusals are ErrCertificate, ErrKeyRefused, ErrChallenge and
// ErrDenied, each with the apdu.Status; ch goes on after them.
func Run(ctx context.Context, ch apdu.Sender, p Params) (*Result, error) {
	if len(p.ChipID) == 0 || len(p.Ephemeral) == 0 {
		return nil, ErrBinding
	}
	if p.Sign == nil {
		return nil, fmt.Errorf("%w: nobody signs", ErrSigner)
	}
	chain, err := cvc.FindChain(p.Certificates, p.References, p.Holder)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChain, err)
	}
	t := &terminal{ctx: ctx, ch: ch, p: p, holder: chain[len(chain)-1]}
	t.public = publicKey(chain, p.Certificates)
	res := &Result{Chain: chain}
	if res.CHAT, err = cvc.Rights(chain); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChain, err)
	}
	if err := t.sendChain(chain); err != nil {
		return nil, err
	}
	err = t.authenticate(p.ChipID)
	if errors.Is(err, ErrDenied) && p.StaticID != nil {
		res.StaticBinding = true
		err = t.authenticate(p.StaticID)
	}
	if err != nil {
		return nil, err
	}
	return res, nil
}

// UpdateChip sends the chain alone, without a signature: the chip learns new
// trust points and a later date (TR-03110-3 v2.21, 2.5). Of the parameters only
// References, Certificates and Holder count.
func UpdateChip(ctx context.Context, ch apdu.Sender, p Params) ([]*cvc.Certificate, error) {
	chain, err := cvc.FindChain(p.Certificates, p.References, p.Holder)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChain, err)
	}
	t := &terminal{ctx: ctx, ch: ch, p: p}
	return chain, t.sendChain(chain)
}

// terminal is one run.
type terminal struct {
	ctx    context.Context
	ch     apdu.Sender
	p      Params
	holder *cvc.Certificate
	public crypto.PublicKey // nil where the curve is not known
}

// publicKey is the terminal's, if the certificates at hand name the curve that
// it inherits: domain parameters come from the last CVCA certificate that has
// them (TR-03110-3 v2.21, D.3.3).
func publicKey(chain, all []*cvc.Certificate) crypto.PublicKey {
	for i := len(chain) - 1; i >= 0; i-- {
		if chain[i].CHAT.Role() == cvc.RoleCVCA && chain[i].PublicKey.HasDomain() {
			return keyOn(chain, chain[i])
		}
	}
	root := slices.IndexFunc(all, func(c *cvc.Certificate) bool {
		return c.SelfSigned() && c.CHR == chain[0].CAR && c.PublicKey.HasDomain()
	})
	if root < 0 {
		return keyOn(chain, chain[len(chain)-1])
	}
	return keyOn(chain, all[root])
}

func keyOn(chain []*cvc.Certificate, domain *cvc.Certificate) crypto.PublicKey {
	pub, err := chain[len(chain)-1].PublicKey.Key(domain.PublicKey.Curve())
	if err != nil {
		return nil
	}
	return pub
}

// sendChain has the chip verify one certificate after another (TR-03110-3
// v2.21, B.3, steps 1 and 2).
func (t *terminal) sendChain(chain []*cvc.Certificate) error {
	for i, c := range chain {
		for _, cmd := range []apdu.Command{
			{INS: insMSE, P1: mseSet, P2: mseDST, Data: tlv.Encode(tagReference, []byte(c.CAR))},
			{INS: insPSO, P2: psoVerify, Data: c.Parts()},
		} {
			r, err := t.send(cmd)
			if err != nil {
				return err
			}
			if r.SW != apdu.OK {
				return &CertificateError{Holder: c.CHR, Index: i, Selection: cmd.INS == insMSE, SW: r.SW}
			}
		}
	}
	return nil
}

// authenticate is MSE: Set AT, GET CHALLENGE, EXTERNAL AUTHENTICATE (B.3, steps
// 3 to 5).
func (t *terminal) authenticate(chipID []byte) error {
	r, err := t.send(apdu.Command{INS: insMSE, P1: mseSet, P2: mseAT, Data: tlv.Encode(tagReference, []byte(t.holder.CHR))})
	if err != nil {
		return err
	}
	if r.SW != apdu.OK {
		return fmt.Errorf("%w: %w", ErrKeyRefused, r.SW)
	}
	if r, err = t.send(apdu.Command{INS: insGetChallenge, Ne: challengeLen}); err != nil {
		return err
	}
	if r.SW != apdu.OK {
		return fmt.Errorf("%w: %w", ErrChallenge, r.SW)
	}
	if len(r.Data) != challengeLen {
		return fmt.Errorf("%w: %d bytes", ErrChallenge, len(r.Data))
	}
	sig, err := t.sign(Challenge{
		Holder: t.holder.CHR, Algorithm: t.holder.PublicKey.Algorithm,
		ChipID: slices.Clone(chipID), Nonce: slices.Clone(r.Data), Ephemeral: slices.Clone(t.p.Ephemeral),
	})
	if err != nil {
		return err
	}
	if r, err = t.send(apdu.Command{INS: insExternal, Data: sig}); err != nil {
		return err
	}
	if r.SW != apdu.OK {
		return fmt.Errorf("%w: %w", ErrDenied, r.SW)
	}
	return nil
}

// sign asks for the signature and looks at it before the chip does: a wrong one
// is the signer's fault then and not the chip's.
func (t *terminal) sign(c Challenge) ([]byte, error) {
	data := c.Data()
	sig, err := t.p.Sign(t.ctx, c)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSigner, err)
	}
	if len(sig) == 0 {
		return nil, fmt.Errorf("%w: empty", ErrSigner)
	}
	if t.public != nil {
		if err := c.Algorithm.Verify(t.public, data, sig); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSigner, err)
		}
	}
	return sig, nil
}
