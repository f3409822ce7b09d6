// Package emrtd speaks to the LDS application of an electronic travel document
// or identity card: selecting, and reading whole files in as few exchanges as
// chip and reader allow (ICAO Doc 9303-10, 8th ed., 3.5 and 3.6).
//
// How a file is read. The first READ BINARY selects the file by its short
// identifier and asks for as much as one answer can carry, so that a small file
// is done with it; the header of what comes says how long the file is, and the
// rest is asked for exactly. Nothing is probed. What one answer can carry is the
// least of what the chip states (EF.ATR/INFO), what the reader carries and what
// secure messaging leaves; extended length is used only if the chip has stated
// its buffers (3.6.4). A chip that gives less than it was asked for is believed
// from then on, for all files, and the next session too if [Learned] is kept.
//
// What chips in the field do otherwise is data, quirks.yaml: how each habit is
// recognised, what is done about it, and who has seen it. A session that breaks
// while a file is read can be opened anew by the caller ([Options].Resume);
// reading goes on at the same offset, and a read that may have been the cause is
// not sent again.
//
// Bytes are handed over as read, and never parsed beyond the first header. What
// a file declares as its length is checked against a limit before it is asked
// for, and memory is used only for what has arrived.
//
// What lives here: the commands of the application, the plan of reading, what
// ATR and EF.ATR/INFO say about buffers. What may not: access protocols, data
// groups and their meaning.
package emrtd
