package pki

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed states.txt
var statesText string

// states maps a code of the MRZ to the two-letter codes certificates may name.
var states = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{}
	for line := range strings.Lines(statesText) {
		if f := strings.Fields(line); len(f) > 1 && f[0] != "#" {
			m[f[0]] = f[1:]
		}
	}
	return m
})

// CountryOfState returns the two-letter code that certificates of an issuing State
// name, for its code in the MRZ, with or without fillers; "" when it is not known.
func CountryOfState(mrz string) string {
	if c := states()[trimFiller(mrz)]; len(c) > 0 {
		return c[0]
	}
	return ""
}

func trimFiller(s string) string { return strings.ToUpper(strings.Trim(s, "< ")) }

// CompareState compares the issuing State of the MRZ with the CSCA that anchors the
// document (Doc 9303-11 (8th ed.), 5.1.1, best practice 2). Failed means that
// another State's CSCA stands behind it: a genuine signer, on a document it has no
// business with. Known differences, such as D for Germany or a territory's code
// over its State's CSCA, pass. Check.ID is left empty: the outcome belongs to
// sod.chain, where VerifyDocument puts it when it is told the State.
func (r *Result) CompareState(mrz string) Check {
	var c Check
	if r.Anchor == nil {
		c.set(NotPerformed, "there is no CSCA whose State could be compared", "không có CSCA nào để so sánh quốc gia")
		return c
	}
	code := trimFiller(mrz)
	country := r.Anchor.Subject.Country()
	listed := slices.Contains(r.Anchor.States, code) || slices.Contains(r.Signer.States, code)
	switch allowed := states()[code]; {
	case slices.Contains(allowed, country):
		c.set(Passed, "the MRZ names %s, the CSCA is of %s", "MRZ ghi %s, CSCA là của %s", code, country)
	case len(allowed) > 0:
		c.set(Failed, "the MRZ names %s as the issuing State, and the CSCA is of %s",
			"MRZ ghi nước cấp là %s nhưng CSCA là của %s", code, country)
	case listed:
		c.set(Passed, "the MRZ names %s, and so does the certificate", "MRZ và chứng thư cùng ghi %s", code)
	default:
		c.set(NotPerformed, "the issuing State %q of the MRZ is not known here; the CSCA is of %s",
			"chương trình không biết mã nước cấp %q trong MRZ; CSCA là của %s", code, country)
	}
	return c
}

// signerState notes a signer whose alternative name is for another State than the
// MRZ's (Doc 9303-11 (8th ed.), 5.1.1, best practice 2). Codes of one country count
// as the same: D and DEU, RKS and UNK, a territory and its State.
func (v *verification) signerState(mrz string) {
	code, named := trimFiller(mrz), v.r.Signer.States
	same := func(state string) bool {
		state = trimFiller(state)
		return state == code || slices.ContainsFunc(states()[code], func(country string) bool {
			return state == country || slices.Contains(states()[state], country) || country == "DE" && state == "DEU"
		})
	}
	if len(named) > 0 && code != "" && !slices.ContainsFunc(named, same) {
		v.note("DS certificate", "pki.state.signer", "the alternative name of the Document Signer is for %q, the MRZ names %q", named, code)
	}
}
