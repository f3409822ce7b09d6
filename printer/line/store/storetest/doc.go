// Package storetest starts the databases that tests of the line run on: a
// PostgreSQL cluster of their own, and a SQLite file.
//
// What may not live here: anything the line needs when it is not tested.
package storetest
