// Package seal keeps the personal data of a batch under a data key that only the
// token opens.
//
// Each batch has a data key of its own, wrapped by a token key and kept beside the
// batch. A record with its portrait is sealed with AES-256-GCM and bound to its line
// and its keyed number, so that no row can stand in for another. To erase a batch's
// personal data it is enough to forget its wrapped key, wherever copies of the rows
// may lie.
//
// What may not live here: where rows are kept (package store), how records are read
// and judged (package intake), keys (package hsm).
package seal
