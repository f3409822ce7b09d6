package conformance

import (
	"bytes"
	"path/filepath"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/crl"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/signed"
)

// Recognise says what an object is: by the name of its file where that is one of a
// chip's, else by its bytes. A certificate's kind is the one it claims, see
// cert.Classify. "" is for what has no rules here.
func Recognise(name string, b []byte) lint.Kind {
	if id, ok := lds.FileByDiskName(filepath.Base(name)); ok {
		if k := lint.Kind(id.Name); known(k) {
			return k
		}
		return ""
	}
	if len(b) > 0 && b[0] == 0x30 { // BER of indefinite length too, which the header below would refuse
		return sequence(b)
	}
	// Without a name the bytes must be whole: a text, too, begins with some tag.
	n, rest, err := tlv.Parse(b)
	if err != nil {
		return ""
	}
	switch n.Tag {
	case 0x31:
		return lint.CardAccess
	case 0x47, 0x7f66:
		return lint.ATRInfo
	case 0x61:
		if _, application := n.First(0x4f); application {
			return lint.DIR
		}
	}
	if len(bytes.Trim(rest, "\x00\xff")) > 0 {
		return ""
	}
	if id, ok := lds.FileByTag(n.Tag); ok {
		return lint.Kind(id.Name)
	}
	return ""
}

// sequence tells apart what begins with 30: a signed object, a certificate, a CRL.
func sequence(b []byte) lint.Kind {
	if sd, err := cms.Parse(b); err == nil {
		return signed.KindOf(sd.ContentType)
	}
	if c := cert.Read(b); c.OK() {
		return cert.Classify(c)
	}
	if crl.Read(b).OK() {
		return lint.CRL
	}
	return ""
}

// known says whether there are rules for a kind of file.
func known(k lint.Kind) bool {
	switch k {
	case lint.COM, lint.SOD, lint.CardAccess, lint.CardSecurity, lint.ATRInfo, lint.DIR:
		return true
	}
	for n := 1; n <= 16; n++ {
		if k == lint.DG(n) {
			return true
		}
	}
	return false
}

// isCertificate says whether a kind is one of certificates.
func isCertificate(k lint.Kind) bool {
	switch k {
	case lint.CSCA, lint.Link, lint.DS, lint.MLSigner, lint.DLSigner, lint.BarCodeSigner, lint.LDS2Signer, lint.Communication:
		return true
	}
	return false
}
