package conformance

import (
	"fmt"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/crl"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/document"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/files"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/infos"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/signed"
)

// Input is an object to be judged. Name is that of its file, for people and to
// recognise it by.
type Input struct {
	Name  string
	Bytes []byte
}

// Judged is what the rules say about one object.
type Judged struct {
	Name     string
	Kind     lint.Kind // "" for an object that has no rules here
	Raw      []byte
	Subject  string // of a certificate
	Inside   string // how the object lies in the input: "" for the input itself, "signer", "certificate 2", "listed 14"
	Findings []lint.Finding
}

// Object judges one object, and the certificates inside it: those of the signers of a
// signed object as what signers must be, and every certificate of a master list as
// what it claims to be. The object itself comes first.
func Object(in Input) []Judged {
	kind := Recognise(in.Name, in.Bytes)
	j := Judged{Name: in.Name, Raw: in.Bytes, Kind: kind}
	switch kind {
	case "":
		return []Judged{j}
	case lint.CRL:
		j.Findings = crl.Lint(in.Bytes)
	case lint.CardAccess:
		j.Findings = infos.Lint(in.Bytes, kind)
	case lint.SOD, lint.CardSecurity, lint.MasterList, lint.DeviationList:
		j.Findings = signed.Lint(in.Bytes, kind)
		return append([]Judged{j}, inside(in, kind)...)
	default:
		if isCertificate(kind) {
			return []Judged{certificate(in.Name, "", in.Bytes, kind)}
		}
		j.Findings = files.Lint(in.Bytes, kind)
	}
	return []Judged{j}
}

func certificate(name, where string, raw []byte, kind lint.Kind) Judged {
	j := Judged{Name: name, Raw: raw, Inside: where}
	j.Kind, j.Findings = cert.Lint(raw, kind)
	if c := cert.Read(raw); c.OK() {
		if n, err := pki.ParseName(c.Subject.Raw); err == nil {
			j.Subject = n.String()
		}
	}
	return j
}

// signerKinds are what the signers of signed objects must be.
var signerKinds = map[lint.Kind]lint.Kind{
	lint.SOD: lint.DS, lint.CardSecurity: lint.DS, lint.MasterList: lint.MLSigner, lint.DeviationList: lint.DLSigner,
}

func inside(in Input, kind lint.Kind) []Judged {
	o := signed.Read(in.Bytes, kind)
	if o.Signed == nil {
		return nil
	}
	var out []Judged
	signers := map[*cert.Certificate]bool{}
	for _, c := range o.Signers() {
		if signers[c] {
			continue
		}
		signers[c] = true
		role := signerKinds[kind]
		if claimed := cert.Classify(c); claimed == lint.CSCA || claimed == lint.Link {
			role = claimed // a rule about the object has said that it must not sign
		}
		out = append(out, certificate(in.Name, "signer", c.Raw, role))
	}
	for i, c := range o.Certificates {
		if !signers[c] {
			out = append(out, certificate(in.Name, fmt.Sprintf("certificate %d", i+1), c.Raw, ""))
		}
	}
	if o.List != nil {
		for i, raw := range o.List.Listed {
			out = append(out, certificate(in.Name, fmt.Sprintf("listed %d", i+1), raw, ""))
		}
	}
	return out
}

// Together judges objects that lie together: each by itself, and all of them with
// each other. The findings about them all come last, with the kind "document" and
// the name given; of two files of a kind the first counts there.
func Together(name string, inputs []Input) []Judged {
	var out []Judged
	chip := map[lint.Kind][]byte{}
	var certificates []*cert.Certificate
	var lists []*crl.List
	for _, in := range inputs {
		judged := Object(in)
		out = append(out, judged...)
		switch k := judged[0].Kind; {
		case known(k):
			if _, twice := chip[k]; !twice {
				chip[k] = in.Bytes
			}
		case isCertificate(k):
			if c := cert.Read(in.Bytes); c.OK() {
				certificates = append(certificates, c)
			}
		case k == lint.CRL:
			if l := crl.Read(in.Bytes); l.OK() {
				lists = append(lists, l)
			}
		}
	}
	return append(out, Judged{Name: name, Kind: lint.Document, Findings: document.Lint(chip, certificates, lists)})
}

// Abouts describes every rule, in the order of the packages.
func Abouts() []lint.About {
	var out []lint.About
	out = append(out, cert.Rules().Abouts()...)
	out = append(out, crl.Rules().Abouts()...)
	out = append(out, signed.Rules().Abouts()...)
	out = append(out, infos.Rules().Abouts()...)
	out = append(out, files.Rules().Abouts()...)
	return append(out, document.Rules().Abouts()...)
}
