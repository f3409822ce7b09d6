// Package authority is an issuing State's on-line verification service that is not
// real: it speaks mutual TLS on this machine, knows the documents that a test tells
// it of, and can be made to lie, to replay, to be slow and to be down.
//
// What may not live here: how answers are checked, which is cardprofile/inspect's
// alone.
package authority
