// Package sample makes whole cards to test on: [Issue] takes one of the
// synthetic people and gives back an issued virtual chip, the keys that open it
// and a trust store that anchors it. [NewIssuer] makes the authority behind it in
// any keyring. [NewSpecimen] makes a card of Utopia that guards fingerprints and
// irises, and the certificates of a terminal that may read them.
//
// All certificates carry the TEST mark. What may not live here: anything that a
// real authority would use.
package sample
