// Package intake takes batches in: from CSV, JSON Lines and XLSX files, with their
// photos in a folder or a zip, and from a query of a PostgreSQL database.
//
// A file is read twice. The first time finds out whether it is whole, how many rows it
// has and what its SHA-256 is, and takes nothing in: a damaged file leaves nothing
// behind. The second time judges row by row and commits them in pieces, each with the
// place it ends at, so that whatever interrupts it, the same file goes on there. Rows
// that cannot become a card are kept with their reason, and come out again in the
// form of the file: rows = accepted + rejected, always.
//
// Personal data goes into the store sealed only. What may not live here: the rules
// themselves (cardprofile/rule), what a row means (cardprofile/citizen).
package intake
