package inspect

import (
	"crypto"
	"errors"
	"fmt"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/ta"
)

// Terminal is what a terminal shows a chip to read DG3 and DG4: terminal
// authentication, version 1 (Doc 9303-11 (8th ed.), 7.1).
type Terminal struct {
	// Certificates are those at hand, in any order: terminal, document
	// verifier, links of the chip's country. The chain is chosen by what the
	// chip trusts.
	Certificates []*cvc.Certificate
	// Holder names the terminal where several are at hand, empty for any.
	Holder cvc.Reference
	// Sign signs the chip's challenge: here, or far away with a custodian of
	// many terminals' keys. What it is given may hold the document number.
	Sign ta.SignFunc
}

// ErrTerminal: the terminal's certificates and its key do not belong together.
var ErrTerminal = errors.New("inspect: terminal certificates")

// NewTerminal makes a terminal with a key at hand, in memory or in a token, and
// picks its own certificates from those given. ErrTerminal if there is none for
// this key.
func NewTerminal(key crypto.Signer, certificates ...*cvc.Certificate) (*Terminal, error) {
	t := &Terminal{Sign: ta.SignWith(key)}
	own := 0
	for _, c := range certificates {
		if c.CHAT.Role() == cvc.RoleTerminal {
			if !certifies(c, key.Public()) {
				continue
			}
			own++
		}
		t.Certificates = append(t.Certificates, c)
	}
	if own == 0 {
		return nil, fmt.Errorf("%w: no terminal certificate for this key among %d certificates", ErrTerminal, len(certificates))
	}
	return t, nil
}

// certifies reports whether a certificate is about this key.
func certifies(c *cvc.Certificate, public crypto.PublicKey) bool {
	// The curve of a terminal's key stands in its CVCA's certificate alone.
	var curve *ecc.Curve
	if p, err := ecc.FromPublic(public); err == nil {
		curve, public = p.Curve, p
	}
	pub, err := c.PublicKey.Key(curve)
	if err != nil {
		return false
	}
	if p, err := ecc.FromPublic(pub); err == nil {
		pub = p
	}
	k, ok := pub.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(public)
}

// binding is what terminal authentication is bound to in the session that
// stands.
type binding struct {
	chipID     []byte // how the chip is called
	staticID   []byte // how some states' chips are called after PACE
	ephemeral  []byte // our compressed key, nil before the chip is authenticated
	references []cvc.Reference
}

// terminalProof is what became of terminal authentication.
type terminalProof struct {
	done    bool // the chip has accepted the terminal in the session that stands
	outcome Outcome
	why     reason
	holder  cvc.Reference
	rights  cvc.CHAT
}

func (t *terminalProof) set(o Outcome, en, vi string) {
	t.done = o == Passed
	t.outcome, t.why = o, because(en, vi)
}

// rightOf is the right to read a data group that terminal authentication guards.
func rightOf(n int) cvc.Right {
	if n == 3 {
		return cvc.ReadDG3
	}
	return cvc.ReadDG4
}

// guarded are the data groups that open after terminal authentication only (Doc
// 9303-11 (8th ed.), 7.1).
func guarded(n int) bool { return n == 3 || n == 4 }

// errNoRight: the terminal's certificates do not let it read a data group.
var errNoRight = errors.New("the terminal has no right to it")

// unreadGuarded says why DG3 or DG4 was not read.
func unreadGuarded(n int, refused error) reason {
	switch {
	case errors.Is(refused, errNoRight):
		return because(fmt.Sprintf("DG%d was not read: the certificates of the terminal give no right to it", n),
			fmt.Sprintf("không đọc DG%d: chứng thư của thiết bị đọc không có quyền này", n))
	case errors.Is(refused, errNoTerminal):
		return because(fmt.Sprintf("DG%d needs terminal authentication", n), fmt.Sprintf("DG%d cần xác thực thiết bị đọc", n))
	}
	return because(fmt.Sprintf("DG%d was not given to the terminal: %v", n, refused), fmt.Sprintf("chip không cho thiết bị đọc này đọc DG%d", n))
}

// errNoTerminal: terminal authentication has not taken place.
var errNoTerminal = errors.New("needs terminal authentication")

// rightNames lists the data groups that an authorization opens.
func rightNames(c cvc.CHAT) []string {
	var list []string
	for _, n := range []int{3, 4} {
		if c.Has(rightOf(n)) {
			list = append(list, fmt.Sprintf("DG%d", n))
		}
	}
	return list
}

// validity words the days of a refused certificate; empty if it is not at hand.
func validity(certificates []*cvc.Certificate, holder cvc.Reference) string {
	i := slices.IndexFunc(certificates, func(c *cvc.Certificate) bool { return c.CHR == holder })
	if i < 0 {
		return ""
	}
	return fmt.Sprintf(" (valid %v to %v)", certificates[i].Effective, certificates[i].Expiration)
}
