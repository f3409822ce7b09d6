// Package ruletest is how the tests of conformance rules make their fixtures: a
// good object as our own builders make it, taken apart, changed in one place and
// put together again, and the table that holds every rule to a fixture that breaks
// it and one that does not.
//
// Signatures are not renewed: no rule looks at whether they are right. Nothing but
// tests imports it.
package ruletest
