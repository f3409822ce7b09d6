// Package applet drives chip operating systems: one file a chip family, all
// behind [Driver]. A driver tells by probing, which changes nothing, whether a
// chip is of its kind and in what state; [Driver.Open] authenticates to it; the
// [Session] makes keys on the chip, writes a card image and ends locked.
//
// What lives here: how one family of chips is personalized, APDU by APDU, and
// the numbers it shares with an author of such an applet (dgi.go). What may
// not: what stands in the files, how anything is signed, where keys come from.
//
// Probe gives more than yes or no: the line may use a blank again only if a
// probe proves it untouched, so the state is part of the answer. And a session
// is a value of its own, because it holds the secure channel.
package applet
