// Package files is the conformance rules about the elementary files of a chip,
// each by itself: EF.COM, EF.DG1 to EF.DG16, EF.ATR/INFO and EF.DIR. Doc 9303-10
// (8th ed.), 3.11 and 4.6 to 4.7.
//
// One rule a file; rules.go lists them. SecurityInfos are in package infos, signed
// objects in package signed, what files say about each other in package document.
// Findings hold no personal data.
package files
