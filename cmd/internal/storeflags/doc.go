// Package storeflags is the flag --db and what it opens: the store of a production
// line, in a file beside the batch or on PostgreSQL.
//
// What may not live here: anything about what is done with the store.
package storeflags
