package lds

import (
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
)

// ParseDG2 reads the facial images, in either encoding. Damaged records leave
// Faces short and say so in the deviations; the error is for a file that is no
// DG2.
func ParseDG2(b []byte) (*Biometrics, []cardprofile.Deviation, error) {
	d, n, err := parseBiometrics(b, 0x75, biometric.FaceModality, "DG2", "dg2")
	if err != nil {
		return nil, n.list, err
	}
	if len(d.Items) == 0 || len(d.Items) > maxFaces {
		n.add("dg2.count", "%d faces, where 1 to %d may be", len(d.Items), maxFaces)
	}
	for _, item := range d.Items {
		faces, devs, err := biometric.ParseFaces(item.Encoding(), item.Data)
		n.list = append(n.list, devs...)
		if err != nil {
			n.add("dg2.record", "a face record cannot be read: %v", err)
		}
		d.Faces = append(d.Faces, faces...)
	}
	return d, n.list, nil
}

// EncodeDG2 writes DG2 with one face record of ISO/IEC 19794-5 around one
// portrait.
func EncodeDG2(portrait []byte) ([]byte, error) {
	return EncodeDG2As(biometric.ISO19794, portrait)
}

// EncodeDG2As writes DG2 around one portrait in the encoding asked for.
func EncodeDG2As(e biometric.Encoding, portrait []byte) ([]byte, error) {
	face, err := biometric.NewFace(portrait)
	if err != nil {
		return nil, unbuilt("DG2: %w", err)
	}
	return EncodeDG2Faces(e, face)
}

// EncodeDG2Faces writes DG2 with one template for each face, 1 to 9 of them, Doc
// 9303-10 (8th ed.), 4.7.2.
func EncodeDG2Faces(e biometric.Encoding, faces ...biometric.Face) ([]byte, error) {
	if len(faces) == 0 || len(faces) > maxFaces {
		return nil, unbuilt("DG2: %d faces", len(faces))
	}
	var list []template
	for _, f := range faces {
		data, err := biometric.EncodeFaces(e, f)
		if err != nil {
			return nil, unbuilt("DG2: %w", err)
		}
		list = append(list, template{0, data})
	}
	return encodeBiometrics(0x75, biometric.FaceModality, e, list)
}
