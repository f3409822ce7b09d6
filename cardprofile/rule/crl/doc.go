// Package crl is the conformance rules about certificate revocation lists of
// CSCAs: Doc 9303-12 (8th ed.), 4.1.5 and 7.1.4, Tables 9 and 10.
//
// One rule a file; rules.go lists them. They judge the bytes through package der
// and know no reader and no key. Whether a signature is right is not asked here.
package crl
