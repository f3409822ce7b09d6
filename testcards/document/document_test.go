package document_test

import (
	"crypto"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

func params(t *testing.T, m pace.Mapping, id int) pace.Params {
	t.Helper()
	o, err := pace.Protocol{Curve: id >= 8, Mapping: m, Cipher: mac.AES128}.OID()
	if err != nil {
		t.Fatal(err)
	}
	return pace.Params{OID: o, ParameterID: id}
}

// Every file of a document with everything reads back without a deviation, but
// for the one that is asked for.
func TestFilesAreInOrder(t *testing.T) {
	explicit := params(t, pace.Generic, 13)
	var err error
	if explicit.Domain, err = domain.Standard(13); err != nil {
		t.Fatal(err)
	}
	explicit.ParameterID = 40
	d := document.New(t, document.Options{
		PACE: []pace.Params{params(t, pace.ChipAuthentication, 12), params(t, pace.Integrated, 2), explicit}, BAC: true,
		CA: []document.ChipAuth{{Parameters: 12, Ciphers: []mac.Cipher{mac.TDES, mac.AES256}, ID: 1}, {Parameters: 2, Ciphers: []mac.Cipher{mac.AES128}, ID: 2, X942: true}},
		AA: &document.ActiveAuth{Curve: "P-256", Hash: crypto.SHA256},
	})
	var devs []cardprofile.Deviation
	seen := 0
	for _, f := range d.Files {
		var found []cardprofile.Deviation
		var err error
		switch f.Name {
		case "EF.DG1":
			_, found, err = lds.ParseDG1(f.Bytes)
		case "EF.DG2":
			_, found, err = lds.ParseDG2(f.Bytes)
		case "EF.DG14":
			var infos *lds.SecurityInfos
			infos, found, err = lds.ParseDG14(f.Bytes)
			if err == nil && (len(infos.PACE()) != 3 || len(infos.ChipAuthentication()) != 3) {
				t.Errorf("%d PACE, %d chip authentication", len(infos.PACE()), len(infos.ChipAuthentication()))
			}
		case "EF.DG15":
			_, found, err = lds.ParseDG15(f.Bytes)
		case lds.NameCOM:
			_, found, err = lds.ParseCOM(f.Bytes)
		case lds.NameCardAccess:
			_, found, err = lds.ParseSecurityInfos(f.Bytes)
		case lds.NameSOD:
			var s *sod.SOD
			if s, err = sod.Parse(f.Bytes); err == nil {
				found = append(s.Deviations, s.Signed.Deviations...)
			}
		case lds.NameCardSecurity:
			var s *sod.CardSecurity
			if s, err = sod.ParseCardSecurity(f.Bytes); err == nil {
				found = append(s.Deviations, s.Signed.Deviations...)
			}
		default:
			t.Errorf("file %s", f.Name)
		}
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
		devs = append(devs, found...)
		seen++
	}
	if seen != 8 || len(devs) != 1 || devs[0].Text != domain.NoteX942 {
		t.Errorf("%d files, deviations %v", seen, devs)
	}
}

// The zero document opens with BAC and passes; an authority that the store does
// not have leaves it inconclusive.
func TestZeroDocument(t *testing.T) {
	d := document.New(t, document.Options{})
	v, err := inspect.Inspect(t.Context(), d.Chip, d.ByMRZ(t), d.Trust, inspect.Options{Today: document.Today})
	if err != nil || v.Outcome != inspect.ResultPassed {
		t.Fatalf("%v %+v", err, v)
	}
	other := document.New(t, document.Options{Authority: document.Authority(t, "CSCA Elsewhere")})
	if v, err = inspect.Inspect(t.Context(), other.Chip, other.ByMRZ(t), d.Trust, inspect.Options{Today: document.Today}); err != nil || v.Outcome != inspect.ResultInconclusive {
		t.Errorf("%v %v", err, v.Outcome)
	}
}

// A document of each type of card in the standard's formats passes for its
// profile.
func TestForProfile(t *testing.T) {
	for id, want := range map[string]mrz.Format{"icao-td1": mrz.TD1, "icao-td3": mrz.TD3} {
		p, err := cardprofile.Load(id)
		if err != nil {
			t.Fatal(err)
		}
		o := document.ForProfile(t, p)
		if o.Format != want || len(o.CA) != 1 || o.CA[0].ID != ca.NoKeyID || o.AA == nil {
			t.Errorf("%s: %+v", id, o)
		}
		d := document.New(t, o)
		v, err := inspect.Inspect(t.Context(), d.Chip, d.ByMRZ(t), d.Trust, inspect.Options{Profile: p, Today: document.Today})
		if err != nil || v.Outcome != inspect.ResultPassed || len(v.Deviations) != 0 {
			t.Errorf("%s: %v %v %v", id, err, v.Outcome, v.Deviations)
		}
	}
}
