package inspect

import (
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

// cardSecurity verifies an EF.CardSecurity among files that are judged alone, and
// holds EF.CardAccess against it (Doc 9303-11 (8th ed.), 4.2). With a chip, pace.cam
// rests on the same facts.
func (p *passive) cardSecurity(files []lds.File, trust *pki.Store, o Options, c *content) {
	raw, ok := findFile(files, lds.NameCardSecurity)
	if !ok {
		return
	}
	set := func(o Outcome, why reason) { p.v.set(CheckCardSecurity, o, true, why) }
	security, err := sod.ParseCardSecurity(raw)
	if err != nil {
		set(Failed, because("EF.CardSecurity cannot be read: "+err.Error(), "EF.CardSecurity hỏng, không phân tích được"))
		return
	}
	r := sod.VerifyCardSecurity(security, trust, p.options(o, c))
	p.v.Test = p.v.Test || r.Test
	p.v.deviate(r.Deviations...)
	p.matchSigned(files, security.Infos)
	worst := r.Signature
	for _, x := range r.Checks() {
		if x.Outcome == pki.Failed {
			worst = x
			break
		}
		// Revocation is required where it is of EF.SOD's signer too.
		if worst.Outcome == pki.Passed && x.Outcome != pki.Passed && (x.ID != CheckSODRevocation || r.RevocationKnown) {
			worst = x
		}
	}
	if worst.Outcome == pki.Passed {
		set(Passed, because("EF.CardSecurity is "+r.Signature.Reason+"; "+r.Chain.Reason, "EF.CardSecurity "+r.Signature.Vietnamese+"; "+r.Chain.Vietnamese))
		return
	}
	set(Outcome(worst.Outcome), because("EF.CardSecurity: "+worst.Reason, "EF.CardSecurity: "+worst.Vietnamese))
}

// matchSigned holds EF.CardAccess against the SecurityInfos of EF.CardSecurity.
func (p *passive) matchSigned(files []lds.File, signed *lds.SecurityInfos) {
	access, ok := findFile(files, lds.NameCardAccess)
	if !ok {
		return
	}
	a, devs, err := lds.ParseSecurityInfos(access)
	p.v.deviate(devs...)
	if err != nil {
		p.v.deviate(cardprofile.Deviation{Where: lds.NameCardAccess, Rule: "cardaccess.match", Text: "EF.CardAccess cannot be read"})
		p.v.set(CheckCardAccess, Failed, false, because("EF.CardAccess cannot be read", "EF.CardAccess hỏng, không phân tích được"))
		return
	}
	differences, devs := lds.MatchCardAccess(a, signed)
	p.v.deviate(devs...)
	if len(differences) > 0 {
		p.v.deviate(cardprofile.Deviation{Where: lds.NameCardAccess, Rule: "cardaccess.match", Text: "against EF.CardSecurity: " + join(differences)})
		p.v.set(CheckCardAccess, Failed, false, because(join(differences), "EF.CardAccess khác với bản đã ký trong EF.CardSecurity"))
		return
	}
	if c, ok := p.v.Check(CheckCardAccess); !ok || c.Outcome == NotPerformed {
		p.v.set(CheckCardAccess, Passed, false, because("EF.CardAccess is the same as in EF.CardSecurity", "EF.CardAccess khớp với EF.CardSecurity"))
	}
}
