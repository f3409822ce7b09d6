package crl

import (
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// maxCRL bounds a list that is judged, in bytes.
const maxCRL = 8 << 20

// Extension identifiers (RFC 5280, 5.2 and 5.3).
const (
	oidIssuerAltName = "2.5.29.18"
	oidNumber        = "2.5.29.20"
	oidReason        = "2.5.29.21"
	oidHold          = "2.5.29.23"
	oidInvalidity    = "2.5.29.24"
	oidDelta         = "2.5.29.27"
	oidDistribution  = "2.5.29.28"
	oidEntryIssuer   = "2.5.29.29"
	oidKeyID         = "2.5.29.35"
	oidFreshest      = "2.5.29.46"
)

var kinds = []lint.Kind{lint.CRL}

// List is a CRL as it is written.
type List struct {
	Raw          []byte
	Version      []byte // nil when absent
	Inner, Outer der.Algorithm
	Issuer       der.Name
	ThisUpdate   der.Time
	NextUpdate   der.Time // Tag 0 when absent
	HasRevoked   bool
	Revoked      []tlv.Node
	Extensions   []der.Extension
	entries      []der.Extension // of all entries, each kind and criticality once
	problem      string
}

// Rule is a rule about CRLs.
type Rule = lint.Rule[*List]

// Set is rules about CRLs.
type Set = lint.Set[*List]

// Rules are all rules about CRLs.
func Rules() Set { return slices.Clone(rules) }

// Lint puts the rules to a CRL in DER. What cannot be read as a CRL breaks the rule
// crl.structure, and no other is asked.
func Lint(raw []byte) []lint.Finding {
	l := Read(raw)
	if l.problem != "" {
		return Set{structure}.Run(lint.CRL, l, time.Time{})
	}
	issued, _ := l.ThisUpdate.When()
	return rules.Run(lint.CRL, l, issued)
}

// Read reads a CRL as far as that goes.
func Read(raw []byte) *List {
	l := &List{Raw: raw}
	l.problem = l.read()
	return l
}

// OK says whether the structure can be read.
func (l *List) OK() bool { return l.problem == "" }

func (l *List) read() string {
	if len(l.Raw) > maxCRL {
		return "it is too long for a CRL"
	}
	outer, ok := der.Parts(l.Raw, der.Sequence)
	if !ok || len(outer) != 3 {
		return "it is not a SEQUENCE of three elements"
	}
	if l.Outer, ok = der.ReadAlgorithm(outer[1]); !ok {
		return "signatureAlgorithm cannot be read"
	}
	if outer[2].Tag != der.BitString || len(outer[2].Value) < 2 {
		return "signatureValue is no BIT STRING with content"
	}
	tbs, err := outer[0].Children()
	if outer[0].Tag != der.Sequence || err != nil {
		return "tbsCertList is no SEQUENCE"
	}
	in := der.Cursor{Rest: tbs}
	if v, ok := in.Take(der.Integer); ok {
		l.Version = v.Value
	}
	n, ok := in.Take(der.Sequence)
	if !ok {
		return "signature is missing"
	}
	if l.Inner, ok = der.ReadAlgorithm(n); !ok {
		return "signature cannot be read"
	}
	if n, ok = in.Take(der.Sequence); !ok {
		return "issuer is missing"
	}
	if l.Issuer, ok = der.ReadName(n.Raw); !ok {
		return "issuer is no Name"
	}
	if len(in.Rest) == 0 {
		return "thisUpdate is missing"
	}
	if l.ThisUpdate, ok = der.ReadTime(in.Rest[0]); !ok {
		return "thisUpdate is no time"
	}
	in.Rest = in.Rest[1:]
	return l.readRest(&in)
}

func (l *List) readRest(in *der.Cursor) string {
	if len(in.Rest) > 0 {
		if t, ok := der.ReadTime(in.Rest[0]); ok {
			l.NextUpdate, in.Rest = t, in.Rest[1:]
		}
	}
	var n tlv.Node
	var err error
	if n, l.HasRevoked = in.Take(der.Sequence); l.HasRevoked {
		if l.Revoked, err = n.Children(); err != nil {
			return "revokedCertificates cannot be read"
		}
		if problem := l.readEntries(); problem != "" {
			return problem
		}
	}
	if n, ok := in.Take(0xa0); ok {
		if l.Extensions, ok = der.ReadExtensions(n); !ok {
			return "crlExtensions cannot be read"
		}
	}
	if len(in.Rest) > 0 {
		return "there is an element that does not belong into tbsCertList"
	}
	return ""
}

func (l *List) readEntries() string {
	type once struct {
		id       string
		critical bool
	}
	seen := map[once]bool{}
	for _, e := range l.Revoked {
		parts, err := e.Children()
		if e.Tag != der.Sequence || err != nil || len(parts) < 2 || len(parts) > 3 || parts[0].Tag != der.Integer {
			return "an entry of revokedCertificates cannot be read"
		}
		if len(parts) < 3 {
			continue
		}
		list, err := parts[2].Children()
		ext, ok := der.ReadExtensionList(list)
		if err != nil || !ok {
			return "extensions of an entry cannot be read"
		}
		for _, x := range ext {
			if k := (once{x.ID, x.Critical}); !seen[k] && len(seen) < 64 {
				seen[k] = true
				l.entries = append(l.entries, x)
			}
		}
	}
	return ""
}

func (l *List) extension(id string) (der.Extension, bool) {
	for _, e := range l.Extensions {
		if e.ID == id {
			return e, true
		}
	}
	return der.Extension{}, false
}

// AuthorityKeyID is the keyIdentifier of authorityKeyIdentifier, nil when there is
// none.
func (l *List) AuthorityKeyID() []byte {
	e, _ := l.extension(oidKeyID)
	parts, _ := der.Parts(e.Value, der.Sequence)
	for _, p := range parts {
		if p.Tag == 0x80 && len(p.Value) > 0 {
			return p.Value
		}
	}
	return nil
}

// number is the content of cRLNumber.
func (l *List) number() ([]byte, bool) {
	e, _ := l.extension(oidNumber)
	n, ok := der.One(e.Value)
	return n.Value, ok && n.Tag == der.Integer && len(n.Value) > 0
}

// timed calls f with the times of the list.
func (l *List) timed(f func(where string, t der.Time)) {
	f("thisUpdate", l.ThisUpdate)
	if l.NextUpdate.Tag != 0 {
		f("nextUpdate", l.NextUpdate)
	}
}

type check = func(*List, lint.Report)

func place(id string) string { return "crlExtensions." + id }

func present(id string) check {
	return func(l *List, report lint.Report) {
		if _, ok := l.extension(id); !ok {
			report("crlExtensions", "extension %s is missing", id)
		}
	}
}

func absent(id string) check {
	return func(l *List, report lint.Report) {
		if _, ok := l.extension(id); ok {
			report(place(id), "extension %s is present", id)
		}
	}
}

func uncritical(id string) check {
	return func(l *List, report lint.Report) {
		if e, ok := l.extension(id); ok && e.Critical {
			report(place(id), "extension %s is critical", id)
		}
	}
}

// entriesWithout asks that no entry has an extension.
func entriesWithout(id string) check {
	return func(l *List, report lint.Report) {
		for _, e := range l.entries {
			if e.ID == id {
				report("revokedCertificates", "an entry has extension %s", id)
				return
			}
		}
	}
}
