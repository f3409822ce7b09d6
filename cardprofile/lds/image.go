package lds

import (
	"fmt"
	"io"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
)

const (
	tagPortrait  tlv.Tag = 0x5F40
	tagSignature tlv.Tag = 0x5F43

	maxDisplayed = 9 // Doc 9303-10 (8th ed.), tables 60 and 64
)

// NotStated stands for a number of instances that a data group does not give.
const NotStated = -1

// DisplayedImages is the content of DG5, the displayed portraits, and of DG7, the
// displayed signatures or usual marks (Doc 9303-10 (8th ed.), 4.7.5 and 4.7.7).
type DisplayedImages struct {
	Stated int      // number of images as the file gives it, NotStated when it does not
	Images [][]byte // JPEG or JPEG 2000, parts of the file
}

// Format prints no pixels whatever the verb.
func (d DisplayedImages) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(struct{ io.Writer }{f}, "[%d images]", len(d.Images))
}

// ParseDG5 reads the displayed portraits. Images of unknown form are kept and are
// deviations; the error is for a file that is no DG5.
func ParseDG5(b []byte) (*DisplayedImages, []cardprofile.Deviation, error) {
	return parseImages(b, 5, tagPortrait)
}

// ParseDG7 reads the displayed signatures or usual marks, as ParseDG5.
func ParseDG7(b []byte) (*DisplayedImages, []cardprofile.Deviation, error) {
	return parseImages(b, 7, tagSignature)
}

func parseImages(b []byte, group int, tag tlv.Tag) (*DisplayedImages, []cardprofile.Deviation, error) {
	n, rule := groupNotes(group)
	outer := fileIDs[group].Tag
	d := &DisplayedImages{Stated: NotStated}
	// The tables speak of succeeding templates; what all documents have is one
	// template with all images. Both are read.
	for first := true; len(b) > 0; first = false {
		node, rest, err := tlv.Parse(b)
		switch {
		case err != nil && !first, err == nil && node.Tag != outer && !first:
			n.add(rule+".trailing", "%d bytes after the end of the content", len(b))
			return d, n.list, checkImages(d, n, rule)
		case err != nil:
			return nil, n.list, malformed("%s: %w", n.where, err)
		case node.Tag != outer:
			return nil, n.list, malformed("%s: tag %s instead of %s", n.where, node.Tag, outer)
		}
		if !first {
			n.add(rule+".templates", "more than one template %s in the file", outer)
		}
		if err := d.template(node, tag, n, rule); err != nil {
			return nil, n.list, err
		}
		b = rest
	}
	return d, n.list, checkImages(d, n, rule)
}

// template reads a number and images.
func (d *DisplayedImages) template(node tlv.Node, tag tlv.Tag, n *notes, rule string) error {
	n.minimal(node, rule)
	objects, err := node.Children()
	if err != nil {
		return malformed("%s: %w", n.where, err)
	}
	for i, o := range objects {
		n.minimal(o, rule)
		switch {
		case o.Tag == tagCount && d.Stated == NotStated:
			if i > 0 || len(d.Images) > 0 {
				n.add(rule+".order", "the number of images does not come first")
			}
			d.Stated = n.count(o, rule)
		case o.Tag == tag:
			if len(d.Images) == maxBiometrics {
				return malformed("%s: more than %d images", n.where, maxBiometrics)
			}
			d.Images = append(d.Images, o.Value)
		default:
			n.add(rule+".tag", "an element %s that is not in the standard", o.Tag)
		}
	}
	return nil
}

func checkImages(d *DisplayedImages, n *notes, rule string) error {
	if len(d.Images) == 0 {
		return malformed("%s: no image", n.where)
	}
	if d.Stated != len(d.Images) || d.Stated > maxDisplayed {
		n.add(rule+".count", "it holds %d images and states another number, or more than %d", len(d.Images), maxDisplayed)
	}
	for i, image := range d.Images {
		if problem := displayable(image); problem != "" {
			n.add(rule+".image", "image %d %s", i+1, problem)
		}
	}
	return nil
}

// displayable says what keeps an image from being of the form that displayed
// images have: ISO/IEC 10918 with the JFIF option, or ISO/IEC 15444 (Doc 9303-10
// (8th ed.), 4.7.5.1 and 4.7.7.1, notes).
func displayable(image []byte) string {
	switch biometric.Sniff(image) {
	case biometric.JP2, biometric.J2K:
	case biometric.JPEG:
		// ISO/IEC 10918-5: the APP0 segment of JFIF follows the start of image.
		if len(image) < 11 || image[2] != 0xFF || image[3] != 0xE0 || string(image[6:11]) != "JFIF\x00" {
			return "is a JPEG without the JFIF option"
		}
	default:
		return "is neither JPEG nor JPEG 2000"
	}
	return ""
}

// EncodeDG5 writes the displayed portraits: one to nine images in JPEG with the
// JFIF option or in JPEG 2000.
func EncodeDG5(images ...[]byte) ([]byte, error) { return encodeImages(5, tagPortrait, images) }

// EncodeDG7 writes the displayed signatures or usual marks, as EncodeDG5.
func EncodeDG7(images ...[]byte) ([]byte, error) { return encodeImages(7, tagSignature, images) }

func encodeImages(group int, tag tlv.Tag, images [][]byte) ([]byte, error) {
	if len(images) == 0 || len(images) > maxDisplayed {
		return nil, unbuilt("DG%d: %d images, 1 to %d fit", group, len(images), maxDisplayed)
	}
	parts := [][]byte{tlv.Encode(tagCount, []byte{byte(len(images))})}
	for i, image := range images {
		if problem := displayable(image); problem != "" {
			return nil, unbuilt("DG%d: image %d %s", group, i+1, problem)
		}
		if _, _, _, err := biometric.Size(image); err != nil {
			return nil, unbuilt("DG%d: image %d: %w", group, i+1, err)
		}
		parts = append(parts, tlv.Encode(tag, image))
	}
	return tlv.Encode(fileIDs[group].Tag, parts...), nil
}
