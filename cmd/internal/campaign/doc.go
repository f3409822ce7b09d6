// Package campaign proves what the line guarantees: it runs the real line code on
// virtual cards in a world where everything that can go wrong does, at a moment
// drawn from a seed, and counts afterwards, in the store and on the cards: no two
// good cards for one request, no blank that nobody knows of.
//
// A world is the hardware and outlives the process: chips with their state, a
// printer with a card inside, bins. A run is one life of the process on it; the
// next life starts with a recovery. What may not live here: anything that the line
// itself needs.
package campaign
