package main

import "time"

// Mechanics are the seconds that a printer takes to move and print a card: about 140
// cards an hour printed on both sides and not encoded, which is what makers of
// desktop printers state for colour in front and black behind.
type mechanics struct{ feed, move, front, flip, back, eject time.Duration }

var printerModel = mechanics{
	feed: 2 * time.Second, move: 1500 * time.Millisecond, front: 13 * time.Second,
	flip: 2500 * time.Millisecond, back: 5 * time.Second, eject: 1500 * time.Millisecond,
}
