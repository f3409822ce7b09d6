package inspect

import (
	"errors"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

// passive is passive authentication (Doc 9303-11 (8th ed.), 5.1): EF.SOD down
// to the trust store, and the hashes of the files against it.
type passive struct {
	v     *Verdict
	sod   *sod.SOD
	facts *sod.Result // nil until verify
}

// newPassive parses EF.SOD; without a readable one, everything that hangs on it
// stays not performed or fails, as v then says.
func newPassive(v *Verdict, files []lds.File) *passive {
	p := &passive{v: v}
	raw, ok := findFile(files, lds.NameSOD)
	if !ok {
		why := because("EF.SOD was not read", "không đọc được EF.SOD")
		for _, id := range []string{CheckSODSignature, CheckSODChain, CheckSODValidity} {
			v.set(id, NotPerformed, true, why)
		}
		v.set(CheckSODRevocation, NotPerformed, false, why)
		return p
	}
	s, err := sod.Parse(raw)
	if err != nil {
		why := because("EF.SOD cannot be read: "+err.Error(), "EF.SOD hỏng, không phân tích được")
		v.set(CheckSODSignature, Failed, true, why)
		v.set(CheckSODChain, NotPerformed, true, why)
		v.set(CheckSODValidity, NotPerformed, true, why)
		v.set(CheckSODRevocation, NotPerformed, false, why)
		return p
	}
	p.sod = s
	return p
}

// verify asks the trust store about the signer.
func (p *passive) verify(store *pki.Store, o Options, c *content) {
	if p.sod == nil {
		return
	}
	r := sod.Verify(p.sod, store, p.options(o, c))
	p.facts = r
	p.v.Test = p.v.Test || r.Test
	p.v.deviate(r.Deviations...)
	for _, c := range r.Checks() {
		required := c.ID != CheckSODRevocation || r.RevocationKnown
		p.v.set(c.ID, Outcome(c.Outcome), required, because(c.Reason, c.Vietnamese))
	}
}

// options say on which day and for whose document a signature is judged.
func (p *passive) options(o Options, c *content) pki.VerifyOptions {
	vo := pki.VerifyOptions{Now: noon(o.Today), IssueDate: c.issued}
	if doc := c.doc; doc.MRZ != nil {
		vo.IssuingState, vo.DocumentCode = doc.MRZ.Issuer, doc.MRZ.Code
	}
	return vo
}

// noon is a time on the day that dates are judged on; zero stays zero, the
// clock's.
func noon(d cardprofile.Date) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year, time.Month(d.Month), d.Day, 12, 0, 0, 0, time.UTC)
}

// signed reports whether EF.SOD's signature passed: what it says was said by
// the holder of the key in it.
func (p *passive) signed() bool {
	return p.facts != nil && p.facts.Signature.Outcome == pki.Passed
}

// anchored reports whether the signer is one of an authority that the store
// anchors, and nothing about it failed.
func (p *passive) anchored() bool {
	if p.facts == nil {
		return false
	}
	t, ok := p.facts.Trusted()
	return ok && t.Trust() == pki.TrustAnchored
}

// groups are the numbers of the data groups that EF.SOD lists.
func (p *passive) groups() []int {
	if p.sod == nil {
		return nil
	}
	return p.sod.Object.Numbers()
}

// object is what EF.SOD says, nil without one.
func (p *passive) object() *sod.SecurityObject {
	if p.sod == nil {
		return nil
	}
	return p.sod.Object
}

// hash compares the file of data group n with EF.SOD; sum is its hash where that was
// made while the file came in.
func (p *passive) hash(n int, f lds.File, sum []byte) {
	id := HashCheck(n)
	if p.facts == nil {
		p.v.set(id, NotPerformed, true, because("EF.SOD gives no hashes", "EF.SOD không cho giá trị băm"))
		return
	}
	var c pki.Check
	if sum != nil {
		c = p.facts.CheckSum(f.Name, sum)
	} else {
		c = p.facts.CheckHash(f)
	}
	p.v.set(id, Outcome(c.Outcome), true, because(c.Reason, c.Vietnamese))
}

// covers says for a key in data group n what passive authentication makes of
// it: nil if its hash matched and EF.SOD is signed.
func (p *passive) covers(n int) error {
	c, ok := p.v.Check(HashCheck(n))
	switch {
	case !ok || c.Outcome == NotPerformed || c.Outcome == NotSupported:
		return fmt.Errorf("the key in DG%d is not covered by passive authentication", n)
	case c.Outcome == Failed:
		return fmt.Errorf("%w: DG%d", errAltered, n)
	case p.facts != nil && p.facts.Signature.Outcome == pki.Failed:
		return fmt.Errorf("%w: EF.SOD", errAltered)
	case !p.signed():
		return fmt.Errorf("the key in DG%d is not covered by passive authentication", n)
	}
	return nil
}

// errAltered marks keys that the issuer did not sign.
var errAltered = errors.New("the key is not the one that was signed")
