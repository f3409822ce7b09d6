// Package people holds the synthetic citizens that demonstrations and tests
// issue cards to: a batch file in Vietnamese and a portrait beside it for each.
//
// Nobody here exists. Every number carries a random part of 9900nn, the names
// are drawn from common ones, the addresses name wards that there are not, and
// the portraits are drawings made by the program in portraitgen. One record is
// wrong on purpose, so that a batch always has something to reject.
//
// Data of real people may never come here.
package people

//go:generate go run ./portraitgen -out portraits
