package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// shownImage is what is said of an image instead of its pixels.
type shownImage struct {
	MIME   string `json:"mime"`
	Bytes  int    `json:"bytes"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	SHA256 string `json:"sha256"`
}

func describeImage(b []byte) shownImage {
	sum := sha256.Sum256(b)
	w, h, _, _ := biometric.Size(b) // 0 × 0 when the header is damaged
	return shownImage{biometric.Sniff(b).MIME(), len(b), w, h, hex.EncodeToString(sum[:])}
}

// imageText is the image for people.
func (s *shown) imageText(i shownImage) string {
	kind := i.MIME
	if kind == "" {
		kind = s.tr("no known image", "không rõ loại ảnh")
	}
	return fmt.Sprintf(s.tr("%s, %d × %d, %d bytes", "%s, %d × %d, %d byte"), kind, i.Width, i.Height, i.Bytes)
}

func (s *shown) image() error {
	s.Kind = "image"
	i := describeImage(s.data)
	s.Content = i
	s.add(0, s.tr("image", "ảnh"), s.imageText(i))
	return nil
}

type shownBiometric struct {
	Owner    string       `json:"format_owner"`
	Format   string       `json:"format_type"`
	Encoding string       `json:"encoding"`
	Bytes    int          `json:"bytes"`
	Images   []shownImage `json:"images,omitempty"`
}

func (s *shown) biometrics(tag tlv.Tag) error {
	id, _ := lds.FileByTag(tag)
	parse := map[int]func([]byte) (*lds.Biometrics, []cardprofile.Deviation, error){2: lds.ParseDG2, 3: lds.ParseDG3, 4: lds.ParseDG4}[id.Number()]
	d, devs, err := parse(s.data)
	if err := s.keep(id.Name, devs, err); err != nil {
		return err
	}
	out := []shownBiometric{}
	for _, item := range d.Items {
		b := shownBiometric{fmt.Sprintf("%04X", item.Owner), fmt.Sprintf("%04X", item.Format), "ISO/IEC 19794", len(item.Data), nil}
		if item.Is39794 {
			b.Encoding = "ISO/IEC 39794"
		}
		out = append(out, b)
		s.add(0, s.tr("template", "mẫu"), fmt.Sprintf("%s, %s/%s, %d bytes", b.Encoding, b.Owner, b.Format, b.Bytes))
	}
	for _, f := range d.Faces {
		i := describeImage(f.Image)
		s.add(1, s.tr("image", "ảnh"), s.imageText(i))
		if len(out) > 0 {
			out[0].Images = append(out[0].Images, i)
		}
	}
	s.Content = out
	return nil
}

// biometricRecord shows a record of ISO/IEC 19794 that stands without a data
// group around it; ok is false for anything else.
func (s *shown) biometricRecord() (ok bool, err error) {
	if !bytes.HasPrefix(s.data, []byte("FAC\x00")) {
		return false, nil
	}
	faces, devs, err := biometric.ParseFaces(s.data)
	if err := s.keep("ISO/IEC 19794-5 face record", devs, err); err != nil {
		return true, err
	}
	out := []shownImage{}
	for _, f := range faces {
		out = append(out, describeImage(f.Image))
		s.add(0, s.tr("image", "ảnh"), s.imageText(describeImage(f.Image)))
	}
	s.Content = out
	return true, nil
}
