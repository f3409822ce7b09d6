// Package cvca makes the certificates of terminal authentication for tests and
// for emulated chips: a country's verifying authority, document verifiers and
// terminals, as many as a case needs, with any algorithm and validity.
//
// Everybody here is of Utopia or of the test's own making. Keys are made in
// memory and forgotten, unless the terminal brings its own. What may not live
// here: a real authority's work, which takes its keys from a token.
package cvca
