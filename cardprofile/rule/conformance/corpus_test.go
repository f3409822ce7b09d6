package conformance_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/conformance"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// TestCorpus asks the rules about every public object, and logs how many objects
// break each: a rule that nearly all real certificates break is one that was misread.
func TestCorpus(t *testing.T) {
	type key struct {
		kind lint.Kind
		rule string
	}
	hits, objects := map[key]int{}, map[lint.Kind]int{}
	seen := map[string]bool{}
	for _, folder := range []string{"masterlists", "sod-real", "sod-altered", "crl", "deviation-list"} {
		for _, name := range pkitest.Files(t, folder) {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			judged := conformance.Object(conformance.Input{Name: filepath.Base(name), Bytes: b})
			if judged[0].Kind == "" {
				t.Errorf("%s is not recognised", name)
			}
			for _, j := range judged {
				if seen[string(j.Raw)] {
					continue
				}
				seen[string(j.Raw)] = true
				objects[j.Kind]++
				broken := map[string]bool{}
				for _, f := range j.Findings {
					broken[fmt.Sprintf("%-7s %s", f.Severity, f.Rule)] = true
				}
				for r := range broken {
					hits[key{j.Kind, r}]++
				}
			}
		}
	}
	var keys []key
	for k := range hits {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int { return hits[b] - hits[a] })
	for _, k := range keys {
		t.Logf("%4d of %4d  %-22s %s", hits[k], objects[k.kind], k.kind, k.rule)
		// The certificates of 143 States are the measure: none of our readings may be
		// one that nearly all of them break.
		if objects[k.kind] >= 50 && hits[k]*10 > objects[k.kind]*8 {
			t.Errorf("%s: %d of %d objects of kind %s break it", k.rule, hits[k], objects[k.kind], k.kind)
		}
	}
}
