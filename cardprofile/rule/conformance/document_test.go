package conformance_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/conformance"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

var update = flag.Bool("update", false, "write docs/rules.md anew")

const rulesFile = "../../../docs/rules.md"

// unclaimed are rules that no mandatory statement of the two parts stands behind:
// recommendations, remarks, and what other parts and RFCs demand.
var unclaimed = []string{
	"cert.pss.mask", "cert.pss.recommended", "cert.usage.ds", "cert.usage.csca", "cert.pkup.within", "cert.altname.contact",
	"signed.signers.one", "signed.signature.digest", "signed.pss.mask", "signed.crls", "signed.trailing", "list.sid", "list.csca", "sod.sid", "sod.unsigned",
	"sod.version.legacy", "masterlist.once",
	"securityinfos.pace.standard", "securityinfos.pace.protocol", "securityinfos.pace.version", "securityinfos.pace.parameter", "securityinfos.pace.reserved",
	"securityinfos.domain.protocol", "securityinfos.domain.parameter", "securityinfos.domain.parameters", "securityinfos.ca.info", "securityinfos.ca.keyid",
	"securityinfos.ca.explicit", "securityinfos.ca.publickey", "securityinfos.aa.version", "securityinfos.aa.algorithm", "document.dg14.cardaccess", "document.aa.info",
	"file.length", "file.trailing", "securityinfos.trailing", "com.order", "dg1.fields", "bit.zero",
}

// TestCoverage: every rule answers a statement, or is known to answer none; every
// statement names rules that exist, or says why there is none.
func TestCoverage(t *testing.T) {
	ids, claimed := map[string]bool{}, map[string]bool{}
	for _, a := range conformance.Abouts() {
		if ids[a.ID] {
			t.Errorf("two rules are called %s", a.ID)
		}
		ids[a.ID] = true
	}
	lines := 0
	for _, line := range strings.Split(strings.TrimSpace(readFile(t, "coverage.txt")), "\n") {
		if !strings.HasPrefix(line, "#") {
			lines++
		}
	}
	statements := conformance.Coverage()
	if len(statements) != lines || lines < 300 {
		t.Errorf("%d of %d lines are statements", len(statements), lines)
	}
	for _, s := range statements {
		if s.Part != "10" && s.Part != "12" || s.Section == "" || s.Text == "" || (len(s.Rules) == 0) == (s.Reason == "") {
			t.Errorf("%+v is not complete", s)
		}
		for _, r := range s.Rules {
			claimed[r] = true
			if !ids[r] {
				t.Errorf("%s %s: there is no rule %s", s.Part, s.Section, r)
			}
		}
	}
	for id := range ids {
		if claimed[id] == slices.Contains(unclaimed, id) {
			t.Errorf("%s: claimed by a statement %v, and in the list of those that are not %v", id, claimed[id], !claimed[id])
		}
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// docs/rules.md is made from the rules themselves.
func TestRulesDocument(t *testing.T) {
	want := rulesDocument()
	if *update {
		if err := os.WriteFile(rulesFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if readFile(t, rulesFile) != want {
		t.Error("docs/rules.md is not what the rules say: go test ./cardprofile/rule/conformance -run TestRulesDocument -update")
	}
}

// chapters are the sets of rules, by the first part of their ids.
var chapters = []struct {
	title string
	ids   []string
}{
	{"Certificates", []string{"cert"}}, {"Certificate revocation lists", []string{"crl"}},
	{"Signed objects: EF.SOD, EF.CardSecurity, master lists, deviation lists", []string{"signed", "sod", "list", "masterlist", "deviationlist"}},
	{"SecurityInfos: EF.CardAccess, DG14, EF.CardSecurity", []string{"securityinfos"}},
	{"Files of a chip", []string{"file", "com", "dg1", "bit", "image", "feature", "detail", "dg11", "dg12", "dg15", "dg16", "atrinfo", "dir"}},
	{"Objects that lie together", []string{"document"}},
}

func rulesDocument() string {
	var b strings.Builder
	abouts, statements := conformance.Abouts(), conformance.Coverage()
	severities := map[lint.Severity]int{}
	for _, a := range abouts {
		severities[a.Severity]++
	}
	covered := map[string][3]int{} // part: by rules, by none, with a reason
	for _, s := range statements {
		c := covered[s.Part]
		if c[0]++; len(s.Rules) > 0 {
			c[1]++
		} else {
			c[2]++
		}
		covered[s.Part] = c
	}
	fmt.Fprintf(&b, `# Conformance rules

What chipid file lint asks of files, certificates and lists, and what issuing asks before it signs: %d rules, one a file below cardprofile/rule, each with a
fixture that breaks it and one that does not. %d are errors (something mandatory is broken), %d warnings (a recommendation is), %d remarks. An error marked * is a remark
against an object from before 2015: the profile of the sixth edition (Doc 9303-12, App. C) did not ask for it.
This file is written by a test from the rules:

	go test ./cardprofile/rule/conformance -run TestRulesDocument -update

The account at the end lists the mandatory statements of Doc 9303-10 (%d) and Doc 9303-12 (%d) by section, in our words: %d and %d of them have a rule, the others
say why no file can show them. Rules about citizens' records are in cardprofile/rule itself.
`, len(abouts), severities[lint.Error], severities[lint.Warning], severities[lint.Info], covered["10"][0], covered["12"][0], covered["10"][1], covered["12"][1])
	for _, c := range chapters {
		fmt.Fprintf(&b, "\n## %s\n\n| rule | severity | what must be so | applies to | source |\n|---|---|---|---|---|\n", c.title)
		for _, a := range abouts {
			prefix, _, _ := strings.Cut(a.ID, ".")
			if !slices.Contains(c.ids, prefix) {
				continue
			}
			mark := ""
			if a.Earlier {
				mark = " *"
			}
			fmt.Fprintf(&b, "| `%s` | %s%s | %s | %s | %s |\n", a.ID, a.Severity, mark, a.Title.EN, kindsText(a.Kinds), a.Citation)
		}
	}
	for _, part := range []string{"10", "12"} {
		fmt.Fprintf(&b, "\n## Account of Doc 9303-%s\n\n| section | demand | rules, or why there is none |\n|---|---|---|\n", part)
		for _, s := range statements {
			if s.Part != part {
				continue
			}
			by := "*" + s.Reason + "*"
			if len(s.Rules) > 0 {
				by = "`" + strings.Join(s.Rules, "` `") + "`"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", s.Section, s.Text, by)
		}
	}
	b.WriteString(`
Reasons: *chip* is behaviour of the chip, *reader* of the inspection system, *procedure* of an organization; *LDS2 records* are files of the LDS2 applications, which are not
linted; *CV certificates* are read by apdu/cvc.
`)
	return b.String()
}

// kindsText names kinds in short.
func kindsText(kinds []lint.Kind) string {
	switch {
	case len(kinds) >= 14:
		return "files of a chip"
	case len(kinds) == 8:
		return "all certificates"
	case len(kinds) == 6 && kinds[0] == lint.CSCA:
		return "all but lds2-signer, bar-code-signer"
	}
	var out []string
	for _, k := range kinds {
		out = append(out, strings.TrimPrefix(string(k), "EF."))
	}
	return strings.Join(out, ", ")
}
