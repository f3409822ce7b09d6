// Package biometric reads and writes the biometric data blocks that DG2 wraps:
// the face record of ISO/IEC 19794-5:2005 around a JPEG or JPEG 2000 image, and
// finds out what an image is without decoding it.
//
// Pixels are never decoded here: JPEG 2000 needs a program outside this process,
// and a portrait is hostile input. Fingerprint and iris images stay opaque.
package biometric
