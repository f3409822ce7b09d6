package ceremony

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"strings"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

var cvRoles = map[string]cvc.Role{"cvca": cvc.RoleCVCA, "dv-domestic": cvc.RoleDomesticDV, "dv-foreign": cvc.RoleForeignDV, "terminal": cvc.RoleTerminal}

var cvRights = map[string]cvc.Right{"read-dg3": cvc.ReadDG3, "read-dg4": cvc.ReadDG4}

// prepareCV makes what TR-03110 describes.
func (p *Plan) prepareCV(ctx context.Context, keys Keys) error {
	s, in := p.Spec, p.Spec.CV
	if in == nil {
		return s.bad("cv", "is missing", "say who holds the certificate")
	}
	var prepared *cvc.Prepared
	var err error
	if s.Kind == Request {
		prepared, err = p.request()
	} else {
		prepared, err = p.cvCertificate(ctx, keys)
	}
	if err != nil {
		var input *cardprofile.InputError
		if errors.As(err, &input) {
			return err
		}
		return s.bad("cv", err.Error(), "correct the ceremony's file")
	}
	p.message = prepared.Message()
	p.sign = func(context.Context) ([]byte, error) { return prepared.Issue(p.signer) }
	return nil
}

func (p *Plan) algorithm(name string) (cvc.Algorithm, error) {
	for _, a := range cvc.Algorithms() {
		if strings.EqualFold(a.String(), name) {
			if a.Deprecated() {
				p.Notes = append(p.Notes, a.String()+" is one that the standard advises against")
			}
			return a, nil
		}
	}
	var names []string
	for _, a := range cvc.Algorithms() {
		names = append(names, a.String())
	}
	return 0, p.Spec.bad("algorithm", "is none of "+strings.Join(names, ", "), "say how the holder's key signs")
}

// request is one for the key that signs it.
func (p *Plan) request() (*cvc.Prepared, error) {
	in := p.Spec.CV
	a, err := p.algorithm(in.Algorithm)
	if err != nil {
		return nil, err
	}
	p.fact("holder", in.Holder)
	p.fact("authority", in.Authority)
	p.fact("algorithm", a.String())
	return cvc.RequestTemplate{CAR: cvc.Reference(in.Authority), CHR: cvc.Reference(in.Holder), Algorithm: a}.Prepare(p.signer.Public())
}

func (p *Plan) cvCertificate(ctx context.Context, keys Keys) (*cvc.Prepared, error) {
	s, in := p.Spec, p.Spec.CV
	role, ok := cvRoles[in.Role]
	if !ok {
		return nil, s.bad("role", "is none of cvca, dv-domestic, dv-foreign, terminal", "")
	}
	if want := map[string]bool{CVCA: role == cvc.RoleCVCA, DV: role == cvc.RoleDomesticDV || role == cvc.RoleForeignDV, Terminal: role == cvc.RoleTerminal}; !want[s.Kind] {
		return nil, s.bad("role", "is not one of a "+s.Kind, "")
	}
	var rights []cvc.Right
	for _, r := range in.Rights {
		right, ok := cvRights[r]
		if !ok {
			return nil, s.bad("rights", "hold one that is none of read-dg3, read-dg4", "")
		}
		rights = append(rights, right)
	}
	chat, err := cvc.NewCHAT(cvc.InspectionSystem, role, rights...)
	if err != nil {
		return nil, err
	}
	t := cvc.Template{CHAT: chat, Domain: in.Domain}
	for _, d := range []struct {
		field, text string
		at          *cvc.Date
	}{{"from", in.From, &t.Effective}, {"until", in.Until, &t.Expiration}} {
		day, err := s.day(d.field, d.text)
		if err != nil {
			return nil, err
		}
		if *d.at, err = cvc.DateOf(day); err != nil {
			return nil, s.bad(d.field, "is no date that a CV certificate can hold", "")
		}
	}
	if err := p.holder(ctx, keys, &t); err != nil {
		return nil, err
	}
	p.fact("holder", string(t.CHR))
	p.fact("authorization", chat.String())
	p.fact("algorithm", t.Algorithm.String())
	p.fact("holder's key SHA-256", keyDigest(t.Public))
	p.fact("valid", t.Effective.String()+" to "+t.Expiration.String())
	if in.Issuer == "" {
		if s.Kind != CVCA {
			return nil, s.bad("issuer", "is missing", "name the certificate of who signs")
		}
		return t.Prepare(nil)
	}
	issuer, err := p.issuer(in.Issuer)
	if err != nil {
		return nil, err
	}
	return t.Prepare(&issuer)
}

// holder says whose key it is: the request's, one of the token, or the signer's own.
func (p *Plan) holder(ctx context.Context, keys Keys, t *cvc.Template) (err error) {
	s, in := p.Spec, p.Spec.CV
	t.CHR = cvc.Reference(in.Holder)
	if in.Request == "" {
		if t.Algorithm, err = p.algorithm(in.Algorithm); err != nil {
			return err
		}
		if in.Issuer == "" {
			t.Public = p.signer.Public()
			return nil
		}
		t.Public, err = p.subjectKey(ctx, keys)
		return err
	}
	b, err := readFile(in.Request, s.file(in.Request), cvc.MaxLen*2)
	if err != nil {
		return err
	}
	q, err := cvc.ParseRequest(b)
	if err != nil {
		return &cardprofile.InputError{File: in.Request, Field: "request", Problem: "is no certificate request that can be read", Fix: "ask the holder for it again"}
	}
	if t.Public, err = q.Verify(); err != nil {
		return &cardprofile.InputError{File: in.Request, Field: "request", Problem: "is not signed with the key that it names", Fix: "ask the holder for it again"}
	}
	if in.Holder != "" && q.CHR != t.CHR {
		return s.bad("holder", fmt.Sprintf("is %s, the request's is %s", t.CHR, q.CHR), "make them the same")
	}
	t.CHR, t.Algorithm = q.CHR, q.PublicKey.Algorithm
	for _, n := range q.Notes {
		p.Notes = append(p.Notes, "request: "+n)
	}
	if q.Outer == nil {
		p.Notes = append(p.Notes, "the request has no outer signature: nothing but your own check says whose it is")
	} else {
		p.fact("request countersigned by", string(q.Outer.CAR)+" (not verified here)")
	}
	return nil
}

// issuer is the key of the certificate that signs, with what it may certify.
func (p *Plan) issuer(path string) (cvc.Key, error) {
	s := p.Spec
	b, err := readFile(path, s.file(path), 1<<20)
	if err != nil {
		return cvc.Key{}, err
	}
	list, err := cvc.ParseAll(b)
	if err != nil || len(list) == 0 {
		return cvc.Key{}, &cardprofile.InputError{File: path, Field: "issuer", Problem: "holds no CV certificate that can be read", Fix: "name the issuer's certificate, with those above it before it"}
	}
	// The first is self-signed, each other is signed by the one before it.
	key, err := cvc.Root(list[0])
	for _, c := range list[1:] {
		if err == nil {
			key, err = key.Verify(c)
		}
	}
	if err != nil {
		return cvc.Key{}, &cardprofile.InputError{File: path, Field: "issuer", Problem: "is no chain from a self-signed certificate: " + err.Error(), Fix: "put the CVCA's certificate first, then each that the one before it signed"}
	}
	last := list[len(list)-1]
	p.fact("issuer", fmt.Sprintf("%s, valid to %s", last.CHR, last.Expiration))
	if !samePublic(key.Public, p.signer.Public()) {
		return cvc.Key{}, s.bad("key", "is not the key of the issuer's certificate", "name the issuer's key")
	}
	return key, nil
}

func samePublic(a, b crypto.PublicKey) bool { return keyDigest(a) == keyDigest(b) }
