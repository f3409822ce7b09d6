package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

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
	Records  []shownBody  `json:"records,omitempty"` // beside Images, in the same order
}

// shownBody is what a biometric record says about one image.
type shownBody struct {
	What       string   `json:"what"` // face, finger or iris
	Which      string   `json:"which,omitempty"`
	Gender     string   `json:"gender,omitempty"`
	EyeColour  string   `json:"eye_colour,omitempty"`
	HairColour string   `json:"hair_colour,omitempty"`
	Properties []string `json:"properties,omitempty"`
	PerInch    int      `json:"samples_per_inch,omitempty"`
	Captured   string   `json:"captured,omitempty"`
	Quality    []int    `json:"quality,omitempty"`
}

// body is one record of a template, whichever encoding it came in.
type body struct {
	image         []byte
	width, height int // as the record says where the image does not
	about         shownBody
}

// bodies reads a biometric data block. What can be read before an error comes
// back with it.
func bodies(m biometric.Modality, e biometric.Encoding, b []byte) (out []body, devs []cardprofile.Deviation, err error) {
	switch m {
	case biometric.FingerModality:
		var list []biometric.Finger
		list, devs, err = biometric.ParseFingers(e, b)
		for _, f := range list {
			out = append(out, body{f.Image, f.Width, f.Height, shownBody{What: "finger", Which: f.PositionName(), PerInch: f.PerInch, Captured: captured(f.Captured), Quality: scores(f.Qualities)}})
		}
	case biometric.IrisModality:
		var list []biometric.Iris
		list, devs, err = biometric.ParseIrises(e, b)
		for _, f := range list {
			out = append(out, body{f.Image, f.Width, f.Height, shownBody{What: "iris", Which: f.EyeName(), Captured: captured(f.Captured), Quality: scores(f.Qualities)}})
		}
	default:
		var list []biometric.Face
		list, devs, err = biometric.ParseFaces(e, b)
		for _, f := range list {
			about := shownBody{What: "face", Gender: f.Gender, EyeColour: f.EyeColour, HairColour: f.HairColour, Captured: captured(f.Captured), Quality: scores(f.Qualities)}
			for _, name := range slices.Sorted(maps.Keys(f.Properties)) {
				if f.Properties[name] {
					about.Properties = append(about.Properties, name)
				}
			}
			out = append(out, body{f.Image, f.Width, f.Height, about})
		}
	}
	return out, devs, err
}

// captured writes as much of a moment as was stated.
func captured(d *biometric.DateTime) string {
	if d == nil {
		return ""
	}
	text := ""
	for _, p := range []struct {
		form  string
		value int
	}{{"%04d", d.Year}, {"-%02d", d.Month}, {"-%02d", d.Day}, {" %02d", d.Hour}, {":%02d", d.Minute}, {":%02d", d.Second}} {
		if p.value < 0 {
			break
		}
		text += fmt.Sprintf(p.form, p.value)
	}
	return text
}

func scores(list []biometric.Quality) []int {
	var out []int
	for _, q := range list {
		out = append(out, q.Score)
	}
	return out
}

// bodyWords are the words of records in Vietnamese.
var bodyWords = map[string]string{
	"face": "khuôn mặt", "finger": "ngón tay", "iris": "mống mắt", "right": "phải", "left": "trái", "unknown": "không rõ",
	"right thumb": "cái phải", "right index": "trỏ phải", "right middle": "giữa phải", "right ring": "áp út phải", "right little": "út phải",
	"left thumb": "cái trái", "left index": "trỏ trái", "left middle": "giữa trái", "left ring": "áp út trái", "left little": "út trái",
	"male": "nam", "female": "nữ", "other": "khác",
}

func (s *shown) word(en string) string {
	if vi, ok := bodyWords[en]; ok {
		return s.tr(en, vi)
	}
	return en
}

// bodyRows shows the records and describes their images.
func (s *shown) bodyRows(depth int, list []body) (images []shownImage, about []shownBody) {
	for _, b := range list {
		i := describeImage(b.image)
		if i.Width == 0 && i.Height == 0 {
			i.Width, i.Height = b.width, b.height
		}
		images, about = append(images, i), append(about, b.about)
		label := s.word(b.about.What)
		if b.about.Which != "" {
			label += ", " + s.word(b.about.Which)
		}
		s.add(depth, label, s.imageText(i))
		for _, f := range []struct{ en, vi, value string }{
			{"sex", "giới tính", s.word(b.about.Gender)}, {"eyes", "màu mắt", b.about.EyeColour}, {"hair", "màu tóc", b.about.HairColour},
			{"features", "đặc điểm", strings.Join(b.about.Properties, ", ")}, {"captured", "thu nhận lúc", b.about.Captured},
		} {
			if f.value != "" {
				s.add(depth+1, s.tr(f.en, f.vi), f.value)
			}
		}
		if b.about.PerInch > 0 {
			s.add(depth+1, s.tr("resolution", "độ phân giải"), fmt.Sprintf(s.tr("%d per inch", "%d điểm mỗi inch"), b.about.PerInch))
		}
		if len(b.about.Quality) > 0 {
			s.add(depth+1, s.tr("quality", "chất lượng"), strings.Trim(fmt.Sprint(b.about.Quality), "[]"))
		}
	}
	return images, about
}

var modalities = map[int]biometric.Modality{2: biometric.FaceModality, 3: biometric.FingerModality, 4: biometric.IrisModality}

func (s *shown) biometrics(tag tlv.Tag) error {
	id, _ := lds.FileByTag(tag)
	parse := map[int]func([]byte) (*lds.Biometrics, []cardprofile.Deviation, error){2: lds.ParseDG2, 3: lds.ParseDG3, 4: lds.ParseDG4}[id.Number()]
	d, devs, err := parse(s.data)
	if err := s.keep(id.Name, devs, err); err != nil {
		return err
	}
	out := []shownBiometric{}
	for _, item := range d.Items {
		b := shownBiometric{Owner: fmt.Sprintf("%04X", item.Owner), Format: fmt.Sprintf("%04X", item.Format), Encoding: "ISO/IEC 19794", Bytes: len(item.Data)}
		if item.Is39794 {
			b.Encoding = "ISO/IEC 39794"
		}
		s.add(0, s.tr("template", "mẫu"), fmt.Sprintf(s.tr("%s, format %s/%s, %d bytes", "%s, định dạng %s/%s, %d byte"), b.Encoding, b.Owner, b.Format, b.Bytes))
		list, _, _ := bodies(modalities[id.Number()], item.Encoding(), item.Data) // the group's parser told what is wrong
		b.Images, b.Records = s.bodyRows(1, list)
		out = append(out, b)
	}
	if len(d.Items) == 0 {
		s.add(0, s.tr("templates", "số mẫu"), s.tr("none", "không có"))
	}
	s.Content = out
	return nil
}

// biometricRecord shows a record that stands without a data group around it: one
// of ISO/IEC 19794, by its first bytes, or the content of 7F2E with one of
// ISO/IEC 39794; ok is false for anything else.
func (s *shown) biometricRecord() (ok bool, err error) {
	content, e := s.data, biometric.ISO19794
	m, ok := map[string]biometric.Modality{"FAC\x00": biometric.FaceModality, "FIR\x00": biometric.FingerModality, "IIR\x00": biometric.IrisModality}[string(s.data[:min(4, len(s.data))])]
	if !ok {
		n, rest, err := tlv.Parse(s.data)
		if err == nil && n.Tag == 0x7F2E && len(rest) == 0 {
			content = n.Value
			n, rest, err = tlv.Parse(n.Value)
		}
		if err != nil || n.Tag != 0xA1 || len(rest) > 0 {
			return false, nil
		}
		inner, _, err := tlv.Parse(n.Value)
		if err != nil {
			return false, nil
		}
		e = biometric.ISO39794
		if m, ok = map[tlv.Tag]biometric.Modality{0x64: biometric.FingerModality, 0x65: biometric.FaceModality, 0x66: biometric.IrisModality}[inner.Tag]; !ok {
			return false, nil
		}
	}
	list, devs, err := bodies(m, e, content)
	standard := map[biometric.Encoding]string{biometric.ISO19794: "ISO/IEC 19794", biometric.ISO39794: "ISO/IEC 39794"}[e]
	part := map[biometric.Modality]string{biometric.FingerModality: "-4 finger", biometric.FaceModality: "-5 face", biometric.IrisModality: "-6 iris"}[m]
	if err := s.keep(standard+part+" record", devs, err); err != nil {
		return true, err
	}
	out := struct {
		Encoding string       `json:"encoding"`
		Images   []shownImage `json:"images"`
		Records  []shownBody  `json:"records"`
	}{Encoding: standard}
	out.Images, out.Records = s.bodyRows(0, list)
	s.Content = out
	return true, nil
}
