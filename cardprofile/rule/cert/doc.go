// Package cert is the conformance rules about X.509 certificates of travel
// documents: Doc 9303-12 (8th ed.), 4.1 and 7.1, for CSCA and link certificates,
// Document Signers, signers of lists, bar codes and LDS2 objects, and
// communication certificates.
//
// One rule a file; rules.go lists them. They judge the bytes through package der
// and know no reader and no key, so that cardprofile/pki can ask them before it
// signs. Whether a signature is right, and whom to trust, is not asked here.
package cert
