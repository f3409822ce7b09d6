package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

// count is one row of the table.
type count struct {
	total, parsed, verified, flagged int
	reasons                          map[string][]string // why not, and which
}

func (c *count) because(reason, name string) {
	if c.reasons == nil {
		c.reasons = map[string][]string{}
	}
	reason = particulars.ReplaceAllString(reason, "…")
	c.reasons[reason] = append(c.reasons[reason], name)
}

// particulars are what tells one case of a reason from another.
var particulars = regexp.MustCompile(`[0-9a-f]{6,}|\d{4}-\d\d-\d\d`)

// results are the table.
type results struct {
	lists, deviationLists, crls count
	certificates                count // CA certificates and others; verified: by some key of the corpus
	self                        count // that name themselves as issuer; verified: by their own key
	signers                     count // certificates of Document Signers and list signers
	sods                        count // verified: sod.signature passed
	chained, valid              count
	deviations                  map[string]int // by rule, over all kinds
	others                      []string
}

// judge reads and verifies everything.
func (c *collection) judge() *results {
	r := &results{deviations: map[string]int{}, others: c.others}
	r.readLists(c)
	all, store := r.readCertificates(c)
	r.verifyCertificates(all)
	r.readCRLs(c, all)
	r.readSODs(c, store)
	return r
}

func (r *results) deviate(list []cardprofile.Deviation) {
	seen := map[string]bool{}
	for _, d := range list {
		if !seen[d.Rule] {
			r.deviations[d.Rule]++
		}
		seen[d.Rule] = true
	}
}

// readLists verifies each list's own signature with the certificate inside it, and
// takes the certificates out.
func (r *results) readLists(c *collection) {
	for _, o := range c.lists {
		r.lists.total++
		m, err := pki.ParseMasterList(o.der)
		if err != nil {
			r.lists.because(err.Error(), o.name)
			continue
		}
		r.lists.parsed++
		r.signedList(&r.lists, m.Signed, cms.OIDMasterList, o.name)
		for i, raw := range append(slices.Clone(m.Certificates), m.Signed.Certificates...) {
			c.one(fmt.Sprintf("%s:%d", o.name, i+1), raw)
		}
	}
	for _, o := range c.deviationLists {
		r.deviationLists.total++
		l, err := pki.ParseDeviationList(o.der)
		if err != nil {
			r.deviationLists.because(err.Error(), o.name)
			continue
		}
		r.deviationLists.parsed++
		r.signedList(&r.deviationLists, l.Signed, cms.OIDDeviationList, o.name)
		for i, raw := range l.Signed.Certificates {
			c.one(fmt.Sprintf("%s:%d", o.name, i+1), raw)
		}
	}
}

func (r *results) signedList(n *count, sd *cms.SignedData, content, name string) {
	v := pki.VerifyDocument(sd, nil, pki.VerifyOptions{ContentType: content, Where: "list"})
	r.deviate(v.Deviations)
	if v.Signature.Outcome != pki.Passed {
		n.because(v.Signature.Reason, name)
		return
	}
	n.verified++
	// A list carries its signer's CSCA beside it as it should (Doc 9303-12 (8th ed.),
	// Table 18), which a security object must not.
	if slices.ContainsFunc(v.Deviations, func(d cardprofile.Deviation) bool { return d.Where == "list" && d.Rule != "cms.certificates.further" }) {
		n.flagged++
	}
}

// readCertificates parses every certificate, and makes a store of those that came
// outside security objects.
func (r *results) readCertificates(c *collection) ([]*pki.Certificate, *pki.Store) {
	var all []*pki.Certificate
	store := pki.NewStore(true)
	for _, o := range c.certificates {
		r.certificates.total++
		cert, err := pki.ParseCertificate(o.der)
		if err != nil {
			r.certificates.because(err.Error(), o.name)
			continue
		}
		r.certificates.parsed++
		r.deviate(cert.Deviations)
		if len(cert.Deviations) > 0 {
			r.certificates.flagged++
		}
		all = append(all, cert)
		if _, err := store.Import(o.name, cert.Raw, pki.ImportOptions{}); err != nil {
			r.certificates.because("not taken into a store: "+err.Error(), o.name)
		}
	}
	return all, store
}

// verifyCertificates looks for the key that signed each.
func (r *results) verifyCertificates(all []*pki.Certificate) {
	byKey, byCountry := map[string][]*pki.Certificate{}, map[string][]*pki.Certificate{}
	for _, ca := range all {
		byKey[string(ca.SubjectKeyID)] = append(byKey[string(ca.SubjectKeyID)], ca)
		byCountry[ca.Subject.Country()] = append(byCountry[ca.Subject.Country()], ca)
	}
	for _, c := range all {
		// A link certificate has the same name twice, and names another key.
		own := string(c.Issuer.Raw) == string(c.Subject.Raw) && (c.AuthorityKeyID == nil || string(c.AuthorityKeyID) == string(c.SubjectKeyID))
		signer := c.MayIssueDocuments() == nil || len(c.ExtKeyUsage) > 0
		if own {
			r.self.total++
		}
		if signer {
			r.signers.total++
		}
		devs, err := c.CheckSignatureFrom(c)
		if err == nil && own {
			r.self.verified++
		} else {
			var other []cardprofile.Deviation
			candidates := append(slices.Clone(byKey[string(c.AuthorityKeyID)]), byCountry[c.Issuer.Country()]...)
			if other, err = signedByOne(c, candidates); err == nil {
				devs = other
			}
		}
		if err != nil {
			why := "no key of the corpus signed it"
			if c.PublicKey == nil {
				why = "its key cannot be used: " + c.KeyError.Error()
			} else if errors.Is(err, cms.ErrUnsupported) {
				why = err.Error()
			}
			r.certificates.because(why, c.String())
			continue
		}
		r.deviate(devs)
		r.certificates.verified++
		if signer {
			r.signers.verified++
		}
	}
}

func signedByOne(c *pki.Certificate, candidates []*pki.Certificate) ([]cardprofile.Deviation, error) {
	err := errors.New("no candidate")
	for _, ca := range candidates {
		devs, e := c.CheckSignatureFrom(ca)
		if e == nil {
			return devs, nil
		}
		if errors.Is(e, cms.ErrUnsupported) {
			err = e
		}
	}
	return nil, err
}

func (r *results) readCRLs(c *collection, all []*pki.Certificate) {
	for _, o := range c.crls {
		r.crls.total++
		l, err := pki.ParseCRL(o.der)
		if err != nil {
			r.crls.because(err.Error(), o.name)
			continue
		}
		r.crls.parsed++
		r.deviate(l.Deviations)
		verified := slices.ContainsFunc(all, func(ca *pki.Certificate) bool {
			if ca.Subject.Country() != l.Issuer.Country() {
				return false
			}
			_, err := l.CheckSignatureFrom(ca)
			return err == nil
		})
		if !verified {
			r.crls.because("no key of the corpus signed it", o.name)
			continue
		}
		r.crls.verified++
	}
}

// readSODs verifies security objects down to the certificates of the corpus, on a
// day on which their signers are valid: whether they are today is not asked here.
func (r *results) readSODs(c *collection, store *pki.Store) {
	for _, o := range c.sods {
		r.sods.total++
		s, err := sod.Parse(o.der)
		if err != nil {
			r.sods.because(err.Error(), o.name)
			continue
		}
		r.sods.parsed++
		v := sod.Verify(s, store, pki.VerifyOptions{})
		r.deviate(v.Deviations)
		if v.Signature.Outcome != pki.Passed {
			r.sods.because(v.Signature.Reason, o.name)
			continue
		}
		r.sods.verified++
		r.chained.total++
		if v.Chain.Outcome != pki.Passed {
			r.chained.because(v.Chain.Reason, o.name)
			continue
		}
		r.chained.verified++
		r.valid.total++
		if v.Validity.Outcome != pki.Passed {
			r.valid.because(v.Validity.Reason, o.name)
			continue
		}
		r.valid.verified++
	}
}
