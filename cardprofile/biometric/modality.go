package biometric

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Modality is the part of the body that a record is about.
type Modality int

// The modalities of DG2, DG3 and DG4.
const (
	FaceModality Modality = iota + 1
	FingerModality
	IrisModality
)

// String is the word used in messages.
func (m Modality) String() string {
	switch m {
	case FaceModality:
		return "face"
	case FingerModality:
		return "finger"
	case IrisModality:
		return "iris"
	}
	return "unknown"
}

// Encoding is the family of standards that a record follows.
type Encoding int

// Doc 9303-10 (8th ed.), 4.5.6: readers take both since 2026, issuers write
// either until 2030 and the second one from then on.
const (
	ISO19794 Encoding = iota + 1 // ISO/IEC 19794:2005, fixed records
	ISO39794                     // ISO/IEC 39794, tagged binary (DER)
)

// String is the name used in profiles and messages.
func (e Encoding) String() string {
	switch e {
	case ISO19794:
		return "iso19794"
	case ISO39794:
		return "iso39794"
	}
	return "unknown"
}

// ParseEncoding reads the name used in profiles; the empty one is ISO19794.
func ParseEncoding(s string) (Encoding, error) {
	switch s {
	case "", "iso19794":
		return ISO19794, nil
	case "iso39794":
		return ISO39794, nil
	}
	return 0, fmt.Errorf("%w: the encoding must be iso19794 or iso39794", ErrBuild)
}

// FormatID names the format of a biometric data block in its header: the owner
// and the type that the owner gave out (tags 87 and 88 of the header, values in
// the register of the IBIA).
type FormatID struct{ Owner, Type uint16 }

// OwnerSC37 is ISO/IEC JTC 1/SC 37, the owner of all formats known here.
const OwnerSC37 = 0x0101

var formatTypes = map[Modality][2]uint16{
	FingerModality: {0x0007, 0x0028},
	FaceModality:   {0x0008, 0x002A},
	IrisModality:   {0x0009, 0x002C},
}

// Format is how the header of a block of this modality and encoding names it.
func Format(m Modality, e Encoding) (FormatID, bool) {
	t, ok := formatTypes[m]
	if !ok || e != ISO19794 && e != ISO39794 {
		return FormatID{}, false
	}
	return FormatID{OwnerSC37, t[e-ISO19794]}, true
}

// Known finds out what a format id stands for.
func (f FormatID) Known() (Modality, Encoding, bool) {
	for m, types := range formatTypes {
		for i, t := range types {
			if f.Owner == OwnerSC37 && f.Type == t {
				return m, ISO19794 + Encoding(i), true
			}
		}
	}
	return 0, 0, false
}

// Bounds of what is read: a chip holds at most some tens of kilobytes.
const (
	maxRecord = 1 << 20
	maxImages = 32
	maxNotes  = 64
)

// notes collects the deviations of one record.
type notes struct {
	where, rule string
	devs        []cardprofile.Deviation
}

func newNotes(m Modality) *notes {
	where := map[Modality]string{FaceModality: "DG2", FingerModality: "DG3", IrisModality: "DG4"}[m]
	return &notes{where: where, rule: "biometric." + m.String() + "."}
}

// note is bounded: a record of nothing but mistakes is not told one by one.
func (n *notes) note(rule, format string, args ...any) {
	if len(n.devs) < maxNotes {
		n.devs = append(n.devs, cardprofile.Deviation{Where: n.where, Rule: n.rule + rule, Text: fmt.Sprintf(format, args...)})
	}
}

// writerOnly hides the other methods of a fmt.State, so that printing into it
// does not format again.
type writerOnly struct{ io.Writer }

func printSize(s fmt.State, what string, w, h int) {
	_, _ = fmt.Fprintf(writerOnly{s}, "[%s %dx%d]", what, w, h)
}

func sizeValue(what string, w, h int) slog.Value {
	return slog.StringValue(fmt.Sprintf("[%s %dx%d]", what, w, h))
}

// DateTime is a moment of capture, as exact as it was stated: parts that are not
// known are -1 (ISO/IEC 39794-1, DateTimeBlock).
type DateTime struct{ Year, Month, Day, Hour, Minute, Second, Millisecond int }

// RegistryID is a number that a registered organization gave to its product.
type RegistryID struct{ Organization, ID int }

// Quality is what one algorithm made of an image: 0 to 100, or -1 for a failure
// to assess.
type Quality struct {
	Algorithm RegistryID // zero when the record does not tell
	Score     int
}

// Extension is a field that came with a later edition: where it stands, as the
// tag numbers on the way, and its bytes as read.
type Extension struct {
	Path string
	Raw  []byte
}
