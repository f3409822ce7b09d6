// Package pwg writes and reads PWG raster, the pictures that IPP printers take
// (PWG 5102.4-2012, PWG Raster Format): pages of a fixed header and pixels in
// runs. It knows nothing of IPP or of cards, and no colour management: sRGB and
// grey with 8 bits a component are written, those and black with 1 or 8 bits are
// read.
package pwg
