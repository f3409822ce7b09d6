// Package infos is the conformance rules about SecurityInfos, the SET that says
// what a chip can do: the content of EF.CardAccess and DG14, and the signed content
// of EF.CardSecurity. Doc 9303-10 (8th ed.), 3.11.3, 3.11.4 and 4.7.14, and Doc
// 9303-11 (8th ed., with Amendments 1 and 2), 9.2.
//
// One rule a file; rules.go lists them. What the files of one chip say about each
// other is asked in package document.
package infos
