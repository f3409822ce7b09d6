// Package ocrb holds the characters of the machine readable zone, A–Z, 0–9 and
// <, as centre lines of constant stroke width, and draws them.
//
// The letters are our own drawing to the dimensions of OCR-B size 1 with
// constant stroke (ISO 1073-2; Doc 9303-3 (8th ed.), 4.4): a centre line 2.4 mm
// high for figures and 2.1 mm for letters, at most 1.4 mm wide, drawn 0.35 mm
// thick with round ends, on a pitch of 2.54 mm. Where on a card a line stands is
// the layout's matter, not this package's.
package ocrb
