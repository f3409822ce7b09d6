package cardprofile

// The size of every card here: ID-1, in millimetres (ISO/IEC 7810; Doc 9303-5
// (8th ed.), 2.1).
const (
	CardWidth        = 85.60
	CardHeight       = 53.98
	CardCornerRadius = 3.18
)

// Text is one string in the two languages of the product. Either may be empty.
type Text struct {
	VI string `yaml:"vi" json:"vi,omitempty"`
	EN string `yaml:"en" json:"en,omitempty"`
}

// In returns the text in lang ("vi" or "en"), or the other one when that is
// empty.
func (t Text) In(lang string) string {
	if lang == "vi" && t.VI != "" || t.EN == "" {
		return t.VI
	}
	return t.EN
}

// Faces is how both sides of a card are printed. It stands in a file of its
// own, named by the profile.
type Faces struct {
	// Source names the file the layout was read from.
	Source string `yaml:"-" json:"-"`

	Title string `yaml:"title" json:"title,omitempty"`
	// Specimen is the mark printed across both faces; a layout without one must
	// bring Artwork of its own.
	Specimen Text `yaml:"specimen" json:"specimen"`
	// Styles are named bundles of the look of an element; an element's own
	// values win over its style's.
	Styles map[string]Style `yaml:"styles" json:"styles,omitempty"`
	Front  Face             `yaml:"front" json:"front"`
	Back   Face             `yaml:"back" json:"back"`
}

// Face is one side: its elements are drawn in order, the first lowest.
type Face struct {
	Background string    `yaml:"background" json:"background,omitempty"` // #RRGGBB; empty is white
	Artwork    string    `yaml:"artwork" json:"artwork,omitempty"`       // PNG beside the layout file, drawn over the whole face
	Elements   []Element `yaml:"elements" json:"elements"`
}

// Kind says what an element is.
type Kind string

// The kinds of element.
const (
	KindText      Kind = "text"      // a field, or fixed text
	KindLabel     Kind = "label"     // Text in Vietnamese, " / " and in English
	KindPhoto     Kind = "photo"     // the portrait, scaled to fill the box
	KindQR        Kind = "qr"        // QR code of the profile's QR format
	KindMRZ       Kind = "mrz"       // all lines of the MRZ in OCR-B
	KindRect      Kind = "rect"      // outline or filled rectangle
	KindEllipse   Kind = "ellipse"   // outline or filled ellipse, such as the emblem's place
	KindChip      Kind = "chip"      // the contact plate or the chip symbol's place
	KindLine      Kind = "line"      // from (X, Y) to (X+W, Y+H)
	KindWatermark Kind = "watermark" // the specimen mark
	KindDrawing   Kind = "drawing"   // one of the renderer's own drawings, by name
)

// Fit says what happens to text that is wider than its box.
type Fit string

// The ways of fitting. With FitWrapShrink text is first broken into as many
// lines as the box holds and then made smaller, never below MinSize.
const (
	FitNone       Fit = ""
	FitWrap       Fit = "wrap"
	FitShrink     Fit = "shrink"
	FitWrapShrink Fit = "wrap-shrink"
)

// Style is the look of an element. Zero values mean: not said here.
type Style struct {
	Font    string  `yaml:"font" json:"font,omitempty"`         // "sans", "sans-bold", "ocrb"; the renderer says which it has
	Size    float64 `yaml:"size" json:"size,omitempty"`         // pt
	MinSize float64 `yaml:"min_size" json:"min_size,omitempty"` // pt, smallest size FitShrink may use
	Leading float64 `yaml:"leading" json:"leading,omitempty"`   // line distance as a multiple of Size
	Pitch   float64 `yaml:"pitch" json:"pitch,omitempty"`       // mm from one MRZ character to the next
	Colour  string  `yaml:"colour" json:"colour,omitempty"`     // #RRGGBB or #RRGGBBAA, of text, line or outline
	Fill    string  `yaml:"fill" json:"fill,omitempty"`         // inside of a rect or an ellipse
	Stroke  float64 `yaml:"stroke" json:"stroke,omitempty"`     // mm, width of a line or an outline
	Radius  float64 `yaml:"radius" json:"radius,omitempty"`     // mm, corners of a rect
	Align   string  `yaml:"align" json:"align,omitempty"`       // left (default), centre, right
	VAlign  string  `yaml:"valign" json:"valign,omitempty"`     // top (default), middle, bottom
	Fit     Fit     `yaml:"fit" json:"fit,omitempty"`
	Upper   bool    `yaml:"upper" json:"upper,omitempty"`     // text in capital letters
	Opacity float64 `yaml:"opacity" json:"opacity,omitempty"` // 0 < Opacity <= 1; 0 means 1
}

// Element is one thing on a face. Positions and sizes are millimetres from the
// top left corner of the card, X to the right and Y down.
type Element struct {
	ID     string  `yaml:"id" json:"id"` // unique on its face
	Kind   Kind    `yaml:"kind" json:"kind"`
	X      float64 `yaml:"x" json:"x"`
	Y      float64 `yaml:"y" json:"y"`
	W      float64 `yaml:"w" json:"w"`
	H      float64 `yaml:"h" json:"h"`
	Rotate float64 `yaml:"rotate" json:"rotate,omitempty"` // degrees clockwise around the middle of the box

	// Field is the record field a text element shows, by the column name of
	// cardprofile/citizen ("number", "full_name", "date_of_birth", …).
	Field string `yaml:"field" json:"field,omitempty"`
	// Text is fixed text, or the label in front of a field.
	Text Text `yaml:"text" json:"text"`
	// Drawing names the drawing of a KindDrawing element; the renderer says
	// which it has.
	Drawing string `yaml:"drawing" json:"drawing,omitempty"`

	StyleName string `yaml:"style" json:"style,omitempty"`
	Style     `yaml:"look,inline"`
}

// Look is the element's style with everything it leaves out taken from the
// named style.
func (f *Faces) Look(e Element) Style {
	s := e.Style
	base, ok := f.Styles[e.StyleName]
	if !ok {
		return s
	}
	pick(&s.Font, base.Font)
	pick(&s.Size, base.Size)
	pick(&s.MinSize, base.MinSize)
	pick(&s.Leading, base.Leading)
	pick(&s.Pitch, base.Pitch)
	pick(&s.Colour, base.Colour)
	pick(&s.Fill, base.Fill)
	pick(&s.Stroke, base.Stroke)
	pick(&s.Radius, base.Radius)
	pick(&s.Align, base.Align)
	pick(&s.VAlign, base.VAlign)
	pick(&s.Fit, base.Fit)
	pick(&s.Upper, base.Upper)
	pick(&s.Opacity, base.Opacity)
	return s
}

func pick[T comparable](own *T, base T) {
	var zero T
	if *own == zero {
		*own = base
	}
}
