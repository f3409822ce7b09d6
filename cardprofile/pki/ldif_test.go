package pki_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

func TestLDIF(t *testing.T) {
	a, b := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{Country: "DE", State: "D", Name: "CSCA Germany"})
	list := a.SignedMasterList(t, a.CSCA, b.CSCA)
	crl := a.CRL(t, inspected, inspected.AddDate(0, 3, 0))
	defects := a.DeviationList(t, pkitest.Epoch, pkitest.DefectEntry(pki.DefectChip, "", nil))
	value, record := pkitest.LDIFValue, pkitest.LDIFRecord
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	const all = "csca crl csca deviation list signer"
	whole := record(1, value("userCertificate;binary", a.DS.Raw)) + record(2, value("certificateRevocationList;binary", crl)) +
		record(3, value("pkdMasterListContent", list)) + record(4, value("pkdDeviationListContent", defects))
	for _, c := range []struct{ name, text, holds string }{
		{"whole directory", "version: 1\n\n" + whole, all},
		{"line ends of Windows", crlf("version: 1\n\n" + whole), all},
		{"comments, some folded", "# PKD\n#  export\n continued: of a comment\n\nversion: 1\n# more\n" + whole, all},
		{"without version", whole, all},
		{"no empty line at the end", strings.TrimRight(whole, "\n"), all},
		{"byte order mark", "\xef\xbb\xbfversion: 1\n" + whole, all},
		{"older name of the list", record(3, value("CscaMasterListData", list)), "csca csca"},
		{"names in another case", record(3, value("CSCAMASTERLISTDATA;binary", list), value("USERCERTIFICATE", a.DS.Raw)), "csca csca signer"},
		{"a list by another name", record(3, value("x-something;binary", list)), "csca csca"},
		{"not folded", record(3, strings.ReplaceAll(value("pkdMasterListContent", list), "\n ", "")), "csca csca"},
		{"folded inside the name", record(3, "pkdMasterList\n Content"+strings.TrimPrefix(value("pkdMasterListContent", list), "pkdMasterListContent")), "csca csca"},
		{"added by a change", strings.Replace(record(1, value("userCertificate;binary", a.DS.Raw)), "objectClass", "changetype: add\nobjectClass", 1), "signer"},
		{"replaced by a change", "dn: cn=1\nchangetype: modify\nreplace: userCertificate;binary\n" + value("userCertificate;binary", a.DS.Raw) + "-\n", "signer"},
		{"one of two cannot be read", record(1, value("userCertificate;binary", a.DS.Raw)) + record(2, value("userCertificate;binary", a.DS.Raw[:100])), "signer"},
		{"a link certificate", record(1, value("cACertificate;binary", a.Link(t, pkitest.NewAuthority(t, pkitest.Options{})).Raw)), "link"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := pki.NewStore(false)
			if _, err := s.Import("x.ldif", []byte(c.text), pki.ImportOptions{Anchors: []*pki.Certificate{a.CSCA}}); err != nil {
				t.Fatal(err)
			}
			if got := kinds(s); got != c.holds {
				t.Errorf("holds %s, not %s", got, c.holds)
			}
		})
	}
	for _, c := range []struct{ name, text, why string }{
		{"a URL", record(1, "userCertificate;binary:< file:///etc/passwd\n"), "line 4: the value of usercertificate is a URL"},
		{"a URL of no interest", record(1, value("userCertificate;binary", a.DS.Raw), "jpegPhoto:<file:///x\n"), "is a URL"},
		{"no attribute", "dn: cn=1\nhello\n", "line 2"},
		{"nothing in it", "version: 1\n\ndn: cn=1\nobjectClass: top\n", "holds no certificate"},
		{"a certificate in the clear", record(1, "userCertificate: MIIC\n"), "not in base64"},
		{"no base64", record(1, "userCertificate:: !!!!\n"), "not in base64"},
		{"deleted by a change", "dn: cn=1\nchangetype: modify\ndelete: userCertificate;binary\n" + value("userCertificate;binary", a.DS.Raw) + "-\n", "holds no certificate"},
		{"a CSCA that nobody signed for", record(1, value("cACertificate;binary", a.CSCA.Raw)), "nothing says who put it there"},
		{"a CSCA as a Document Signer", record(1, value("userCertificate;binary", b.CSCA.Raw)), "nothing says who put it there"},
		{"a list of nobody's", record(1, value("pkdMasterListContent", b.SignedMasterList(t, b.CSCA))), b.CSCA.Fingerprint()},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := pki.NewStore(false)
			_, err := s.Import("x.ldif", []byte(c.text), pki.ImportOptions{Anchors: []*pki.Certificate{a.CSCA}})
			var in *cardprofile.InputError
			if !errors.As(err, &in) || !strings.Contains(err.Error(), c.why) || kinds(s) != "" {
				t.Errorf("%v; holds %q", err, kinds(s))
			}
		})
	}
	// A CSCA of a directory comes in when the operator confirms its fingerprint.
	s := pki.NewStore(false)
	text := record(1, value("cACertificate;binary", a.CSCA.Raw), value("cACertificate;binary", b.CSCA.Raw))
	r, err := s.Import("x.ldif", []byte(text), pki.ImportOptions{Confirm: []string{strings.ToUpper(a.CSCA.Fingerprint())}})
	if err != nil || r.Added != 1 || r.RefusedAll != 1 || len(namedIn(s)) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestLDIFMany: every object is counted, and more than the bound are refused.
func TestLDIFMany(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	var b strings.Builder
	bad := pkitest.LDIFValue("userCertificate;binary", []byte{0x30, 0x00})
	for i := range pki.MaxObjects {
		fmt.Fprintf(&b, "dn: cn=%d\n%s\n", i, bad)
	}
	b.WriteString(pkitest.LDIFRecord(1, pkitest.LDIFValue("userCertificate;binary", a.DS.Raw)))
	s := pki.NewStore(false)
	if _, err := s.Import("x.ldif", []byte(b.String()), pki.ImportOptions{}); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("got %v", err)
	}
}
