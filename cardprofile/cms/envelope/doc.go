// Package envelope opens and makes CMS EnvelopedData and AuthEnvelopedData (RFC 5652,
// 6; RFC 5083) as streams: batches of any size that an office encrypts to the
// production line's certificate, and the rejects that go back.
//
// The key is an elliptic curve key that agrees on keys (RFC 5753), so that it can stay
// in a token. Keys transported under RSA are refused: PKCS #1 v1.5 padding is an
// oracle, and tokens differ in what they take of OAEP. Content is AES in GCM, or in
// CBC, which most tools make; what is made here is AES-256-GCM.
//
// What may not live here: signed objects (cardprofile/cms), keys (hsm), files.
package envelope
