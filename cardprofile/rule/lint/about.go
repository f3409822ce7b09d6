package lint

import (
	"fmt"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Severity is how much a departure weighs.
type Severity int

// Error is a breach of something mandatory (MUST, SHALL, REQUIRED), Warning of a
// recommendation (SHOULD, RECOMMENDED), Info a remark.
const (
	Info Severity = iota + 1
	Warning
	Error
)

// String is info, warning or error.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return "unknown"
}

// MarshalText is info, warning or error.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Kind is what sort of object a rule applies to.
type Kind string

// Kinds of certificates, lists and files. A data group is "EF.DG1" to "EF.DG16",
// the name of its file.
const (
	CSCA          Kind = "csca"                  // self-signed CSCA root
	Link          Kind = "csca-link"             // CSCA link certificate
	DS            Kind = "document-signer"       // Document Signer
	MLSigner      Kind = "master-list-signer"    // CSCA master list signer
	DLSigner      Kind = "deviation-list-signer" // deviation list signer
	BarCodeSigner Kind = "bar-code-signer"       // visa or ETD signer
	LDS2Signer    Kind = "lds2-signer"           // signer of LDS2 objects
	Communication Kind = "communication"         // TLS and SPOC certificates
	CRL           Kind = "crl"
	MasterList    Kind = "master-list"
	DeviationList Kind = "deviation-list"
	SOD           Kind = "EF.SOD"
	COM           Kind = "EF.COM"
	CardAccess    Kind = "EF.CardAccess"
	CardSecurity  Kind = "EF.CardSecurity"
	ATRInfo       Kind = "EF.ATR/INFO"
	DIR           Kind = "EF.DIR"
	Document      Kind = "document" // the files of one chip together
	ListContent   Kind = "listed"   // the certificates of one list or directory together
)

// DG is the kind of data group n.
func DG(n int) Kind { return Kind(fmt.Sprintf("EF.DG%d", n)) }

// DGs are the kinds of these data groups.
func DGs(numbers ...int) []Kind {
	out := make([]Kind, len(numbers))
	for i, n := range numbers {
		out[i] = DG(n)
	}
	return out
}

// About describes one rule.
type About struct {
	ID       string // stable; programs match on it
	Severity Severity
	Kinds    []Kind
	// Title says what must be so, in one line.
	Title cardprofile.Text
	// Citation names document, edition, section and table.
	Citation string
	// Earlier says that the profile of the sixth edition (Doc 9303-12 (8th ed.),
	// App. C), under which certificates in circulation were issued, did not ask for
	// it: against an object from before 2015 the rule is a remark.
	Earlier bool
}

// AppliesTo says whether the rule is one for objects of this kind.
func (a About) AppliesTo(k Kind) bool {
	for _, x := range a.Kinds {
		if x == k {
			return true
		}
	}
	return false
}

// Text is a title in English and Vietnamese.
func Text(en, vi string) cardprofile.Text { return cardprofile.Text{EN: en, VI: vi} }

// Finding is one place where one object departs from one rule.
type Finding struct {
	Rule     string           `json:"rule"`
	Severity Severity         `json:"severity"`
	Where    string           `json:"where"`
	Text     string           `json:"text"`
	Title    cardprofile.Text `json:"title"`
	Citation string           `json:"citation"`
}

// Deviation is the finding as reading reports it.
func (f Finding) Deviation() cardprofile.Deviation {
	return cardprofile.Deviation{Where: f.Where, Rule: f.Rule, Text: f.Text}
}

// Worst is the gravest severity among findings, 0 for none.
func Worst(findings []Finding) Severity {
	var worst Severity
	for _, f := range findings {
		worst = max(worst, f.Severity)
	}
	return worst
}
