// Package report says on paper and as data what became of a batch and of its boxes:
// in = accepted + rejected, every blank by its fate, rejects by reason, stations,
// boxes with their receipts, and the checkpoint of the audit log that all of it stands
// under. It only reads.
//
// No holder's name or number may come onto a page made here.
package report
