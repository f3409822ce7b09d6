package cert

import (
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
)

// period is privateKeyUsagePeriod as it is written.
type period struct {
	parts          []tlv.Node
	present, valid bool
}

func (c *Certificate) period() (p period) {
	p.parts, p.present, p.valid = c.sequence(oidPrivateKeyUsage)
	return p
}

// bound is one end of the period, zero when it is absent or unreadable.
func (p period) bound(tag tlv.Tag) time.Time {
	for _, e := range p.parts {
		if e.Tag == tag {
			t, _ := der.Time{Tag: der.GeneralizedTime, Text: e.Value}.When()
			return t
		}
	}
	return time.Time{}
}

// PrivateKeyUsage is the period in which the private key signs; a bound that is
// absent or cannot be read is zero.
func (c *Certificate) PrivateKeyUsage() (from, to time.Time) {
	p := c.period()
	return p.bound(0x80), p.bound(0x81)
}

// usedFor is how long the private key is used.
func (c *Certificate) usedFor() (time.Duration, bool) {
	from, to := c.PrivateKeyUsage()
	if from.IsZero() {
		from = c.issuedAt
	}
	if from.IsZero() || to.IsZero() {
		return 0, false
	}
	return to.Sub(from), true
}

const day = 24 * time.Hour
