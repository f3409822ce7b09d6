package mrz

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed states.txt
var statesText string

// Kind is why a code may stand in the zone: the parts A to H of Doc 9303-3 (8th
// ed.), 5.
type Kind string

// The kinds of codes.
const (
	KindISO          Kind = "iso"            // ISO 3166-1
	KindExtra        Kind = "extra"          // part A: beside ISO 3166-1
	KindReserved     Kind = "reserved"       // part B: reserved by ISO 3166/MA
	KindUN           Kind = "united-nations" // part C
	KindOrganization Kind = "organization"   // part D
	KindPerson       Kind = "person"         // part E: persons without a defined nationality
	KindDeprecated   Kind = "deprecated"     // part F: for old documents
	KindSpecimen     Kind = "specimen"       // part G
	KindICAO         Kind = "icao"           // part H: master lists alone
)

// State is one code of the zone.
type State struct {
	Code string `json:"code"`              // one to three letters
	Two  string `json:"alpha_2,omitempty"` // two-letter code, empty where there is none
	Kind Kind   `json:"kind"`
	Name string `json:"name,omitempty"` // English, for codes outside ISO 3166-1
}

var states = sync.OnceValue(func() map[string]State {
	m := map[string]State{}
	for line := range strings.Lines(statesText) {
		f := strings.SplitN(strings.TrimSpace(line), " ", 4)
		if len(f) < 3 || f[0] == "#" {
			continue
		}
		s := State{Code: f[0], Two: strings.Trim(f[1], "-"), Kind: Kind(f[2])}
		if len(f) == 4 {
			s.Name = f[3]
		}
		m[s.Code] = s
	}
	return m
})

// StateOf finds a code of an issuing State or a nationality, with or without
// fillers. A code that is not there may be a newer one than the list, which is
// that of November 2026.
func StateOf(code string) (State, bool) {
	s, ok := states()[field(code)]
	return s, ok
}

// mayIssue tells whether documents are issued under the code.
func (s State) mayIssue() bool { return s.Kind != KindPerson && s.Kind != KindICAO }
