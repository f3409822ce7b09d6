package main

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
)

// country is an authority in a SoftHSM2 token, worked by the built command alone.
type country struct {
	*authorityRun
	binary string
	rsa    bool
}

func buildChipid(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chipid")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// chipid runs the built command on the token and wants it to succeed.
func (c *country) chipid(args ...string) string {
	c.t.Helper()
	cmd := exec.Command(c.binary, append(args, "--module", c.k.module, "--token", hsmtest.TokenLabel, "--pin-source", "env:CHIPID_TEST_PIN")...) //nolint:gosec // the command under test
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	if err := cmd.Run(); err != nil {
		c.t.Fatalf("chipid %v: %v\n%s", args, err, &talk)
	}
	return out.String()
}

// hold plans, reviews and holds a ceremony, and returns the object's file.
func (c *country) hold(kind, text, out string) string {
	c.t.Helper()
	file := c.write(out+".yaml", "ceremony: "+out+"\nkind: "+kind+"\n"+text)
	plan := c.path(out + ".plan")
	c.chipid("pki", kind, file, "--dry-run", "--plan", plan)
	if _, err := os.Stat(c.path(out)); err == nil {
		c.t.Errorf("%s: a dry run made the object", out)
	}
	c.chipid("pki", kind, file, "--plan", plan, "--out", c.path(out), "--transcript", c.path(out+".transcript"), "--witness", "Lan", "--witness", "Minh", "--operator", "Hoa")
	return c.path(out)
}

// openssl runs openssl and wants it to succeed and to say each of the words.
func (c *country) openssl(args []string, words ...string) string {
	c.t.Helper()
	out, err := pkitest.OpenSSL(c.t, args...)
	if err != nil {
		c.t.Errorf("openssl %v: %v\n%s", args, err, out)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			c.t.Errorf("openssl %v does not say %q:\n%s", args, w, out)
		}
	}
	return out
}

// pem makes a PEM file of a certificate.
func (c *country) pem(der string) string {
	c.openssl([]string{"x509", "-inform", "DER", "-in", der, "-out", der + ".pem"})
	return der + ".pem"
}

// signedBy has OpenSSL verify the signature of a certificate or list under the issuer's key by itself: it builds no chain over explicit EC
// parameters, but computes with them. RSA chains it builds too.
func (c *country) signedBy(issuer, der string) {
	c.t.Helper()
	b, err := os.ReadFile(der)
	check(c.t, err)
	var signed struct {
		TBS       asn1.RawValue
		Algorithm struct {
			OID        asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		Signature asn1.BitString
	}
	if rest, err := asn1.Unmarshal(b, &signed); err != nil || len(rest) != 0 {
		c.t.Fatalf("%s: %v", der, err)
	}
	key, tbs, sig := issuer+".key", der+".tbs", der+".sig"
	c.openssl([]string{"x509", "-inform", "DER", "-in", issuer, "-pubkey", "-noout", "-out", key})
	check(c.t, os.WriteFile(tbs, signed.TBS.FullBytes, 0o600))
	check(c.t, os.WriteFile(sig, signed.Signature.Bytes, 0o600))
	hash := "-sha256"
	// The hash follows from the key's size here: SHA-384 from P-384 and brainpoolP384r1 on.
	if strings.HasSuffix(signed.Algorithm.OID.String(), ".4.3.3") {
		hash = "-sha384"
	}
	args := []string{"dgst", hash}
	if c.rsa {
		args = append(args, "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:auto")
	}
	c.openssl(append(args, "-verify", key, "-signature", sig, tbs), "Verified OK")
}

// chain has OpenSSL build the chain of an RSA certificate to the root; at is a moment in its life.
func (c *country) chain(root, der string) {
	c.t.Helper()
	c.signedBy(root, der)
	if c.rsa {
		c.openssl([]string{"verify", "-attime", "1770000000", "-check_ss_sig", "-CAfile", c.pem(root), c.pem(der)}, ": OK")
	}
}

// TestACountry walks the ceremonies of a whole country through the built command on a SoftHSM2 token, and has the stock tools look at every
// object.
func TestACountry(t *testing.T) {
	hsmtest.Tool(t, "openssl", "openssl")
	binary := buildChipid(t)
	t.Run("documents", func(t *testing.T) { documentsOfACountry(t, binary) })
	t.Run("terminals", func(t *testing.T) { terminalsOfACountry(t, binary) })
}

func documentsOfACountry(t *testing.T, binary string) {
	for _, kind := range []string{"rsa", "P-256", "brainpoolP384r1"} {
		t.Run(kind, func(t *testing.T) {
			c := &country{&authorityRun{t: t, k: newKeysRun(t), dir: t.TempDir()}, binary, kind == "rsa"}
			make := []string{"--curve", kind}
			if c.rsa {
				make = []string{"--rsa", "3072"}
			}
			for _, label := range []string{"csca1", "csca2", "ds", "mls", "dls"} {
				c.chipid(append([]string{"keys", "create", "--label", label}, make...)...)
			}
			csca1 := c.hold("csca", "key: pkcs11:object=csca1\n"+fmt.Sprintf(subjectOfCSCA, "CSCA Viet Nam", "2026-01-01", "2041-03-31", "2030-12-31"), "csca1.cer")
			csca2 := c.hold("csca", "key: pkcs11:object=csca2\n"+strings.Replace(fmt.Sprintf(subjectOfCSCA, "CSCA Viet Nam 2", "2026-01-15", "2041-09-30", "2031-06-30"), "  test", "  name-changed: true\n  test", 1), "csca2.cer")
			link := c.hold("link", "key: pkcs11:object=csca1\ncsca: csca1.cer\nnext: csca2.cer\n", "link.cer")
			signer := func(name string) string {
				return "key: pkcs11:object=csca1\ncsca: csca1.cer\nsubject-key: pkcs11:object=" + name + "\nsubject: {name: Signer " + name + ", email: a@example.org, from: 2026-02-01, until: 2040-12-31, sign-until: 2026-04-30}\n"
			}
			ds := c.hold("ds", signer("ds")+"documents: [I, P]\n", "ds.cer")
			mls := c.hold("masterlist-signer", signer("mls"), "mls.cer")
			dls := c.hold("deviationlist-signer", signer("dls"), "dls.cer")

			text := func(der string, words ...string) {
				t.Helper()
				c.openssl([]string{"x509", "-inform", "DER", "-in", der, "-noout", "-text", "-certopt", "ext_parse"}, words...)
			}
			text(csca1, "CA:TRUE, pathlen:0", "Private Key Usage Period", "CRL Distribution Points", "Certificate Sign, CRL Sign")
			text(csca2, "2.23.136.1.1.6.1") // nameChange
			text(link, "2.23.136.1.1.6.1", "CA:TRUE, pathlen:0")
			text(ds, "2.23.136.1.1.6.2", "Private Key Usage Period", "Digital Signature") // documentTypeList
			text(mls, "2.23.136.1.1.3")
			text(dls, "2.23.136.1.1.8")
			for _, der := range []string{csca1, csca2, ds, mls, dls, link} {
				if !c.rsa {
					// Doc 9303-12, 4.1.6.3: the parameters are explicit.
					text(der, "Field Type: prime-field", "Generator")
				}
			}
			c.chain(csca1, csca1)
			c.chain(csca2, csca2)
			c.chain(csca1, ds)
			c.chain(csca1, mls)
			c.chain(csca1, dls)
			c.chain(csca1, link)
			if c.rsa {
				// What the new key issues is good under the link too, whose key is the new one. The old anchor's path length of 0, which
				// Doc 9303-12 wants, keeps OpenSSL from going through the link to it.
				ds2 := c.hold("ds", strings.ReplaceAll(signer("ds"), "csca1", "csca2")+"documents: [P]\n", "ds2.cer")
				c.openssl([]string{"verify", "-attime", "1770000000", "-partial_chain", "-trusted", c.pem(link), c.pem(ds2)}, ": OK")
				c.chain(csca2, ds2)
			}
			c.crls(csca1, ds)
			c.lists(csca1, mls, dls)
		})
	}
}

// crls: the first list, and the next one that revokes the Document Signer, which OpenSSL then refuses.
func (c *country) crls(csca, ds string) {
	t := c.t
	b, err := os.ReadFile(ds)
	check(t, err)
	signer, err := pki.ParseCertificate(b)
	check(t, err)
	one := c.hold("crl", "key: pkcs11:object=csca1\ncsca: csca1.cer\ncrl: {this-update: 2026-02-01, next-update: 2026-04-30}\n", "one.crl")
	two := c.hold("crl", fmt.Sprintf("key: pkcs11:object=csca1\ncsca: csca1.cer\ncrl:\n  previous: one.crl\n  this-update: 2026-02-01T12:00:00Z\n  next-update: 2026-05-01\n  revoked:\n    - {serial: %x, at: 2026-02-01}\n", signer.Serial), "two.crl")
	for i, list := range []string{one, two} {
		c.openssl([]string{"crl", "-inform", "DER", "-in", list, "-CAfile", c.pem(csca), "-noout", "-text"}, "verify OK", fmt.Sprintf("X509v3 CRL Number: \n                %d", i+1))
		c.signedBy(csca, list)
	}
	if !c.rsa {
		return
	}
	for _, l := range []struct {
		list, says string
		good       bool
	}{{one, ": OK", true}, {two, "certificate revoked", false}} {
		c.openssl([]string{"crl", "-inform", "DER", "-in", l.list, "-out", l.list + ".pem"})
		out, err := pkitest.OpenSSL(t, "verify", "-attime", "1770000000", "-crl_check", "-CRLfile", l.list+".pem", "-CAfile", c.pem(csca), c.pem(ds))
		if (err == nil) != l.good || !strings.Contains(out, l.says) {
			t.Errorf("openssl verify with %s: %v\n%s", filepath.Base(l.list), err, out)
		}
	}
}

// lists: master list and deviation list, whose signature OpenSSL verifies under the signer; of RSA to the CSCA.
func (c *country) lists(csca, mls, dls string) {
	ml := c.hold("masterlist", "key: pkcs11:object=mls\ncsca: csca1.cer\nsigner: mls.cer\nsigned: 2026-02-02T02:00:00Z\ncertificates: [csca1.cer, csca2.cer, link.cer]\n", "list.ml")
	dl := c.hold("deviationlist", "key: pkcs11:object=dls\ncsca: csca1.cer\nsigner: dls.cer\nsigned: 2026-02-02\nentries:\n  - signer-certificate: ds.cer\n    issued-from: 2026-02-01\n    issued-to: 2026-02-28\n    deviations:\n      - {type: 2.23.136.1.1.7.2.2, data-group: 2, text: wrong hash}\n", "list.dl")
	for list, oid := range map[string]string{ml: "2.23.136.1.1.2", dl: "2.23.136.1.1.7"} {
		content := list + ".content"
		c.openssl([]string{"cms", "-verify", "-inform", "DER", "-in", list, "-noverify", "-binary", "-out", content}, "erification successful")
		c.openssl([]string{"cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", list}, oid)
		if c.rsa {
			c.openssl([]string{"cms", "-verify", "-inform", "DER", "-in", list, "-CAfile", c.pem(csca), "-attime", "1770000000", "-purpose", "any", "-binary", "-out", content}, "erification successful")
		}
		// A changed byte of the content is told.
		b, err := os.ReadFile(list)
		check(c.t, err)
		text, err := os.ReadFile(content)
		check(c.t, err)
		i := bytes.Index(b, text)
		if i < 0 || len(text) == 0 {
			c.t.Fatalf("%s: OpenSSL gives back something that is not in it", list)
		}
		b[i+len(text)-1] ^= 1
		check(c.t, os.WriteFile(list+".bad", b, 0o600))
		if out, err := pkitest.OpenSSL(c.t, "cms", "-verify", "-inform", "DER", "-in", list+".bad", "-noverify", "-binary", "-out", content); err == nil {
			c.t.Errorf("%s changed, and OpenSSL accepts it: %s", filepath.Base(list), out)
		}
	}
}

// terminalsOfACountry: CVCA, its link, DV and inspection system, with requests, on curves and RSA; cvc-print reads every one.
func terminalsOfACountry(t *testing.T, binary string) {
	tool := hsmtest.Tool(t, "cvc-print", "openpace")
	for kind, algorithm := range map[string]string{"P-256": "ECDSA-SHA-256", "brainpoolP384r1": "ECDSA-SHA-384", "rsa": "RSA-PSS-SHA-256"} {
		t.Run(kind, func(t *testing.T) {
			c := &country{&authorityRun{t: t, k: newKeysRun(t), dir: t.TempDir()}, binary, kind == "rsa"}
			make := []string{"--curve", kind}
			if c.rsa {
				make = []string{"--rsa", "2048"}
			}
			for _, label := range []string{"cvca1", "cvca2", "dv", "is"} {
				c.chipid(append([]string{"keys", "create", "--label", label}, make...)...)
			}
			cv := func(holder, role, until, more string) string {
				return "cv: {holder: " + holder + ", role: " + role + ", rights: [read-dg3, read-dg4], from: 2026-01-01, until: " + until + more + "}\n"
			}
			root := c.hold("cvca", "key: pkcs11:object=cvca1\n"+cv("VNCVCA00001", "cvca", "2028-12-31", ", algorithm: "+algorithm), "cvca1.cvcert")
			link := c.hold("cvca", "key: pkcs11:object=cvca1\nsubject-key: pkcs11:object=cvca2\n"+cv("VNCVCA00002", "cvca", "2028-12-31", ", algorithm: "+algorithm+", issuer: cvca1.cvcert"), "link.cvcert")
			c.hold("request", "key: pkcs11:object=dv\ncv: {holder: VNDV00001, algorithm: "+algorithm+", authority: VNCVCA00001}\n", "dv.req")
			dv := c.hold("dv", "key: pkcs11:object=cvca1\n"+cv("VNDV00001", "dv-domestic", "2026-03-31", ", issuer: cvca1.cvcert, request: dv.req"), "dv.cvcert")
			var chain []byte
			for _, name := range []string{root, dv} {
				b, err := os.ReadFile(name)
				check(t, err)
				chain = append(chain, b...)
			}
			c.write("chain.cvcert", string(chain))
			c.hold("request", "key: pkcs11:object=is\ncv: {holder: VNIS00001, algorithm: "+algorithm+", authority: VNDV00001}\n", "is.req")
			is := c.hold("terminal", "key: pkcs11:object=dv\n"+cv("VNIS00001", "terminal", "2026-01-31", ", issuer: chain.cvcert, request: is.req"), "is.cvcert")
			for file, says := range map[string][2]string{root: {"VNCVCA00001", "VNCVCA00001"}, link: {"VNCVCA00001", "VNCVCA00002"}, dv: {"VNCVCA00001", "VNDV00001"}, is: {"VNDV00001", "VNIS00001"}} {
				out, err := exec.Command(tool, "--cvc", file).CombinedOutput() //nolint:gosec // the tool of the test
				if err != nil || !bytes.Contains(out, []byte("CAR: "+says[0])) || !bytes.Contains(out, []byte("CHR: "+says[1])) {
					t.Errorf("cvc-print %s: %v\n%s", filepath.Base(file), err, out)
				}
			}
			for _, file := range []string{"dv.req", "is.req"} {
				if out, err := exec.Command(tool, "--csr", c.path(file)).CombinedOutput(); err != nil { //nolint:gosec // the tool of the test
					t.Errorf("cvc-print %s: %v\n%s", file, err, out)
				}
			}
		})
	}
}
