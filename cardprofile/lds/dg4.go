package lds

import (
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
)

// ParseDG4 reads the iris images, in either encoding, and the group that holds
// none. Damaged records leave Irises short and say so in the deviations; the
// error is for a file that is no DG4.
func ParseDG4(b []byte) (*Biometrics, []cardprofile.Deviation, error) {
	d, n, err := parseBiometrics(b, 0x76, biometric.IrisModality, "DG4", "dg4")
	if err != nil {
		return nil, n.list, err
	}
	for _, item := range d.Items {
		irises, devs, err := biometric.ParseIrises(item.Encoding(), item.Data)
		n.list = append(n.list, devs...)
		if err != nil {
			n.add("dg4.record", "an iris record cannot be read: %v", err)
		}
		for _, f := range irises {
			if s := f.Subtype(); s != 0 && item.Subtype != 0 && s != item.Subtype {
				n.add("dg4.subtype", "the header of a template names another eye than its record")
			}
		}
		d.Irises = append(d.Irises, irises...)
	}
	return d, n.list, nil
}

// EncodeDG4 writes DG4 with one template for each eye, Doc 9303-10 (8th ed.),
// 4.7.4.
func EncodeDG4(e biometric.Encoding, irises ...biometric.Iris) ([]byte, error) {
	if len(irises) == 0 || len(irises) > maxBiometrics {
		return nil, unbuilt("DG4: %d eyes", len(irises))
	}
	var list []template
	for _, f := range irises {
		data, err := biometric.EncodeIrises(e, f)
		if err != nil {
			return nil, unbuilt("DG4: %w", err)
		}
		list = append(list, template{f.Subtype(), data})
	}
	return encodeBiometrics(0x76, biometric.IrisModality, e, list)
}

// EncodeEmptyDG4 writes the DG4 of a holder without usable iris images; see
// EncodeEmptyDG3.
func EncodeEmptyDG4(random []byte) ([]byte, error) { return encodeNone(0x76, random) }
