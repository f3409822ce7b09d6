package chip_test

import (
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	reading "github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
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
	if signed, ok := r.Infos(); ok {
		if differences, _ := lds.MatchCardAccess(infos, signed); len(differences) != 0 {
			t.Errorf("EF.CardAccess: %v", differences)
		}
	}
	return r.CheckCAM(security, res.CAM, offer.ParameterID)
}
