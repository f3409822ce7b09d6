// Package sight reads the picture that a camera took of a card: where the card lies
// in it, what its machine readable zone and its QR code say, whether it bears a
// portrait, and how far the print is displaced on the card.
//
// A picture is hostile: its size is bounded before it is looked at, no content of
// it makes this package panic, and the work grows with the card's size and not with
// the picture's.
//
// Places are millimetres from the top left corner of the card, X to the right and Y
// downwards, as in a layout.
//
// What may not live here: what a card should say, what becomes of a bad one, where
// pictures come from.
package sight
