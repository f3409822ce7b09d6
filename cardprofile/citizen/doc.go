// Package citizen holds the record a card is made from, its forms on disk (CSV
// and JSON), and what is derived from it: the machine readable zone, the
// national data group, the QR text, the card access number.
//
// A record is personal data. Nothing here writes one into an error or a log,
// and no verb of fmt prints one. Whether a record may become a card is decided
// in cardprofile/rule; this package only reads what is there.
package citizen
