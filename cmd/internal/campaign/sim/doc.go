// Package sim runs whole days of the production line in a second: the real line,
// stations, store and issuing code on virtual cards, with everything that could
// differ between two runs drawn from one seed. The same seed gives the same day,
// exchange by exchange.
//
// A [Plant] is what all days share. [Plant.Run] lives one day: processes that may
// die, machines with plastic in them, people who put right what halts, and
// [Fault]s that strike at counted moments. [World.judge] then counts, in the store
// and on the plastic. [Plant.Shrink] makes a day that went wrong as short as it
// gets.
//
// Time is the bubble's of testing/synctest; one goroutine of the line runs at a
// time, from one gate to the next, in the order that the seed says. The queue of
// the line is stood in for: requests come from a source that may hand one out
// twice. What may not live here: anything that the line itself needs.
package sim
