// Package lineup is the line file: which stations a line has, each with its chip reader
// and its printer, and what they have in common. It makes stations of it.
//
// An encoder is a PC/SC reader. A printer that carries cards is driven as it is; where
// a person lays the blanks into the reader, Desk stands for his hands.
//
// What may not live here: how a card is made (package station), how a printer is driven
// (package printer), keys (the command opens them).
package lineup
