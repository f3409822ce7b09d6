package document

import (
	"bytes"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/crl"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/files"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/signed"
)

// Together is objects that lie together. What cannot be read is nil: the rules about
// that file by itself say so.
type Together struct {
	Files        map[lint.Kind][]byte
	Certificates []*cert.Certificate
	CRLs         []*crl.List

	com          *files.File
	sod          *signed.Object
	dg1          *files.File
	cardAccess   *lds.SecurityInfos
	dg14         *lds.SecurityInfos
	cardSecurity *lds.SecurityInfos
	aids         [][]byte // of EF.DIR
}

// Rule is a rule about objects that lie together.
type Rule = lint.Rule[*Together]

// Set is rules about objects that lie together.
type Set = lint.Set[*Together]

// Rules are all rules about objects that lie together.
func Rules() Set { return slices.Clone(rules) }

var kinds = []lint.Kind{lint.Document}

// Lint puts the rules to the files of one chip, by kind, and to certificates and
// CRLs that lie with them. Any of the three may be empty.
func Lint(chip map[lint.Kind][]byte, certificates []*cert.Certificate, lists []*crl.List) []lint.Finding {
	t := &Together{Files: chip, Certificates: certificates, CRLs: lists}
	t.read()
	return rules.Run(lint.Document, t, time.Time{})
}

func (t *Together) read() {
	if b, ok := t.Files[lint.COM]; ok {
		t.com = files.Read(b, lint.COM)
	}
	if b, ok := t.Files[lint.DG(1)]; ok {
		t.dg1 = files.Read(b, lint.DG(1))
	}
	if b, ok := t.Files[lint.SOD]; ok {
		if o := signed.Read(b, lint.SOD); o.Signed != nil && o.Security != nil {
			t.sod = o
		}
	}
	if b, ok := t.Files[lint.CardAccess]; ok {
		t.cardAccess, _, _ = lds.ParseSecurityInfos(b)
	}
	if b, ok := t.Files[lint.DG(14)]; ok {
		t.dg14, _, _ = lds.ParseDG14(b)
	}
	if b, ok := t.Files[lint.CardSecurity]; ok {
		if o := signed.Read(b, lint.CardSecurity); o.Signed != nil && o.Signed.Content != nil {
			t.cardSecurity, _, _ = lds.ParseSecurityInfos(o.Signed.Content)
		}
	}
	if b, ok := t.Files[lint.DIR]; ok {
		for _, p := range files.Read(b, lint.DIR).Parts {
			if aid, ok := p.First(0x4f); ok {
				t.aids = append(t.aids, aid.Value)
			}
		}
	}
}

// listed are the numbers of the data groups in EF.COM's list; ok is false without.
func (t *Together) listed() (numbers []int, ok bool) {
	if t.com == nil {
		return nil, false
	}
	for _, p := range t.com.Parts {
		if p.Tag != 0x5c {
			continue
		}
		ok = true
		for _, b := range p.Value {
			if id, known := lds.FileByTag(tlv.Tag(b)); known && id.Number() > 0 {
				numbers = append(numbers, id.Number())
			}
		}
	}
	return numbers, ok
}

// group is a data group file.
func (t *Together) group(n int) ([]byte, bool) {
	b, ok := t.Files[lint.DG(n)]
	return b, ok
}

// signer is the certificate in EF.SOD that its first signer names.
func (t *Together) signer() *cert.Certificate {
	if t.sod == nil {
		return nil
	}
	if s := t.sod.Signers(); len(s) > 0 {
		return s[0]
	}
	return nil
}

// missing are the entries of one set that another does not hold.
func missing(of, in *lds.SecurityInfos) int {
	n := 0
	for _, x := range of.Items {
		if !slices.ContainsFunc(in.Items, func(y []byte) bool { return bytes.Equal(x, y) }) {
			n++
		}
	}
	return n
}

// lds2 says whether EF.DIR lists an LDS2 application (Doc 9303-10 (8th ed.), Table 31).
func (t *Together) lds2() bool {
	return slices.ContainsFunc(t.aids, func(a []byte) bool { return bytes.HasPrefix(a, []byte("\xa0\x00\x00\x02\x47\x20")) })
}

// authorities are the certificates of CSCAs among those that lie here, under a name.
func (t *Together) authorities(name []byte) []*cert.Certificate {
	var out []*cert.Certificate
	for _, c := range t.Certificates {
		if k := cert.Classify(c); (k == lint.CSCA || k == lint.Link) && bytes.Equal(c.Subject.Raw, name) {
			out = append(out, c)
		}
	}
	return out
}
