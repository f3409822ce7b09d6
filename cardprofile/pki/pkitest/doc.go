// Package pkitest makes issuing authorities, lists and CRLs for tests, and finds
// the real parts that tests run against: the corpus of public documents and
// OpenSSL.
//
// Its keys are made in memory and forgotten. Nothing but tests imports it, and
// nothing in it is a way to issue.
package pkitest
