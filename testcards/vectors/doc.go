// Package vectors holds the published numbers that anchor the protocols, one
// JSON file a source, and loads them for tests.
//
// Each file names its source (document, edition, section, or repository and
// commit) and its errata. One vector has one named outcome. Numbers only: no
// text of a standard, no data of real people.
//
// What may not live here: code that computes anything, and vectors of our own
// making presented as published ones.
package vectors
