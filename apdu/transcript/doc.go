// Package transcript records what was said to a chip and plays it back.
//
// A recording is a text file of JSON lines: a header, then one line an
// exchange or a reset. It holds everything that went over the wire, so outside
// secure messaging it holds personal data: it is created readable by its owner
// alone, says so in its first line, and is made only when somebody asks for it.
//
// A [Replay] stands in for the chip of a recording: it answers each command
// with the recorded answer and refuses a command that differs. Its errors name
// the number of the exchange and never its bytes.
//
// What lives here: recording and playback. What may not: the meaning of any
// APDU.
package transcript
