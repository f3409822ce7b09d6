// Bench measures what can be counted and prints it: for people as it reads best,
// and at the end one line a figure, "figure NAME VALUE UNIT", so that runs can
// be compared. `make bench` runs it.
//
// One file a subject; each gives a report and its figures. What may not live
// here: anything that others import, and assertions, which are tests' work.
package main
