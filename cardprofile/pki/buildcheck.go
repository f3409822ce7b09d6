package pki

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

func badOption(field, problem, fix string) error {
	return &cardprofile.InputError{Field: field, Problem: problem, Fix: fix}
}

func checkCSCA(o CSCAOptions) error {
	if !upperLetters(o.Country, 2, 2) {
		return badOption("country", "is not a two-letter country code in capitals", "give it as in ISO 3166-1, VN for Viet Nam")
	}
	if !upperLetters(o.State, 1, 3) {
		return badOption("state", "is not an ICAO code of one to three capitals", "give it as it stands in the MRZ, VNM for Viet Nam")
	}
	return checkSubject(o.Subject)
}

func checkDS(o *DSOptions, csca *Certificate) error {
	if err := checkUnder(&o.Subject, csca); err != nil {
		return err
	}
	if len(o.DocumentTypes) == 0 {
		return badOption("document types", "are missing", "name the document codes this signer may sign, such as I or ID")
	}
	seen := map[string]bool{}
	for _, t := range o.DocumentTypes {
		if !upperLetters(t, 1, 2) || seen[t] {
			return badOption("document types", "are not different codes of one or two capitals", "name the document codes as in the MRZ, without fillers")
		}
		seen[t] = true
	}
	return nil
}

// checkUnder checks what is common to the certificates that a CSCA issues; without
// places of a CRL they take the CSCA's.
func checkUnder(o *Subject, csca *Certificate) error {
	if len(o.CRLURLs) == 0 {
		o.CRLURLs = csca.CRLURLs
	}
	if err := checkSubject(*o); err != nil {
		return err
	}
	switch {
	case !csca.IsCA:
		return badOption("csca", "is not a CA certificate", "give the CSCA's own certificate")
	case o.NotBefore.Before(csca.NotBefore):
		return badOption("not before", "the certificate would be valid before its CSCA is", "begin on "+day(csca.NotBefore)+" or later")
	case o.NotAfter.After(csca.NotAfter):
		return badOption("not after", "the certificate would outlive its CSCA, which ends on "+day(csca.NotAfter), "make a new CSCA, or shorten the validity")
	case !csca.PrivateKeyNotAfter.IsZero() && o.NotBefore.After(csca.PrivateKeyNotAfter):
		return badOption("not before", "the CSCA's key was to sign only until "+day(csca.PrivateKeyNotAfter), "make a new CSCA")
	}
	return nil
}

func checkSubject(o Subject) error {
	for _, f := range []struct{ field, value string }{{"common name", o.CommonName}, {"organization", o.Organization}} {
		if !utf8.ValidString(f.value) || len(f.value) > 64 || strings.ContainsFunc(f.value, unicode.IsControl) {
			return badOption(f.field, "is longer than 64 bytes or holds control characters", "shorten it")
		}
	}
	if strings.TrimSpace(o.CommonName) == "" {
		return badOption("common name", "is missing", "name the authority, such as CSCA Viet Nam")
	}
	if o.Email == "" && o.URL == "" {
		return badOption("contact", "is missing", "give an e-mail address or a URL")
	}
	if !ia5(o.Email) || !ia5(o.URL) || o.Email != "" && strings.Count(o.Email, "@") != 1 {
		return badOption("contact", "is no e-mail address or URL in ASCII", "")
	}
	if len(o.CRLURLs) == 0 {
		return badOption("CRL URL", "is missing", "give an http, https or ldap URL of the CSCA's CRL")
	}
	for _, u := range o.CRLURLs {
		p, err := url.Parse(u)
		if err != nil || !ia5(u) || p.Scheme != "http" && p.Scheme != "https" && p.Scheme != "ldap" {
			return badOption("CRL URL", "is no http, https or ldap URL", "")
		}
	}
	if s := o.Serial; s != nil && (s.Sign() <= 0 || s.BitLen() > 159) {
		return badOption("serial", "is not positive with 20 octets at most", "leave it out for a random one")
	}
	return checkTimes(o)
}

func checkTimes(o Subject) error {
	for _, t := range []time.Time{o.NotBefore, o.NotAfter, o.PrivateKeyNotAfter} {
		if t.Nanosecond() != 0 || t.Year() < 2000 || t.Year() > 9999 {
			return badOption("validity", "is not in whole seconds, or has an impossible year", "")
		}
	}
	if !o.NotBefore.Before(o.PrivateKeyNotAfter) || o.PrivateKeyNotAfter.After(o.NotAfter) {
		return badOption("validity", fmt.Sprintf("the private key is used from %s until %s, which is not inside the validity until %s",
			day(o.NotBefore), day(o.PrivateKeyNotAfter), day(o.NotAfter)), "the certificate lasts as long as the key signs, and as the documents after that")
	}
	return nil
}

func upperLetters(s string, low, high int) bool {
	return len(s) >= low && len(s) <= high && !strings.ContainsFunc(s, func(r rune) bool { return r < 'A' || r > 'Z' })
}

func ia5(s string) bool {
	return len(s) <= 256 && !strings.ContainsFunc(s, func(r rune) bool { return r < 0x21 || r > 0x7e })
}
