// Package internal holds what the verbs of the command share, a folder each,
// and the test that keeps the layers of the house apart. Nothing that a program
// embedding the library would want lives below it.
package internal
