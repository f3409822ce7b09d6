package intake

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"io"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
)

// The parts of the smallest workbook (ISO/IEC 29500-1, 12.2) beside its sheet.
var workbookParts = []struct{ name, text string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Rejects" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
}

// writeXLSX writes rejects as a workbook of texts. It is written as it comes: a
// spreadsheet library keeps larger ones in temporary files, in clear.
func writeXLSX(w io.Writer, header []string, next func() (citizen.Reject, bool, error)) error {
	z := zip.NewWriter(w)
	for _, p := range workbookParts {
		f, err := z.Create(p.name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(f, xml.Header+p.text); err != nil {
			return err
		}
	}
	f, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	sheet := bufio.NewWriterSize(f, 64<<10)
	_, _ = sheet.WriteString(xml.Header + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`) // errors stay until Flush
	head := citizen.RejectRow(header, citizen.Reject{Fields: header})
	head[len(head)-2], head[len(head)-1] = citizen.ColumnLine, citizen.ColumnReason
	if err := writeSheetRow(sheet, head); err != nil {
		return err
	}
	for {
		r, more, err := next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if err := writeSheetRow(sheet, citizen.RejectRow(header, r)); err != nil {
			return err
		}
	}
	_, _ = sheet.WriteString(`</sheetData></worksheet>`)
	if err := sheet.Flush(); err != nil {
		return err
	}
	return z.Close()
}

func writeSheetRow(w *bufio.Writer, cells []string) error {
	_, _ = w.WriteString("<row>")
	for _, c := range cells {
		_, _ = w.WriteString(`<c t="inlineStr"><is><t xml:space="preserve">`)
		if err := xml.EscapeText(w, []byte(strings.ToValidUTF8(c, "\uFFFD"))); err != nil {
			return err
		}
		_, _ = w.WriteString("</t></is></c>")
	}
	_, err := w.WriteString("</row>")
	return err
}
