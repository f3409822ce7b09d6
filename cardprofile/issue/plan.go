package issue

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
)

// ErrPlan says that profile and record do not make a card.
var ErrPlan = errors.New("issue: no card can be made of this")

// Plan is a card as far as it is known before a chip is there. It holds
// personal data, and no verb of fmt prints it.
type Plan struct {
	Profile  *cardprofile.Profile
	Record   citizen.Record // complete: the date of expiry is worked out
	Portrait []byte         // JPEG or JPEG 2000, as in DG2
	MRZ      *mrz.MRZ
	CAN      mac.Key // empty if the profile has none
	QR       string  // payload of the printed code; empty if the profile has none

	groups map[int][]byte // the data groups that need no chip
}

// String prints no personal data.
func (Plan) String() string { return "[card plan]" }

// GoString prints no personal data.
func (Plan) GoString() string { return "[card plan]" }

// NewPlan makes the plan of one card from an accepted record and its portrait.
func NewPlan(p *cardprofile.Profile, record citizen.Record, portrait []byte) (*Plan, error) {
	r, err := citizen.Complete(p, record)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	plan := &Plan{Profile: p, Record: r, Portrait: portrait, QR: citizen.QRText(p, r), groups: map[int][]byte{}}
	if plan.MRZ, err = citizen.Zone(p, r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	if plan.CAN, err = accessNumber(p, r); err != nil {
		return nil, err
	}
	for _, dg := range p.DataGroups {
		var b []byte
		switch dg.Source {
		case "mrz":
			b, err = lds.EncodeDG1(plan.MRZ)
		case "face":
			var encoding biometric.Encoding
			if encoding, err = biometric.ParseEncoding(dg.Encoding); err == nil {
				b, err = lds.EncodeDG2As(encoding, portrait)
			}
		case "vn-dg13", "security-infos", "aa-key":
			// They hold the chip's serial and keys.
			continue
		default:
			if dg.Optional {
				continue
			}
			if empty := emptyGroups[dg.Source]; empty != nil {
				// Doc 9303-10 (8th ed.), 4.7.3.2.2: an issuer that stores them
				// writes a group that holds none, no two of them alike.
				random := make([]byte, 16)
				if _, err = rand.Read(random); err == nil {
					b, err = empty(random)
				}
				break
			}
			err = fmt.Errorf("there is nothing to make it from: source %q", dg.Source)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: DG%d: %w", ErrPlan, dg.Number, err)
		}
		plan.groups[dg.Number] = b
	}
	return plan, nil
}

// emptyGroups make the group of a holder of whom there is nothing.
var emptyGroups = map[string]func(random []byte) ([]byte, error){"fingers": lds.EncodeEmptyDG3, "irises": lds.EncodeEmptyDG4}

// accessNumber finds the CAN as the profile says: part of the number, or drawn.
func accessNumber(p *cardprofile.Profile, r citizen.Record) (mac.Key, error) {
	if !p.Allows("can") {
		return mac.Key{}, nil
	}
	if can := citizen.CAN(p, r); can != "" {
		return mac.NewKey([]byte(can)), nil
	}
	rule := p.Access.CAN
	if rule.From != "random" || rule.Digits < 4 || rule.Digits > 16 {
		return mac.Key{}, fmt.Errorf("%w: no card access number comes of rule %q with %d digits", ErrPlan, rule.From, rule.Digits)
	}
	b := make([]byte, rule.Digits)
	for i := range b {
		d, err := rand.Int(rand.Reader, big.NewInt(10))
		if err != nil {
			return mac.Key{}, fmt.Errorf("issue: random numbers: %w", err)
		}
		b[i] = '0' + byte(d.Int64())
	}
	return mac.NewKey(b), nil
}

// Group gives a data group as the card will hold it. ok is false for groups that
// need the chip's serial or keys, and for those that hold nobody's data and are
// drawn at random.
func (p *Plan) Group(n int) (b []byte, ok bool) {
	dg, ok := p.Profile.DG(n)
	if !ok || emptyGroups[dg.Source] != nil {
		return nil, false
	}
	b, ok = p.groups[n]
	return b, ok
}
