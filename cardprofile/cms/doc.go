// Package cms reads the SignedData objects of electronic documents (EF.SOD,
// EF.CardSecurity, master lists, deviation lists) as they really are, and checks
// their signatures.
//
// Reading is tolerant: BER is normalised beside the bytes as they came, and every
// departure from RFC 5652 and Doc 9303 that does not decide by itself is listed as
// a deviation. Checking is strict: algorithms and their parameters are taken from
// the object and enforced, nothing is tried until it fits, and content comes out
// only as a Verified, which only a successful check makes.
//
// The package knows bytes and keys. Certificates, names, trust and time live in
// cardprofile/pki, the content of EF.SOD in cardprofile/sod; building SignedData
// lives in cardprofile/sod too.
package cms
