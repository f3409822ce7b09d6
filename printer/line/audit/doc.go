// Package audit keeps the tamper-evident log of a production line: every decision
// of the store has one line in it, once, in an order in which the decisions can
// have happened, and nobody can change, drop, insert, swap or cut off lines
// without being found out.
//
// The log is a Merkle tree in files (C2SP tlog-tiles) written by Tessera, its
// states are checkpoints (C2SP tlog-checkpoint) signed by a key in a token (C2SP
// signed-note, type 0x01 Ed25519 or 0x02 ECDSA). [Open] and [Log.Drain] feed it
// from the store's outbox: lines are appended, a signed checkpoint is awaited,
// then each line's place is written into the store. What a crash left between
// two of these steps is settled from the log itself, so that no line comes twice.
// [Verify] reads log and store and says what does not fit. A [Witness], a copy of
// a checkpoint kept elsewhere, finds what nothing beside the log can: a log and a
// store that both went back to an older state together.
//
// No personal data may come here; what the store's entries hold is said at
// store.AuditEntry. What a decision is, and who may take it, are not this
// package's matter.
package audit
