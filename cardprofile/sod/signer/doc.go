// Package signer issues EF.SOD at the rate of a production line: from a pool of
// Document Signers it chooses the one that may sign a document, counts each use of its
// key before it is used, has the data groups judged by the conformance rules and held
// against the chip's own keys, and lets nothing out that a checkpoint with the
// issuer's trust store would not accept.
//
// Document Signers are added and retired while documents are signed.
//
// What may not live here: how an object is laid out and signed (package sod), keys
// (package hsm), who asks and over which channel.
package signer
