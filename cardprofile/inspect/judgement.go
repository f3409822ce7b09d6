package inspect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/policy"
)

// PolicyReport names the policy of a verdict and what its rules decided.
type PolicyReport struct {
	Name      string            `json:"name"`
	Version   string            `json:"version,omitempty"`
	SHA256    string            `json:"sha256"` // of the file
	Decisions []policy.Decision `json:"decisions,omitempty"`
}

// judgement is the end of an inspection: what the issuer has published about his own
// documents, and what the operator's policy makes of the facts. Until here nothing
// has looked at the policy.
type judgement struct {
	v       *Verdict
	p       *passive
	c       *content
	o       Options
	defects map[string]defect
}

// defect is a check that failed in the way that the issuer has published.
type defect struct {
	was  Check
	said pki.KnownDefect
}

// judge ends a verdict.
func (c *content) judge(v *Verdict, p *passive, trust *pki.Store, o Options) {
	j := &judgement{v: v, p: p, c: c, o: o, defects: map[string]defect{}}
	j.knownDefects(trust)
	j.policy()
}

// knownDefects turns a failure that the issuer's deviation list speaks of into a
// known defect. That is no proof of anything: the check is then not performed,
// since its failure says nothing against this document any more.
func (j *judgement) knownDefects(trust *pki.Store) {
	if trust == nil || j.p.facts == nil || j.p.facts.Signer == nil {
		return
	}
	about := pki.DefectSubject{Signer: j.p.facts.Signer, IssueDate: j.c.issued}
	if m := j.c.doc.MRZ; m != nil {
		about.DocumentCode, about.DocumentNumber = m.Code, m.Number
	}
	for _, k := range trust.KnownDefects(about) {
		j.v.deviate(cardprofile.Deviation{Where: "issuer", Rule: "pki.knowndefect", Text: k.String()})
		if k.Description().Type == pki.DefectAAKeyCompromised {
			if aa, ok := j.v.Check(CheckAA); ok && aa.Outcome == Passed {
				j.v.set(CheckAA, NotPerformed, aa.Required, because(
					"the chip signed, but its issuer says that the key may be known to others: "+k.String(),
					"chip đã ký, nhưng nước cấp công bố rằng khóa có thể đã bị lộ ("+listOf(k)+")"))
			}
			continue
		}
		for _, c := range slices.Clone(j.v.Checks) {
			if c.Outcome != Failed || !k.Covers(c.ID) {
				continue
			}
			j.defects[c.ID] = defect{c, k}
			j.v.set(c.ID, NotPerformed, c.Required, because(
				fmt.Sprintf("%s; found here: %s", k, c.Reason),
				fmt.Sprintf("lỗi đã được nước cấp công bố (%s); tại đây: %s", listOf(k), c.ReasonIn("vi"))))
		}
	}
}

// listOf names the list of a known defect in Vietnamese.
func listOf(k pki.KnownDefect) string {
	if k.ListDate().IsZero() {
		return k.Country() + ", danh sách không ghi ngày"
	}
	return k.Country() + ", danh sách ngày " + cardprofile.DateOf(k.ListDate().UTC()).DMY()
}

// neverAccepted are the checks without which nothing is known of a document; no
// policy accepts a known defect there.
var neverAccepted = []string{CheckSODSignature, CheckSODChain, HashCheck(1), HashCheck(2)}

// policy applies the operator's policy.
func (j *judgement) policy() {
	p := j.o.Policy
	if p == nil {
		p = policy.Default()
	}
	out := p.Judge(j.facts())
	j.v.Policy = &PolicyReport{Name: p.Name(), Version: p.Version(), SHA256: p.Digest(), Decisions: out.Decisions}
	for _, id := range sortedKeys(out.Required) {
		j.require(id, out.Required[id], p.Name())
	}
	for id, e := range out.Defects {
		d := j.defects[id]
		c, _ := j.v.Check(id)
		switch {
		case e == policy.Fail:
			j.v.set(id, Failed, c.Required, reason{c.Reason, c.ReasonIn("vi")})
		case e == policy.Accept && !slices.Contains(neverAccepted, id):
			j.v.set(id, c.Outcome, false, because(
				fmt.Sprintf("%s; policy %q accepts it", c.Reason, p.Name()), fmt.Sprintf("%s; chính sách %q chấp nhận", c.ReasonIn("vi"), p.Name())))
		case d.was.Required:
			j.v.set(id, c.Outcome, true, reason{c.Reason, c.ReasonIn("vi")})
		}
	}
	j.authority(out, p.Name())
	j.conclude(out, p)
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// require makes a check one that must be passed. One that is not in the verdict was
// not performed.
func (j *judgement) require(id, rule, name string) {
	c, ok := j.v.Check(id)
	if !ok {
		c = Check{ID: id, Reason: "was not performed", reasonVI: "chưa thực hiện"}
	}
	if c.Required {
		return
	}
	j.v.set(id, c.Outcome, true, because(
		fmt.Sprintf("%s (required by rule %s of policy %q)", c.Reason, rule, name),
		fmt.Sprintf("%s (bắt buộc theo quy tắc %s của chính sách %q)", c.ReasonIn("vi"), rule, name)))
}

// facts are what the policy looks at.
func (j *judgement) facts() policy.Facts {
	f := policy.Facts{Inspected: j.o.today(), Deviations: j.v.Deviations}
	for id := range j.defects {
		f.Defects = append(f.Defects, id)
	}
	slices.Sort(f.Defects)
	r := j.p.facts
	if r == nil {
		return f
	}
	f.Pinned = r.Trust == pki.TrustPinned
	if r.Anchor != nil {
		f.Country = r.Anchor.Subject.Country()
	} else if r.Signer != nil {
		f.Country = r.Signer.Issuer.Country()
	}
	f.Signed = signedOn(r.Result, j.c.issued)
	return f
}

// signedOn is the day of signing as well as it is known: the signing time, the date
// of issue, or else the last day on which the signer's key was to be used.
func signedOn(r *pki.Result, issued time.Time) cardprofile.Date {
	switch {
	case !r.SigningTime.IsZero():
		return cardprofile.DateOf(r.SigningTime.UTC())
	case !issued.IsZero():
		return cardprofile.DateOf(issued)
	case r.Signer != nil && !r.Signer.PrivateKeyNotAfter.IsZero():
		return cardprofile.DateOf(r.Signer.PrivateKeyNotAfter.UTC())
	case r.Signer != nil:
		return cardprofile.DateOf(r.Signer.NotBefore.UTC())
	}
	return cardprofile.Date{}
}

// conclude writes the check of the policy itself: what it makes of deviations, weak
// digests and pins. Known defects and required checks show where they belong.
func (j *judgement) conclude(out policy.Judgement, p *policy.Policy) {
	title := p.Name()
	if p.Version() != "" {
		title += " " + p.Version()
	}
	worst := policy.None
	var en, vi []string
	for _, d := range out.Decisions {
		if strings.HasPrefix(d.About, "known defect: ") || strings.HasPrefix(d.About, "check ") {
			continue
		}
		worst = max(worst, d.Effect)
		if d.Effect <= policy.Accept {
			continue
		}
		en = append(en, worded("rule "+d.Rule+": "+d.About, d.Why))
		why := d.WhyVI
		if why == "" && d.Why != "" {
			why = "lý do ghi trong chính sách"
		}
		vi = append(vi, worded("quy tắc "+d.Rule+": "+vietnameseAbout(d.About), why))
	}
	switch worst {
	case policy.Fail:
		j.v.set(CheckPolicy, Failed, true, because(
			fmt.Sprintf("policy %q does not accept this: %s", title, join(en)), fmt.Sprintf("chính sách %q không chấp nhận: %s", title, join(vi))))
	case policy.Inconclusive:
		j.v.set(CheckPolicy, NotPerformed, true, because(
			fmt.Sprintf("policy %q leaves this open: %s", title, join(en)), fmt.Sprintf("chính sách %q để ngỏ: %s", title, join(vi))))
	default:
		j.v.set(CheckPolicy, Passed, true, because(
			fmt.Sprintf("nothing in policy %q speaks against it", title), fmt.Sprintf("không có gì trái với chính sách %q", title)))
	}
}

func worded(what, why string) string {
	if why == "" {
		return what
	}
	return what + " (" + why + ")"
}

func vietnameseAbout(about string) string {
	if rest, ok := strings.CutPrefix(about, "deviation "); ok {
		return "sai khác " + rest
	}
	if about == "pinned signer" {
		return "chứng thư ký được ghim"
	}
	return about
}
