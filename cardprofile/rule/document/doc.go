// Package document is the conformance rules about objects that lie together: the
// files of one chip against each other, and certificates and revocation lists
// beside the certificates that issued them. Doc 9303-10, -11 and -12 (8th ed.).
//
// One rule a file; rules.go lists them. A file that is not there breaks no rule but
// those that ask for it: cards are read in part. Findings hold no personal data.
package document
