package inspect

import (
	"encoding/json"
	"fmt"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// Schema names the form of the verdict's JSON. It changes by addition.
const Schema = "chipid.verdict/1"

// Outcome is what came of one check. The zero value is NotPerformed.
type Outcome int

// Outcomes of a check.
const (
	NotPerformed Outcome = iota
	Passed
	Failed
	NotSupported
)

var outcomeNames = [...]string{"not_performed", "passed", "failed", "not_supported"}

// String is the outcome as JSON has it.
func (o Outcome) String() string {
	if o < 0 || int(o) >= len(outcomeNames) {
		return fmt.Sprintf("Outcome(%d)", int(o))
	}
	return outcomeNames[o]
}

// MarshalText writes the JSON name.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the JSON name; an unknown one is an error.
func (o *Outcome) UnmarshalText(b []byte) error {
	for i, name := range outcomeNames {
		if name == string(b) {
			*o = Outcome(i)
			return nil
		}
	}
	return fmt.Errorf("inspect: no such outcome %q", b)
}

// Result is the outcome of a whole verdict.
type Result string

// Results of a verdict. Passed: every required check passed. Failed: a required
// check failed. Inconclusive: nothing failed, but a required check could not be
// performed.
const (
	ResultPassed       Result = "passed"
	ResultFailed       Result = "failed"
	ResultInconclusive Result = "inconclusive"
)

// Ids of the checks. A data group's hash is dg.hash.N, see [HashCheck].
const (
	CheckAccess         = "access"
	CheckCardAccess     = "cardaccess.match"
	CheckCOM            = "com.match"
	CheckSODSignature   = "sod.signature"
	CheckSODChain       = "sod.chain"
	CheckSODValidity    = "sod.validity"
	CheckSODRevocation  = "sod.revocation"
	CheckAA             = "aa"
	CheckCA             = "ca"
	CheckPACECAM        = "pace.cam"
	CheckTA             = "ta"
	CheckProfile        = "profile.match"
	CheckMRZMatch       = "mrz.match"
	CheckMRZDigits      = "mrz.checkdigits"
	CheckDG13           = "dg13.match"
	CheckDocumentExpiry = "document.expiry"
	CheckCardSecurity   = "cardsecurity" // of files alone, where EF.CardSecurity is there
	CheckAuthority      = "authority"    // only where an authority is asked
	CheckPolicy         = "policy"
)

// HashCheck is the id of the hash check of data group n.
func HashCheck(n int) string { return fmt.Sprintf("dg.hash.%d", n) }

// Check is one thing that an inspection looks at.
type Check struct {
	ID       string  `json:"id"`
	Outcome  Outcome `json:"outcome"`
	Required bool    `json:"required"`
	// Reason says in words why the outcome is what it is. JSON holds it in
	// English; ReasonIn gives other languages.
	Reason string `json:"reason"`

	reasonVI string
}

// ReasonIn is the reason in "vi" or "en"; where there is no translation it is
// the English one.
func (c Check) ReasonIn(lang string) string {
	if lang == "vi" && c.reasonVI != "" {
		return c.reasonVI
	}
	return c.Reason
}

// Verdict is the result of an inspection.
type Verdict struct {
	Schema  string `json:"schema"`
	Outcome Result `json:"outcome"`
	// Test says that a certificate with the TEST mark, or a test store, had
	// a part in it: this verdict says nothing about a real document.
	Test       bool                    `json:"test,omitempty"`
	Document   *Document               `json:"document,omitempty"`
	Checks     []Check                 `json:"checks"`
	Deviations []cardprofile.Deviation `json:"deviations"`
	Chip       *Chip                   `json:"chip,omitempty"`
	// Policy is what the operator's policy made of the facts; nil where the
	// inspection did not get that far.
	Policy *PolicyReport `json:"policy,omitempty"`

	files    []lds.File
	portrait []byte
}

// Files are the files as read, in the order in which they were read.
func (v *Verdict) Files() []lds.File { return append([]lds.File(nil), v.files...) }

// Portrait is the holder's portrait as the chip holds it; nil if there is none.
func (v *Verdict) Portrait() []byte { return append([]byte(nil), v.portrait...) }

// Check finds a check by its id.
func (v *Verdict) Check(id string) (Check, bool) {
	for _, c := range v.Checks {
		if c.ID == id {
			return c, true
		}
	}
	return Check{}, false
}

// Document is what the files say about the card and its holder. It is personal
// data. Whether it is true is what the checks say.
type Document struct {
	Profile  string    `json:"profile,omitempty"`
	MRZ      *MRZ      `json:"mrz,omitempty"`
	Holder   *Holder   `json:"holder,omitempty"`
	Portrait *Portrait `json:"portrait,omitempty"`
}

// MRZ is the machine readable zone of DG1. Dates are YYYY-MM-DD with the
// century resolved, or the six characters as they stand where they are none;
// Expiry is "none" on a card that does not expire.
type MRZ struct {
	Format      string   `json:"format"`
	Lines       []string `json:"lines"`
	Code        string   `json:"document_code"`
	Issuer      string   `json:"issuing_state"`
	Number      string   `json:"number"`
	Optional1   string   `json:"optional1,omitempty"`
	Optional2   string   `json:"optional2,omitempty"`
	Birth       string   `json:"birth"`
	Sex         string   `json:"sex"`
	Expiry      string   `json:"expiry"`
	Nationality string   `json:"nationality"`
	Surname     string   `json:"surname"`
	GivenNames  string   `json:"given_names"`
}

// Holder is the national data about the holder (Vietnam: DG13), as written on
// the chip.
type Holder struct {
	Number      string   `json:"number,omitempty"`
	Name        string   `json:"name,omitempty"`
	Birth       string   `json:"birth,omitempty"`
	Sex         string   `json:"sex,omitempty"`
	Nationality string   `json:"nationality,omitempty"`
	Ethnicity   string   `json:"ethnicity,omitempty"`
	Religion    string   `json:"religion,omitempty"`
	Origin      string   `json:"origin,omitempty"`
	Residence   string   `json:"residence,omitempty"`
	Features    string   `json:"features,omitempty"`
	Issued      string   `json:"issued,omitempty"`
	Expiry      string   `json:"expiry,omitempty"`
	Parents     []string `json:"parents,omitempty"`
	Spouse      string   `json:"spouse,omitempty"`
	FormerID    string   `json:"former_number,omitempty"`
	ChipSerial  string   `json:"chip_serial,omitempty"`
}

// Portrait describes the face image of DG2; [Verdict.Portrait] gives its bytes.
type Portrait struct {
	MIME   string `json:"mime"`
	Bytes  int    `json:"bytes"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
}

// Chip is what the reading of the chip took.
type Chip struct {
	Access        string   `json:"access"` // "pace", "bac", "none"
	Reader        string   `json:"reader,omitempty"`
	APDUs         int      `json:"apdus"`
	BytesSent     int      `json:"bytes_sent"`
	BytesReceived int      `json:"bytes_received"`
	DurationMS    int64    `json:"duration_ms"`
	Phases        []Phase  `json:"phases,omitempty"`
	Trail         []string `json:"trail,omitempty"` // decisions: used … because …
}

// Phase is one part of the inspection.
type Phase struct {
	Name       string `json:"name"`
	APDUs      int    `json:"apdus"`
	DurationMS int64  `json:"duration_ms"`
}

// JSON is the verdict as programs read it, indented, with a final newline.
func (v *Verdict) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

// settle derives the outcome from the required checks. A verdict without any
// required check that passed is never passed.
func (v *Verdict) settle() {
	v.Schema = Schema
	if v.Deviations == nil {
		v.Deviations = []cardprofile.Deviation{}
	}
	if v.Checks == nil {
		v.Checks = []Check{}
	}
	v.Outcome = ResultPassed
	passed := 0
	for _, c := range v.Checks {
		if !c.Required {
			continue
		}
		switch c.Outcome {
		case Passed:
			if c.ID != CheckPolicy { // which proves nothing by itself
				passed++
			}
		case Failed:
			v.Outcome = ResultFailed
			return
		default:
			v.Outcome = ResultInconclusive
		}
	}
	if passed == 0 {
		v.Outcome = ResultInconclusive
	}
}

// reason is a sentence in both languages.
type reason struct{ en, vi string }

func because(en, vi string) reason { return reason{en, vi} }

// set records the outcome of a check; a check that is there already keeps its
// place and is replaced.
func (v *Verdict) set(id string, o Outcome, required bool, why reason) {
	c := Check{ID: id, Outcome: o, Required: required, Reason: why.en, reasonVI: why.vi}
	for i := range v.Checks {
		if v.Checks[i].ID == id {
			v.Checks[i] = c
			return
		}
	}
	v.Checks = append(v.Checks, c)
}

func (v *Verdict) deviate(d ...cardprofile.Deviation) { v.Deviations = append(v.Deviations, d...) }
