// Package lint is what every conformance rule is made of: its description with
// identifier, severity and citation, what it applies to, and how a set of rules
// is put to one object.
//
// The rules themselves live in the packages beside it, one a file. Nothing here
// knows certificates or files, and nothing here decides what follows from a
// finding: issuing refuses to sign what has an error, reading only tells.
package lint
