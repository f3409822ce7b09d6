// Intakebench measures how fast a batch is taken in, and how much memory that takes:
// CSV rows with portraits, into SQLite with every commit durable, under keys in
// SoftHSM. `make bench` runs it; it prints a report for people and, at the end, one
// line a figure, "figure NAME VALUE UNIT".
//
// The import runs in a process of its own, of which the system says how much memory it
// held at most. What may not live here: anything that the import itself needs.
package main
