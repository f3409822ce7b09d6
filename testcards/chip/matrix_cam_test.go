package chip_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	reading "github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// provesCAM opens the chip with its strongest offer, which is one of chip
// authentication mapping, and judges the claim.
func (m matrixCase) provesCAM(t *testing.T) {
	t.Helper()
	d := document.New(t, m.options)
	if c := judgeCAM(t, d, d.Trust); c.Outcome != pki.Passed {
		t.Errorf("%v: %s", c.Outcome, c.Reason)
	}
}

func judgeCAM(t *testing.T, d *document.Document, trust *pki.Store) pki.Check {
	t.Helper()
	ctx, plain := t.Context(), apdu.NewChannel(d.Chip)
	access := must(reading.NewReader(plain, reading.Options{}).Read(ctx, reading.CardAccess))
	infos, _, err := lds.ParseSecurityInfos(access)
	if err != nil {
		t.Fatal(err)
	}
	offer := infos.PACE()[0]
	res, err := pace.Run(ctx, plain, offer, pace.MRZ(d.MRZInfo))
	if err != nil {
		t.Fatal(err)
	}
	security, err := sod.ParseCardSecurity(must(reading.NewReader(res.Channel, reading.Options{}).Read(ctx, reading.CardSecurity)))
	if err != nil {
		t.Fatal(err)
	}
	r := sod.VerifyCardSecurity(security, trust, pki.VerifyOptions{Now: pkitest.Epoch.AddDate(0, 0, 20), IssuingState: "UTO"})
	if signed, ok := r.Infos(); ok && len(signed.PACEInfos) == len(infos.PACEInfos) && signed.PACEInfos[0].ParameterID == offer.ParameterID {
		if differences, _ := lds.MatchCardAccess(infos, signed); len(differences) != 0 {
			t.Errorf("EF.CardAccess: %v", differences)
		}
	}
	return r.CheckCAM(security, res.CAM, offer.ParameterID)
}

// What is wrong with a chip of chip authentication mapping, and what becomes of
// its claim.
func TestCAMJudged(t *testing.T) {
	offer, _ := paceRow{pace.ChipAuthentication, true}.pace(mac.AES128, 13)
	base := document.Options{PACE: []pace.Params{offer}}
	for _, x := range []struct {
		name   string
		change func(*document.Options)
		trust  func(*document.Document) *pki.Store
		want   pki.Outcome
		reason string
	}{
		{name: "genuine", want: pki.Passed, reason: "holds the private key"},
		{
			// A copy has the signed file, and another key.
			name: "copy", want: pki.Failed, reason: "did not prove", change: func(o *document.Options) {
				o.Change = func(d *chip.Document) { d.ChipAuth[0].Key = must(ecc.GenerateKey(ecc.BrainpoolP256r1(), nil)) }
			},
		},
		{
			name: "altered file", want: pki.Failed, reason: "not authentic", change: func(o *document.Options) {
				o.Change = func(d *chip.Document) {
					b := bytes.Clone(d.Files[lds.NameCardSecurity])
					b[len(b)-1] ^= 1 // of the signature
					d.Files[lds.NameCardSecurity] = b
				}
			},
		},
		{
			// EF.SOD is anchored; who copied it has signed the rest himself.
			name: "signed by a stranger", want: pki.NotPerformed, reason: "does not cover",
			change: func(o *document.Options) { o.CardSecurityBy = document.Authority(t, "CSCA of a stranger") },
		},
		{name: "no trust", want: pki.NotPerformed, reason: "does not cover", trust: func(*document.Document) *pki.Store { return nil }},
		{
			name: "no key of that identifier", want: pki.Failed, reason: "holds no key", change: func(o *document.Options) {
				o.Change = func(d *chip.Document) { d.Files[lds.NameCardSecurity] = otherSecurity(t) }
			},
		},
	} {
		t.Run(x.name, func(t *testing.T) {
			o := base
			if x.change != nil {
				x.change(&o)
			}
			d := document.New(t, o)
			trust := d.Trust
			if x.trust != nil {
				trust = x.trust(d)
			}
			if c := judgeCAM(t, d, trust); c.ID != "pace.cam" || c.Outcome != x.want || !strings.Contains(c.Reason, x.reason) {
				t.Errorf("%s %v: %s; want %v: %s", c.ID, c.Outcome, c.Reason, x.want, x.reason)
			}
		})
	}
	// Not opened so: nothing to judge.
	d := document.New(t, base)
	for _, f := range d.Files {
		if f.Name != lds.NameCardSecurity {
			continue
		}
		s := must(sod.ParseCardSecurity(f.Bytes))
		r := sod.VerifyCardSecurity(s, d.Trust, pki.VerifyOptions{Now: pkitest.Epoch.AddDate(0, 0, 20)})
		if c := r.CheckCAM(s, nil, 13); c.Outcome != pki.NotPerformed {
			t.Errorf("%v: %s", c.Outcome, c.Reason)
		}
	}
}

// otherSecurity is an EF.CardSecurity of a chip with other parameters.
func otherSecurity(t *testing.T) []byte {
	t.Helper()
	both, _ := paceRow{pace.ChipAuthentication, true}.pace(mac.AES128, 12)
	d := document.New(t, document.Options{PACE: []pace.Params{both}})
	for _, f := range d.Files {
		if f.Name == lds.NameCardSecurity {
			return f.Bytes
		}
	}
	t.Fatal("no EF.CardSecurity")
	return nil
}
