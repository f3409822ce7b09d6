package signed

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// maxListed bounds the certificates of a list that are judged.
const maxListed = 20_000

// List is a CscaMasterList as it is written (Doc 9303-12 (8th ed.), 9.2).
type List struct {
	Version []byte
	Listed  [][]byte // each in DER
}

func readList(content []byte) *List {
	parts, ok := der.Parts(content, der.Sequence)
	if !ok || len(parts) != 2 || parts[0].Tag != der.Integer || parts[1].Tag != der.SetOf {
		return nil
	}
	set, err := parts[1].Children()
	if err != nil || len(set) > maxListed {
		return nil
	}
	l := &List{Version: parts[0].Value}
	for _, c := range set {
		l.Listed = append(l.Listed, c.Raw)
	}
	return l
}

// isCA says whether a certificate is one of a CSCA.
func isCA(c *cert.Certificate) bool {
	k := cert.Classify(c)
	return k == lint.CSCA || k == lint.Link
}

// issuers are the CSCA certificates among these that a signer's certificate can have
// been issued under: by key identifier where it names one, else by name.
func issuers(of *cert.Certificate, among []*cert.Certificate) bool {
	for _, c := range among {
		if !isCA(c) {
			continue
		}
		if id := of.AuthorityKeyID(); id != nil && c.SubjectKeyID() != nil {
			if string(id) == string(c.SubjectKeyID()) {
				return true
			}
		} else if string(c.Subject.Raw) == string(of.Issuer.Raw) {
			return true
		}
	}
	return false
}

// listed reads the certificates of the list.
func (o *Object) listed() []*cert.Certificate {
	if o.List == nil {
		return nil
	}
	var out []*cert.Certificate
	for _, raw := range o.List.Listed {
		if c := cert.Read(raw); c.OK() {
			out = append(out, c)
		}
	}
	return out
}

// Deviating is a DeviationList as it is written (Doc 9303-12 (8th ed.), 10.2).
type Deviating struct {
	Version   []byte
	HasDigest bool
	Entries   []entry
}

// entry is one Deviation.
type entry struct {
	readable     bool
	kind         tlv.Node // documentType [0]
	signer       tlv.Node // dscIdentifier: [1], [2] or [3]
	period       tlv.Node // issuingDate [4]
	numbers      tlv.Node // documentNumbers [5]
	descriptions []description
}

// description is one DeviationDescription.
type description struct {
	readable bool
	text     tlv.Node
	kind     string
}

func readDeviations(content []byte) *Deviating {
	parts, ok := der.Parts(content, der.Sequence)
	if !ok {
		return nil
	}
	in := der.Cursor{Rest: parts}
	version, ok := in.Take(der.Integer)
	if !ok {
		return nil
	}
	d := &Deviating{Version: version.Value}
	_, d.HasDigest = in.Take(der.Sequence)
	set, ok := in.Take(der.SetOf)
	list, err := set.Children()
	if !ok || err != nil || len(in.Rest) > 0 || len(list) > maxListed {
		return nil
	}
	for _, e := range list {
		d.Entries = append(d.Entries, readEntry(e))
	}
	return d
}

func readEntry(n tlv.Node) (e entry) {
	parts, ok := der.Parts(n.Raw, der.Sequence)
	if !ok || len(parts) != 2 || parts[0].Tag != der.Sequence || parts[1].Tag != der.SetOf {
		return e
	}
	documents, err := parts[0].Children()
	if err != nil {
		return e
	}
	in := der.Cursor{Rest: documents}
	e.kind, _ = in.Take(0x80)
	for _, tag := range []tlv.Tag{0xa1, 0x82, 0x83} {
		if n, ok := in.Take(tag); ok {
			e.signer = n
			break
		}
	}
	e.period, _ = in.Take(0xa4)
	e.numbers, _ = in.Take(0xa5)
	e.readable = len(in.Rest) == 0
	set, err := parts[1].Children()
	e.readable = e.readable && err == nil
	for _, s := range set {
		e.descriptions = append(e.descriptions, readDescription(s))
	}
	return e
}

func readDescription(n tlv.Node) (d description) {
	parts, ok := der.Parts(n.Raw, der.Sequence)
	if !ok {
		return d
	}
	in := der.Cursor{Rest: parts}
	if len(in.Rest) > 0 && in.Rest[0].Tag != der.ObjectID {
		d.text, in.Rest = in.Rest[0], in.Rest[1:]
	}
	id, ok := in.Take(der.ObjectID)
	if !ok {
		return d
	}
	d.kind, d.readable = der.OID(id)
	in.Take(0xa0)
	in.Take(0xa1)
	d.readable = d.readable && len(in.Rest) == 0
	return d
}
