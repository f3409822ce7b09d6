// Package signed is the conformance rules about signed objects: EF.SOD (Doc
// 9303-10 (8th ed.), 4.6.2 and App. D), EF.CardSecurity (3.11.4), CSCA master lists
// and deviation lists (Doc 9303-12 (8th ed.), 9 and 10), each with its CMS
// SignedData and what is in it.
//
// One rule a file; rules.go lists them. They read through cardprofile/cms and
// package der and know no reader of certificates and no key, so that the packages
// that sign can ask them before they do. Whether a signature is right, and whom to
// trust, is not asked here.
package signed
