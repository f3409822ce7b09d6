// Package face turns a record into the pictures of a card's two faces, as the
// layout of its profile says: text, portrait, QR code, machine readable zone.
//
// Everything here is drawing. What stands where on which card is data in
// cardprofile/profiles/*.faces.yaml; which machine prints the pictures is the
// package printer's. Every layout carries SPECIMEN / MẪU and neutral drawings
// of our own where real cards carry an emblem, a seal or a security feature:
// nothing here imitates one.
//
// The same profile and data give the same pictures, byte for byte, on one
// architecture.
package face
