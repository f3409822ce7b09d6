// Package queue hands requests to stations: River on the store's own database,
// SQLite or PostgreSQL, so that a request and its job, or a card and the end of
// its job, are written in one transaction.
//
// River delivers at least once. That a job comes twice is harmless here and must
// stay so: the store lets no request have two cards, whoever asks. A job's
// arguments are numbers of ours and never personal data, for anybody may list
// them.
//
// What may not live here: what is done with a request (package line).
package queue
