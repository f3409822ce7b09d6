// Package biometric reads and writes the biometric data blocks that DG2, DG3 and
// DG4 wrap: faces, fingers and irises, as ISO/IEC 19794-4, -5 and -6 (2005) and
// as ISO/IEC 39794-4, -5 (2019) and -6 (2021) encode them, and finds out what an
// image is without decoding it.
//
// Face, Finger and Iris are one model for both encodings: who wants the picture
// or its size need not know which one came. Beside it stands what only the one
// encoding holds, as read. Reading is tolerant and reports deviations, building
// is strict.
//
// The tag numbers of 39794 come from ASN.1 schemas that ISO/IEC hold the copyright
// of and publish as they are, without warranty. Those of parts 1 and 5 were taken
// from the modules of the application profile for eMRTDs
// (id-icao-iso-iec-39794-1-ed-1-v1 and -5-ed-1-v1). Those of parts 4 and 6, and
// the layouts of 19794-4 and -6, were taken from what public readers (JMRTD, NIST
// biomdi) tell of them: the standards themselves were not at hand. The same holds
// of the format types 0028, 002A and 002C.
//
// Pixels are never decoded here: JPEG 2000 needs a program outside this process,
// and a portrait is hostile input. Nothing here compares faces or judges them.
package biometric
