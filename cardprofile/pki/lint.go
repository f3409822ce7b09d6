package pki

import (
	"bytes"
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Role is what a certificate is for.
type Role int

// The roles that have a profile here.
const (
	RoleCSCA Role = iota + 1 // self-signed CSCA
	RoleDS                   // Document Signer
)

// Presence of an extension.
const (
	optional = iota
	mandatory
	forbidden
)

// profileOf is Doc 9303-12 (8th ed.), Table 6, for the extensions that both roles
// speak of. Extensions not in it are forbidden, or private and not critical.
var profileOf = map[Role]map[string]struct {
	presence int
	critical bool
}{
	RoleCSCA: {
		oidAuthorityKeyID:   {optional, false},
		oidSubjectKeyID:     {mandatory, false},
		oidKeyUsage:         {mandatory, true},
		oidPrivateKeyUsage:  {mandatory, false},
		oidSubjectAltName:   {mandatory, false},
		oidIssuerAltName:    {mandatory, false},
		oidBasicConstraints: {mandatory, true},
		oidCRLPoints:        {mandatory, false},
		oidExtKeyUsage:      {forbidden, false},
		oidDocumentTypes:    {forbidden, false},
	},
	RoleDS: {
		oidAuthorityKeyID:   {mandatory, false},
		oidSubjectKeyID:     {optional, false},
		oidKeyUsage:         {mandatory, true},
		oidPrivateKeyUsage:  {mandatory, false},
		oidSubjectAltName:   {mandatory, false},
		oidIssuerAltName:    {mandatory, false},
		oidBasicConstraints: {forbidden, false},
		oidCRLPoints:        {mandatory, false},
		oidExtKeyUsage:      {forbidden, false},
		oidNameChange:       {forbidden, false},
		oidDocumentTypes:    {mandatory, false},
	},
}

// forbiddenExtensions must stand in no certificate (Table 6 and its notes):
// nameConstraints, policyMappings, policyConstraints, inhibitAnyPolicy, freshestCRL,
// subjectDirectoryAttributes, Netscape certificate type.
var forbiddenExtensions = []string{"2.5.29.30", "2.5.29.33", "2.5.29.36", "2.5.29.54", "2.5.29.46", "2.5.29.9", "2.16.840.1.113730.1.1"}

// Lint holds a certificate to its profile in Doc 9303-12 (8th ed.), 7.1.1, beyond
// what reading it already noted in Deviations.
func Lint(c *Certificate, role Role) []cardprofile.Deviation {
	n := &notes{where: "certificate"}
	for id, want := range profileOf[role] {
		e, present := c.extension(id)
		switch {
		case !present && want.presence == mandatory:
			n.note("x509.profile.missing", "extension %s is missing", id)
		case present && want.presence == forbidden:
			n.note("x509.profile.forbidden", "extension %s must not be present", id)
		case present && e.Critical != want.critical:
			n.note("x509.profile.critical", "extension %s has the wrong criticality", id)
		}
	}
	for _, id := range forbiddenExtensions {
		if _, present := c.extension(id); present {
			n.note("x509.profile.forbidden", "extension %s must not be present", id)
		}
	}
	usage, path := UsageDigitalSignature, -1
	if role == RoleCSCA {
		usage, path = UsageKeyCertSign|UsageCRLSign, 0
		subject, _ := c.extension(oidSubjectAltName)
		issuer, _ := c.extension(oidIssuerAltName)
		if !bytes.Equal(subject.Value, issuer.Value) {
			n.note("x509.profile.altnames", "the alternative names of a self-signed CSCA differ")
		}
	}
	if c.KeyUsage != usage {
		n.note("x509.profile.keyusage", "key usage is %x, not %x", c.KeyUsage, usage)
	}
	if c.IsCA != (role == RoleCSCA) || c.PathLen != path {
		n.note("x509.profile.basicconstraints", "basic constraints do not fit the role")
	}
	if len(c.States) == 0 {
		n.note("x509.profile.state", "the subject alternative name has no ICAO code")
	}
	if c.Subject.CommonName() == "" || c.Subject.Country() == "" {
		n.note("x509.profile.subject", "the subject lacks country or common name")
	}
	slices.SortFunc(n.list, func(a, b cardprofile.Deviation) int { return strings.Compare(a.Text, b.Text) })
	return n.list
}
