package signed

import (
	"bytes"
	"math/big"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/infos"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Object is a signed object as it is written.
type Object struct {
	Raw          []byte
	Kind         lint.Kind
	Tag          tlv.Tag // of EF.SOD's template; 0 for an object that stands without one
	Trailing     int     // bytes behind the end
	CMS          []byte
	Signed       *cms.SignedData // nil when it cannot be read
	Certificates []*cert.Certificate
	Security     *Security  // EF.SOD's content; nil when it cannot be read
	List         *List      // a master list's content
	Deviations   *Deviating // a deviation list's content
	unsigned     bool       // a signer has unsigned attributes
}

// Rule is a rule about signed objects.
type Rule = lint.Rule[*Object]

// Set is rules about signed objects.
type Set = lint.Set[*Object]

// Rules are all rules about signed objects.
func Rules() Set { return slices.Clone(rules) }

// Kinds of signed objects.
var (
	all   = []lint.Kind{lint.SOD, lint.CardSecurity, lint.MasterList, lint.DeviationList}
	lists = []lint.Kind{lint.MasterList, lint.DeviationList}
	nulls = []lint.Kind{lint.SOD, lint.MasterList}
	files = []lint.Kind{lint.SOD, lint.CardSecurity}
)

func only(k ...lint.Kind) []lint.Kind { return k }

// contentTypes are what the objects carry.
var contentTypes = map[lint.Kind]string{
	lint.SOD: cms.OIDLDSSecurityObject, lint.CardSecurity: cms.OIDSecurityObject,
	lint.MasterList: cms.OIDMasterList, lint.DeviationList: cms.OIDDeviationList,
}

// KindOf says which object a content type makes, "" for none known here.
func KindOf(contentType string) lint.Kind {
	for k, id := range contentTypes {
		if id == contentType {
			return k
		}
	}
	return ""
}

// Lint puts the rules for this kind to a signed object, and for an EF.CardSecurity
// those for SecurityInfos to its content. The certificates in it are not judged:
// see Object.Certificates. What cannot be read as SignedData breaks
// signed.structure, and no other rule is asked.
func Lint(raw []byte, kind lint.Kind) []lint.Finding {
	o := Read(raw, kind)
	if o.Signed == nil {
		return Set{structure}.Run(kind, o, time.Time{})
	}
	findings := rules.Run(kind, o, o.signedAt())
	if kind == lint.CardSecurity && o.Signed.Content != nil {
		findings = append(findings, infos.Lint(o.Signed.Content, kind)...)
	}
	return findings
}

// Read reads a signed object as far as that goes.
func Read(raw []byte, kind lint.Kind) *Object {
	o := &Object{Raw: raw, Kind: kind, CMS: raw}
	if n, rest, err := tlv.Parse(raw); err == nil {
		o.CMS, o.Trailing = n.Raw, len(rest)
		if n.Tag != der.Sequence && kind == lint.SOD {
			o.Tag, o.CMS = n.Tag, n.Value
		}
	}
	sd, err := cms.Parse(o.CMS)
	if err != nil {
		return o
	}
	o.Signed = sd
	for _, c := range sd.Certificates {
		if x := cert.Read(c); x.OK() {
			o.Certificates = append(o.Certificates, x)
		}
	}
	o.unsigned = hasUnsigned(sd.DER)
	switch kind {
	case lint.SOD:
		o.Security = readSecurity(sd.Content)
	case lint.MasterList:
		o.List = readList(sd.Content)
	case lint.DeviationList:
		o.Deviations = readDeviations(sd.Content)
	}
	return o
}

// hasUnsigned looks for unsignedAttrs, which the reader does not keep.
func hasUnsigned(object []byte) bool {
	info, _ := der.One(object)
	wrap, _ := info.First(0xa0)
	parts, ok := der.Parts(wrap.Value, der.Sequence)
	if !ok || len(parts) == 0 {
		return false
	}
	signers, err := parts[len(parts)-1].Children()
	if err != nil {
		return false
	}
	for _, s := range signers {
		if _, ok := s.First(0xa1); ok {
			return true
		}
	}
	return false
}

// signedAt is the first signing time, zero when there is none.
func (o *Object) signedAt() time.Time {
	for _, s := range o.Signed.Signers {
		if !s.SigningTime.IsZero() {
			return s.SigningTime
		}
	}
	return time.Time{}
}

// Signer is the certificate in the object that a signer names, nil when it is not
// there.
func (o *Object) Signer(s *cms.SignerInfo) *cert.Certificate {
	for _, c := range o.Certificates {
		if s.SubjectKeyID != nil {
			if bytes.Equal(c.SubjectKeyID(), s.SubjectKeyID) {
				return c
			}
			continue
		}
		if bytes.Equal(c.Issuer.Raw, s.Issuer) && s.Serial != nil && cms.Integer(c.Serial).Cmp(s.Serial) == 0 {
			return c
		}
	}
	return nil
}

// Signers are the certificates in the object that signers name.
func (o *Object) Signers() []*cert.Certificate {
	var out []*cert.Certificate
	for _, s := range o.Signed.Signers {
		if c := o.Signer(s); c != nil {
			out = append(out, c)
		}
	}
	return out
}

// each calls f for every signer.
func (o *Object) each(f func(s *cms.SignerInfo)) {
	for _, s := range o.Signed.Signers {
		f(s)
	}
}

func algorithm(a cms.Algorithm) der.Algorithm {
	return der.Algorithm{Raw: a.Raw, OID: a.OID, Params: a.Params}
}

func integer(content []byte) *big.Int { return cms.Integer(content) }

// deviated calls f with the text of each deviation of this rule that reading noted.
func (o *Object) deviated(rule string, f func(text string)) {
	for _, d := range o.Signed.Deviations {
		if d.Rule == rule {
			f(d.Text)
		}
	}
}
