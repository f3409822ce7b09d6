// Package conformance asks all conformance rules: it finds out what an object is,
// puts the rules of its kind to it and to the certificates inside it, and those
// about objects that lie together to all of them. It holds the table of every rule
// for docs/rules.md and the account of which mandatory statements of Doc 9303-10
// and -12 are covered by which rule.
//
// The rules are in the packages beside it. What signs asks those directly: this
// package reads lists and names through cardprofile/pki, so nothing that pki imports
// may import it.
package conformance
