// Package office is what people decide about a production line: that a reject lies in
// the locked bin, that a card was destroyed or is lost, that a lot or a batch goes on
// or rests, what a station shall do.
//
// Each decision is one transaction with its line in the audit log and, where a request
// may be made again, its new job: there is no moment at which one is there without
// the other. The command and the console both decide through here.
//
// What may not live here: who a person is and what he may do (the console), what a
// state means (package card).
package office
