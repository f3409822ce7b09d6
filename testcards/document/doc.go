// Package document makes whole issued documents for tests of readers: [New]
// takes the protocols that a chip shall offer and gives back a virtual chip with
// consistent, signed files, the keys that open it, and a trust store that
// anchors it. Unlike testcards/sample it passes no production line, so any
// combination of protocols, parameters and ciphers can be had.
//
// Its authority and its keys are made in memory and forgotten. What may not live
// here: ways to issue, and anything that tests do not use.
package document
