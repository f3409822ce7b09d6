// Package console is the operators' page of a production line: what its stations do,
// where every blank is, what waits for whom, and the decisions of people.
//
// A page is drawn on the server and stays true by itself: whatever of it can change
// comes again over a stream of events. Without scripts it can still be read. Colours
// are for what is not normal.
//
// static holds htmx 4.0.1 and its hx-sse extension (Zero-Clause BSD, htmx.LICENSE) and
// the style sheet. What may not live here: how a decision is carried out (package
// office), how the store keeps people and sessions.
package console
