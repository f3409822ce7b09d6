package lds

import (
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
)

// ParseDG3 reads the fingerprint images, in either encoding, and the group that
// holds none. Damaged records leave Fingers short and say so in the deviations;
// the error is for a file that is no DG3.
func ParseDG3(b []byte) (*Biometrics, []cardprofile.Deviation, error) {
	d, n, err := parseBiometrics(b, 0x63, biometric.FingerModality, "DG3", "dg3")
	if err != nil {
		return nil, n.list, err
	}
	for _, item := range d.Items {
		fingers, devs, err := biometric.ParseFingers(item.Encoding(), item.Data)
		n.list = append(n.list, devs...)
		if err != nil {
			n.add("dg3.record", "a finger record cannot be read: %v", err)
		}
		for _, f := range fingers {
			if s := f.Subtype(); s != 0 && item.Subtype != 0 && s != item.Subtype {
				n.add("dg3.subtype", "the header of a template names another finger than its record")
			}
		}
		d.Fingers = append(d.Fingers, fingers...)
	}
	return d, n.list, nil
}

// EncodeDG3 writes DG3 with one template for each finger, Doc 9303-10 (8th ed.),
// 4.7.3.
func EncodeDG3(e biometric.Encoding, fingers ...biometric.Finger) ([]byte, error) {
	if len(fingers) == 0 || len(fingers) > maxBiometrics {
		return nil, unbuilt("DG3: %d fingers", len(fingers))
	}
	var list []template
	for _, f := range fingers {
		data, err := biometric.EncodeFingers(e, f)
		if err != nil {
			return nil, unbuilt("DG3: %w", err)
		}
		list = append(list, template{f.Subtype(), data})
	}
	return encodeBiometrics(0x63, biometric.FingerModality, e, list)
}

// EncodeEmptyDG3 writes the DG3 of a holder without usable fingerprints, where
// the issuer stores them otherwise. random is the issuer's content, 1 to 64
// bytes drawn anew for each document: without it, equal hashes in EF.SOD would
// tell who has none (Doc 9303-10 (8th ed.), 4.7.3.2.2).
func EncodeEmptyDG3(random []byte) ([]byte, error) { return encodeNone(0x63, random) }
