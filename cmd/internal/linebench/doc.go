// Linebench measures what a production line costs its host, and what its stations
// wait for. `make bench` runs it; it prints a report for people and, at the end, one
// line a figure, "figure NAME VALUE UNIT".
//
// The line is the real one: stations, store on SQLite with every commit durable,
// queue, sealed records, rendering, issuing, inspection. Around it the clock is
// modelled (testing/synctest): time passes only while everybody waits for a chip, for
// a printer, or for the host itself. What the host does takes no modelled time while it
// is done; its real processor time is measured by thread and charged afterwards, on
// so many modelled cores. docs/model.md says what is modelled and what is measured.
//
// What may not live here: assertions on time, and anything that others import.
package main
