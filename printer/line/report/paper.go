package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"
)

// The page: A4 upright, in millimetres.
const (
	pageWidth = 210.0
	margin    = 18.0
	inner     = pageWidth - 2*margin
	row       = 5.6
)

// Paper is an A4 document of headings, pairs, tables and lines to sign on. The same
// content gives the same bytes. The zero value is not usable.
type Paper struct{ pdf *fpdf.Fpdf }

// NewPaper begins a document. when is the moment that it speaks of; footer stands at the
// foot of every page.
func NewPaper(title, subtitle, footer string, when time.Time) *Paper {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(when.UTC())
	pdf.SetModificationDate(when.UTC())
	pdf.SetProducer("chipid", true)
	pdf.SetTitle(title, true)
	pdf.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
	pdf.AddUTF8FontFromBytes("sans", "B", liberationsansbold.TTF)
	pdf.SetMargins(margin, margin, margin)
	pdf.SetAutoPageBreak(true, margin+4)
	pdf.AliasNbPages("{pages}")
	pdf.SetFooterFunc(func() {
		pdf.SetY(-margin)
		pdf.SetFont("sans", "", 7.5)
		pdf.SetTextColor(90, 98, 106)
		pdf.CellFormat(inner-20, 4, footer, "", 0, "L", false, 0, "")
		pdf.CellFormat(20, 4, fmt.Sprintf("%d / {pages}", pdf.PageNo()), "", 0, "R", false, 0, "")
	})
	pdf.AddPage()
	pdf.SetTextColor(20, 24, 28)
	pdf.SetFont("sans", "B", 16)
	pdf.MultiCell(inner, 8, title, "", "L", false)
	if subtitle != "" {
		pdf.SetFont("sans", "", 10)
		pdf.SetTextColor(90, 98, 106)
		pdf.MultiCell(inner, 5, subtitle, "", "L", false)
	}
	pdf.Ln(2)
	return &Paper{pdf}
}

// Heading begins a part.
func (p *Paper) Heading(text string) {
	p.keep(4 * row)
	p.pdf.Ln(3)
	p.pdf.SetFont("sans", "B", 11)
	p.pdf.SetTextColor(20, 24, 28)
	p.pdf.CellFormat(inner, 6.5, text, "B", 1, "L", false, 0, "")
	p.pdf.Ln(1)
}

// keep begins a new page if less than height is left on this one.
func (p *Paper) keep(height float64) {
	_, page := p.pdf.GetPageSize()
	if p.pdf.GetY()+height > page-margin-4 {
		p.pdf.AddPage()
	}
}

// Pairs are names with values, one a line.
func (p *Paper) Pairs(pairs ...[2]string) {
	for _, pair := range pairs {
		p.keep(row)
		p.pdf.SetFont("sans", "", 9.5)
		p.pdf.SetTextColor(90, 98, 106)
		p.pdf.CellFormat(58, row, pair[0], "", 0, "L", false, 0, "")
		p.pdf.SetTextColor(20, 24, 28)
		p.pdf.MultiCell(inner-58, row, pair[1], "", "L", false)
	}
}

// Text is a paragraph; a loud one stands in red.
func (p *Paper) Text(text string, loud bool) {
	p.pdf.SetFont("sans", "", 9.5)
	p.pdf.SetTextColor(20, 24, 28)
	if loud {
		p.pdf.SetFont("sans", "B", 9.5)
		p.pdf.SetTextColor(176, 32, 32)
	}
	p.pdf.MultiCell(inner, row, text, "", "L", false)
}

// Column is a column of a table.
type Column struct {
	Name  string
	Width float64 // part of the page's width
	Right bool    // numbers stand at the right
}

// Table prints rows under their columns, and the columns again on each page.
func (p *Paper) Table(columns []Column, rows [][]string) {
	p.head(columns)
	_, page := p.pdf.GetPageSize()
	for i, cells := range rows {
		if p.pdf.GetY()+row > page-margin-4 {
			p.pdf.AddPage()
			p.head(columns)
		}
		p.pdf.SetFont("sans", "", 9)
		p.pdf.SetTextColor(20, 24, 28)
		shade := i%2 == 1
		p.pdf.SetFillColor(244, 245, 246)
		for n, c := range columns {
			p.pdf.CellFormat(inner*c.Width, row, p.cut(apart(columns, n)+cells[n], inner*c.Width-2), "", 0, align(c), shade, 0, "")
		}
		p.pdf.Ln(row)
	}
}

func (p *Paper) head(columns []Column) {
	p.keep(3 * row)
	p.pdf.SetFont("sans", "B", 8.5)
	p.pdf.SetTextColor(90, 98, 106)
	for n, c := range columns {
		p.pdf.CellFormat(inner*c.Width, row, p.cut(apart(columns, n)+c.Name, inner*c.Width-2), "B", 0, align(c), false, 0, "")
	}
	p.pdf.Ln(row)
}

// apart keeps a number that stands at the right from touching the text after it.
func apart(columns []Column, n int) string {
	if n > 0 && columns[n-1].Right && !columns[n].Right {
		return "    "
	}
	return ""
}

func align(c Column) string {
	if c.Right {
		return "R"
	}
	return "L"
}

// cut shortens a text that is wider than its cell.
func (p *Paper) cut(text string, width float64) string {
	if p.pdf.GetStringWidth(text) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && p.pdf.GetStringWidth(string(runes)+"…") > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// Sign leaves room for signatures, side by side, under what is signed: on a page of its
// own a signature would be for anything.
func (p *Paper) Sign(what string, who ...string) {
	p.keep(62)
	p.pdf.Ln(6)
	p.Text(what, false)
	p.pdf.Ln(4)
	width := inner / float64(len(who))
	y := p.pdf.GetY()
	for i, w := range who {
		x := margin + float64(i)*width
		p.pdf.SetXY(x, y)
		p.pdf.SetFont("sans", "B", 9.5)
		p.pdf.SetTextColor(20, 24, 28)
		p.pdf.MultiCell(width-6, row, w, "", "L", false)
		p.pdf.SetDrawColor(20, 24, 28)
		p.pdf.Line(x, y+32, x+width-8, y+32)
	}
	p.pdf.SetXY(margin, y+34)
}

// hash is a digest in hexadecimal, in groups that break a line well.
func hash(hex string) string {
	var groups []string
	for len(hex) > 8 {
		groups, hex = append(groups, hex[:8]), hex[8:]
	}
	return strings.Join(append(groups, hex), " ")
}

// Write writes the PDF; nothing can be added afterwards.
func (p *Paper) Write(w io.Writer) error {
	if err := p.pdf.Output(w); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
