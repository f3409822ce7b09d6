package pki

import (
	"bytes"
	"math/big"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// LinkOptions describes a CSCA link certificate.
type LinkOptions struct {
	// NotBefore to NotAfter is how long the link can be verified; zero values take the
	// beginning of the new certificate and its end, so that who knows the old key alone
	// trusts the new one for all of its life.
	NotBefore, NotAfter time.Time
	// Serial is as in Subject. It must not be the serial of another certificate of the
	// old CSCA.
	Serial *big.Int
	// Sign chooses the signature algorithm of the old key.
	Sign cms.SignOptions
}

// PrepareLink decides and checks everything about a link certificate: the key, name
// and validity of next, the CSCA's new self-signed certificate, that the key of old, an
// earlier one, will sign (Doc 9303-12 (8th ed.), 4.1 and 7.1.1). Where the names
// differ it says so with nameChange (7.1.1.5).
func PrepareLink(o LinkOptions, old, next *Certificate) (*Prepared, error) {
	subject := Subject{NotBefore: o.NotBefore, NotAfter: o.NotAfter, Serial: o.Serial, Sign: o.Sign}
	if o.NotBefore.IsZero() {
		subject.NotBefore = next.NotBefore
	}
	if o.NotAfter.IsZero() {
		subject.NotAfter = next.NotAfter
	}
	if err := checkLink(subject, old, next); err != nil {
		return nil, err
	}
	spki, keyID, err := marshalKey(next.PublicKey)
	if err != nil {
		return nil, err
	}
	// The issuer's alternative name is the old certificate's, the subject's the new
	// one's: Doc 9303-12 (8th ed.), 7.1.1.2.
	issuerNames, ok := old.extension(oidSubjectAltName)
	subjectNames, also := next.extension(oidSubjectAltName)
	if !ok || !also || old.SubjectKeyID == nil {
		return nil, badOption("csca", "lacks the subject key identifier or the alternative name that Doc 9303-12 requires", "make it with chipid pki csca")
	}
	period := marshalPeriod(next.PrivateKeyNotBefore, next.PrivateKeyNotAfter)
	extensions := append(authorityExtensions(old.SubjectKeyID, keyID, period, next.CRLURLs),
		extensionDER(oidSubjectAltName, false, subjectNames.Value),
		extensionDER(oidIssuerAltName, false, issuerNames.Value))
	if !bytes.Equal(old.Subject.Raw, next.Subject.Raw) {
		extensions = append(extensions, extensionDER(oidNameChange, false, []byte{0x05, 0x00}))
	}
	return prepareCertificate(subject, old.TestMark, certificateBody{issuer: old.Subject.Raw, subject: next.Subject.Raw, spki: spki,
		extensions: extensions, kind: lint.Link}, old.PublicKey, old)
}

func checkLink(o Subject, old, next *Certificate) error {
	for _, c := range []struct {
		field string
		c     *Certificate
	}{{"old CSCA", old}, {"new CSCA", next}} {
		switch {
		case !c.c.IsCA || !c.c.SelfSigned():
			return badOption(c.field, "is not a self-signed CSCA certificate", "give the CSCA's own certificate")
		case c.c.PublicKey == nil || c.c.PrivateKeyNotAfter.IsZero() || len(c.c.CRLURLs) == 0:
			return badOption(c.field, "lacks a usable key, the period of the private key or the place of the CRL", "make it with chipid pki csca")
		}
	}
	if _, err := next.CheckSignatureFrom(next); err != nil {
		return badOption("new CSCA", "is not signed with its own key", "give the certificate as it was made")
	}
	switch {
	case cms.SamePublicKey(old.PublicKey, next.PublicKey):
		return badOption("new CSCA", "has the old key", "a link certificate is for a new key; make one with chipid keys create")
	case old.Subject.Country() != next.Subject.Country():
		return badOption("new CSCA", "is of another country than the old one", "link certificates stay within one State")
	case old.TestMark != next.TestMark:
		return badOption("new CSCA", "differs from the old one in the TEST mark", "a test authority links to test authorities alone")
	case o.NotBefore.Before(old.NotBefore) || !old.PrivateKeyNotAfter.IsZero() && o.NotBefore.After(old.PrivateKeyNotAfter):
		return badOption("not before", "is not within the time that the old key signs, "+day(old.NotBefore)+" to "+day(old.PrivateKeyNotAfter), "sign the link before the old key is put away")
	case o.NotBefore.Nanosecond() != 0 || o.NotAfter.Nanosecond() != 0 || !o.NotBefore.Before(o.NotAfter):
		return badOption("validity", "does not end after it begins, in whole seconds", "")
	case o.NotAfter.After(next.NotAfter):
		return badOption("not after", "is later than the end of the new certificate, "+day(next.NotAfter), "shorten it")
	case o.Serial != nil && (o.Serial.Sign() <= 0 || o.Serial.BitLen() > 159 || o.Serial.Cmp(old.Serial) == 0):
		return badOption("serial", "is not positive with 20 octets at most, or is that of the old certificate", "leave it out for a random one")
	}
	return nil
}
