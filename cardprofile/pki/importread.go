package pki

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Bounds on one imported file. The world has a thousand CSCA certificates, and the
// public key directory of ICAO some thirty thousand Document Signers, in an LDIF file
// of eighty megabytes.
const (
	MaxImport  = 128 << 20   // of LDIF, in bytes
	MaxObjects = 50_000      // certificates, lists and CRLs of one file
	maxPlain   = cms.MaxSize // of anything else, in bytes
)

var errManyObjects = fmt.Errorf("the file holds more than %d certificates, lists and CRLs", MaxObjects)

// ImportOrder says how early a file is to be imported among others, by a look at its
// beginning: certificates, then master lists and directories, then deviation lists,
// then CRLs, each of which may need what the ones before it bring.
func ImportOrder(data []byte) int {
	head := data[:min(len(data), 256)]
	var inner, tbs cryptobyte.String
	s := cryptobyte.String(data)
	switch {
	case isLDIF(data), bytes.Contains(head, cms.MarshalOID(cms.OIDMasterList)):
		return 1
	case bytes.Contains(head, cms.MarshalOID(cms.OIDDeviationList)):
		return 2
	case bytes.Contains(head, []byte("-----BEGIN X509 CRL")),
		s.ReadASN1(&inner, asn1.SEQUENCE) && inner.ReadASN1(&tbs, asn1.SEQUENCE) && looksLikeCRL(tbs):
		return 3
	}
	return 0
}

// read takes a file apart.
func (b *batch) read(data []byte) error {
	if isLDIF(data) {
		return b.readLDIF(data)
	}
	if len(data) > maxPlain {
		return fmt.Errorf("the file has %d bytes, more than the %d that are read", len(data), maxPlain)
	}
	if !bytes.Contains(data[:min(len(data), 4096)], []byte("-----BEGIN ")) {
		return b.readDER(data)
	}
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil
		}
		switch block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CRL", "PKCS7", "CMS":
			if err := b.readDER(block.Bytes); err != nil {
				return err
			}
		default:
			return fmt.Errorf("the file holds a PEM block %q, which a trust store does not take", strings.Map(printable, block.Type))
		}
	}
}

// readDER reads elements after one another; each says by its form what it is.
func (b *batch) readDER(data []byte) error {
	s := cryptobyte.String(data)
	if len(s) == 0 {
		return errors.New("the file is empty")
	}
	for len(bytes.TrimSpace(s)) > 0 { // an editor may have put a line end after it
		var one cryptobyte.String
		if !s.ReadASN1Element(&one, asn1.SEQUENCE) {
			// BER has no length to cut by: only a list that fills the file may use it.
			if len(s) > 1 && s[0] == 0x30 && s[1] == 0x80 {
				return b.readCMS(s)
			}
			return errors.New("the file is neither DER nor PEM of a certificate, list or CRL, nor LDIF")
		}
		if err := b.readOne(one); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) readOne(der cryptobyte.String) error {
	body := der
	var inner, tbs cryptobyte.String
	if !body.ReadASN1(&inner, asn1.SEQUENCE) {
		return errors.New("the file holds something that is no certificate, list or CRL")
	}
	if inner.PeekASN1Tag(asn1.OBJECT_IDENTIFIER) {
		return b.readCMS(der)
	}
	// A CRL has a time where a certificate has its validity, a SEQUENCE.
	if inner.ReadASN1(&tbs, asn1.SEQUENCE) && looksLikeCRL(tbs) {
		return b.readCRL(der)
	}
	b.kind("certificates")
	return b.readCertificate(der, "imported")
}

func looksLikeCRL(tbs cryptobyte.String) bool {
	if tbs.PeekASN1Tag(asn1.INTEGER) && !tbs.SkipASN1(asn1.INTEGER) {
		return false
	}
	// Signature algorithm and issuer.
	for range 2 {
		if !tbs.SkipASN1(asn1.SEQUENCE) {
			return false
		}
	}
	return tbs.PeekASN1Tag(asn1.UTCTime) || tbs.PeekASN1Tag(asn1.GeneralizedTime)
}

// full says whether the file has as many objects as are read.
func (b *batch) full() bool {
	return len(b.entries)+len(b.crls)+len(b.lists)+b.report.RefusedAll >= MaxObjects
}

func (b *batch) readCRL(der []byte) error {
	if b.full() {
		return errManyObjects
	}
	l, err := ParseCRL(bytes.Clone(der))
	if err != nil {
		return err
	}
	b.kind("crl")
	b.crls = append(b.crls, l)
	return nil
}

// readCertificate takes one certificate. named says how the operator named it, "" for
// one that came in a list or in LDIF.
func (b *batch) readCertificate(der []byte, named string) error {
	if b.full() {
		return errManyObjects
	}
	c, err := ParseCertificate(bytes.Clone(der))
	if err != nil {
		return err
	}
	if c.TestMark && !b.s.test {
		b.refuse(c.String(), c.Fingerprint(), ErrTestMark)
		return nil
	}
	e := newCertEntry(c)
	if e.Kind == KindCSCA {
		if b.loose && !b.o.confirms(e.SHA256) {
			b.refuse(c.String(), e.SHA256, errors.New("is a CSCA outside any signed list: nothing says who put it there; confirm its fingerprint, or import it from a file of its own"))
			return nil
		}
		if b.loose {
			named = "confirmed"
		}
		if named != "" {
			b.nameAs(named, e.SHA256)
		}
	}
	if b.s.dir != "" {
		e.cert = nil // read again when a document asks for it
	}
	b.entries = append(b.entries, e)
	b.bodies = append(b.bodies, c.Raw)
	return nil
}

func (b *batch) readCMS(data []byte) error {
	sd, err := cms.Parse(data)
	if err != nil {
		return err
	}
	switch {
	case sd.ContentType == cms.OIDMasterList:
		return b.readMasterList(data)
	case sd.ContentType == cms.OIDDeviationList:
		return b.readDeviationList(data)
	case sd.ContentType == OIDTrustBundle:
		return errors.New("a trust bundle is imported by itself, not inside another file")
	case len(sd.Signers) == 0 && len(sd.Certificates)+len(sd.CRLs) > 0: // a PKCS #7 bundle
		b.kind("certificates")
		for _, raw := range sd.Certificates {
			if err := b.readCertificate(raw, "imported"); err != nil {
				return err
			}
		}
		for _, raw := range sd.CRLs {
			if err := b.readCRL(raw); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("the file is signed content of type %s, which a trust store does not take", sd.ContentType)
}
