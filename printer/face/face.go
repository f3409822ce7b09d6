package face

import (
	"fmt"
	"image"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/printer"
)

// DefaultDPI is the resolution of most card printers.
const DefaultDPI = 300

// Data is what is printed on one card.
type Data struct {
	// Fields holds the text of each field by the name a layout uses for it: the
	// column names of cardprofile/citizen, sex_code (M, F or X), and can, the
	// card access number. Where the profile draws that at random, it is for who
	// issues the card to put it here.
	Fields map[string]string
	// MRZ holds the lines of the machine readable zone.
	MRZ []string
	// Portrait is the holder's picture.
	Portrait image.Image
	// QR is the payload of the QR code, UTF-8.
	QR string
}

// hidden is what every verb of fmt prints of a card's data and faces.
const hidden = "[card face]"

// Format prints no personal data whatever the verb.
func (d Data) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// Of collects what the card of a record shows. The date of expiry is worked out
// by the profile's rule when the record leaves it open; portrait is a JPEG.
func Of(p *cardprofile.Profile, r citizen.Record, portrait []byte) (Data, error) {
	r, err := citizen.Complete(p, r)
	if err != nil {
		return Data{}, err
	}
	zone, err := citizen.Zone(p, r)
	if err != nil {
		return Data{}, err
	}
	picture, err := DecodePortrait(portrait)
	if err != nil {
		return Data{}, err
	}
	fields := r.Fields()
	// What documents of other states show and a Vietnamese record leaves open.
	surname, given := mrz.SplitVietnamese(r.FullName)
	for name, value := range map[string]string{
		"sex_code": string(r.Sex), "surname": surname, "given_names": given, "nationality_code": p.IssuingState, "can": citizen.CAN(p, r),
	} {
		if fields[name] == "" && (name != "given_names" || r.Surname == "") {
			fields[name] = value
		}
	}
	return Data{Fields: fields, MRZ: zone.Lines, Portrait: picture, QR: citizen.QRText(p, r)}, nil
}

// Faces are the two sides of one card.
type Faces struct {
	Front, Back *image.RGBA
	// DPI is the resolution, dots per 25.4 mm.
	DPI int
	// Width and Height are the card's, in millimetres.
	Width, Height float64
}

// Format prints no personal data whatever the verb.
func (f Faces) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(hidden)) }

// Face returns one side as a printer takes it.
func (f *Faces) Face(s printer.Side) printer.Face {
	return printer.Face{Side: s, DPI: f.DPI, Colour: f.image(s)}
}

func (f *Faces) image(s printer.Side) *image.RGBA {
	if s == printer.Back {
		return f.Back
	}
	return f.Front
}

// Error says which element of which side could not be drawn, and why. It never
// holds what was to be printed there.
type Error struct {
	Layout  string       // file of the layout
	Side    printer.Side // side of the card
	Element string       // id of the element
	Field   string       // record field, where the element shows one
	Err     error
}

func (e *Error) Error() string {
	what := "element " + e.Element
	if e.Field != "" {
		what = "field " + e.Field
	}
	return fmt.Sprintf("face: %s, %s: %v", e.Side, what, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Render draws both faces of a card at DefaultDPI.
func Render(p *cardprofile.Profile, d Data) (*Faces, error) {
	r, err := New(p, DefaultDPI)
	if err != nil {
		return nil, err
	}
	return r.Render(d)
}
