// Package signd answers requests for EF.SOD over HTTP: for production lines with
// software of their own. A request holds data groups, or hashes of them, and an id;
// the answer holds the signed object, and is the same, byte for byte, whenever the id
// comes again.
//
// The promise is kept by an order: the object is signed, then verified, then written
// and synced, and only then does it leave. A crash before it was written lets the next
// request with the id sign once more, and nobody has seen the first; a crash after it
// gives what was written. What is written are hashes, signatures and certificates.
//
// What may not live here: choosing and judging (package signer), which keys there are
// (package signers), flags.
package signd
