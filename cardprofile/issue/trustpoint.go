package issue

import (
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// trustPoint reports whether cards of a profile get the issuer's CVCA.
func trustPoint(p *cardprofile.Profile) bool {
	return p.TerminalAuth != nil && p.TerminalAuth.TrustPoint
}

// checkTrustPoints finds out before a chip is touched whether its trust points
// are any: self-signed, as many as a chip takes, and not expired.
func (a *Authority) checkTrustPoints(p *cardprofile.Profile, now time.Time) error {
	if !trustPoint(p) {
		return nil
	}
	if len(a.CVCA) == 0 || len(a.CVCA) > applet.MaxTrustPoints {
		return fmt.Errorf("%w: the profile wants a trust point, and %d CVCA certificates are given", ErrAuthority, len(a.CVCA))
	}
	today, err := cvc.DateOf(now)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAuthority, err)
	}
	for _, c := range a.CVCA {
		if _, err := cvc.Root(c); err != nil {
			return fmt.Errorf("%w: trust point: %w", ErrAuthority, err)
		}
		if c.Expiration.Before(today) {
			return fmt.Errorf("%w: trust point %v expired on %v", ErrAuthority, c.CHR, c.Expiration)
		}
	}
	return nil
}

// addTerminalAuth adds the TerminalAuthenticationInfo, and where EF.CVCA is if
// not at its own place.
func addTerminalAuth(b *lds.Builder, p *cardprofile.Profile) {
	standard, _ := lds.FileByName(lds.NameCVCA)
	if f, ok := fileSpec(p, lds.NameCVCA); ok && p.TerminalAuth.Version == 1 && (f.FID != standard.FID || f.SFI != standard.SFI) {
		b.TerminalAuthWithFile(f.FID, f.SFI)
		return
	}
	b.TerminalAuth(p.TerminalAuth.Version)
}
