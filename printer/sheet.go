package printer

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// The sheet: A4, rows of a front beside its back, in millimetres.
const (
	cardWidth    = 85.60 // ISO/IEC 7810, ID-1
	cardHeight   = 53.98
	sheetWidth   = 210.0
	sheetHeight  = 297.0
	sheetTop     = 22.0
	columnGap    = 8.0
	rowGap       = 8.0
	markLength   = 4.0
	markDistance = 1.0
	rulerLength  = 50.0
	rowsPerPage  = 4
)

// epoch is the date every sheet states: the same cards give the same bytes.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Sheet is a PDF of cards at their true size on A4 pages, each front beside its
// back, with marks to cut along and a ruler to check a printer's scale with.
// The same cards give the same bytes. The zero value is not usable.
type Sheet struct {
	pdf   *fpdf.Fpdf
	cards int
}

// NewSheet begins a sheet.
func NewSheet() *Sheet {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(epoch)
	pdf.SetModificationDate(epoch)
	pdf.SetProducer("chipid", true)
	pdf.SetTitle("Card faces", true)
	pdf.SetMargins(0, 0, 0)
	pdf.SetAutoPageBreak(false, 0)
	pdf.AliasNbPages("{pages}")
	return &Sheet{pdf: pdf}
}

// Len is how many cards the sheet has.
func (s *Sheet) Len() int { return s.cards }

// Add puts a card on the sheet. A face without layers leaves its place empty.
func (s *Sheet) Add(front, back Face) error {
	var encoded [2][]byte
	for i, f := range []Face{front, back} {
		img := f.Flatten()
		if img == nil {
			continue
		}
		var b bytes.Buffer
		if err := WritePNG(&b, img, f.DPI); err != nil {
			return err
		}
		encoded[i] = b.Bytes()
	}
	return s.add(encoded)
}

// add takes the two faces as PNG; an empty one leaves its place empty.
func (s *Sheet) add(faces [2][]byte) error {
	row := s.cards % rowsPerPage
	left := (sheetWidth - 2*cardWidth - columnGap) / 2
	if row == 0 {
		s.pdf.AddPage()
		s.frame(left, s.cards/rowsPerPage+1)
	}
	s.cards++
	y := sheetTop + float64(row)*(cardHeight+rowGap)
	for column, png := range faces {
		x := left + float64(column)*(cardWidth+columnGap)
		if len(png) > 0 {
			name := fmt.Sprintf("card%05d-%d", s.cards, column)
			options := fpdf.ImageOptions{ImageType: "PNG"}
			s.pdf.RegisterImageOptionsReader(name, options, bytes.NewReader(png))
			s.pdf.ImageOptions(name, x, y, cardWidth, cardHeight, false, options, 0, "")
		}
		s.cropMarks(x, y)
	}
	if err := s.pdf.Error(); err != nil {
		return fmt.Errorf("printer: sheet: %w", err)
	}
	return nil
}

// Write writes the PDF; the sheet cannot be added to afterwards.
func (s *Sheet) Write(w io.Writer) error {
	if s.cards == 0 {
		return fmt.Errorf("printer: sheet: there is no card on it")
	}
	if err := s.pdf.Output(w); err != nil {
		return fmt.Errorf("printer: sheet: %w", err)
	}
	return nil
}

// cropMarks are two short lines at each corner, outside of the card.
func (s *Sheet) cropMarks(x, y float64) {
	s.pdf.SetDrawColor(0, 0, 0)
	s.pdf.SetLineWidth(0.1)
	const a, b = markDistance, markDistance + markLength/2
	for _, right := range []bool{false, true} {
		for _, low := range []bool{false, true} {
			cx, cy, sx, sy := x, y, -1.0, -1.0
			if right {
				cx, sx = x+cardWidth, 1
			}
			if low {
				cy, sy = y+cardHeight, 1
			}
			s.pdf.Line(cx+sx*a, cy, cx+sx*b, cy)
			s.pdf.Line(cx, cy+sy*a, cx, cy+sy*b)
		}
	}
}

// frame is what every page carries besides cards. Its text keeps to ASCII: the
// standard fonts, which need not be embedded, have no Vietnamese.
func (s *Sheet) frame(left float64, page int) {
	pdf := s.pdf
	pdf.SetFont("Helvetica", "", 8)
	pdf.SetTextColor(90, 98, 106)
	pdf.Text(left, sheetTop-8, "Card faces at true size: print at 100 %, without fitting to the page")
	pdf.Text(sheetWidth-left-12, sheetTop-8, fmt.Sprintf("%d / {pages}", page))

	y := sheetHeight - 12.0
	pdf.SetDrawColor(90, 98, 106)
	pdf.SetLineWidth(0.15)
	pdf.Line(left, y, left+rulerLength, y)
	for mm := 0; mm <= int(rulerLength); mm += 5 {
		tick := 1.2
		if mm%10 == 0 {
			tick = 2
		}
		pdf.Line(left+float64(mm), y-tick, left+float64(mm), y)
	}
	pdf.Text(left+rulerLength+2, y, fmt.Sprintf("%d mm", int(rulerLength)))
}
