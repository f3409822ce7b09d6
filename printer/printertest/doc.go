// Package printertest is the one suite that every printer driver passes. It
// tests the rules of printer.Printer, not what a driver makes of a face.
package printertest
