// Package pki makes and judges the certificates and lists behind electronic
// documents: it reads X.509 certificates, CRLs, master lists and deviation lists as
// they really are, builds CSCA and Document Signer certificates per Doc 9303-12,
// keeps them in a trust Store, and says what is proven about a signed object of a
// chip.
//
// A Store opens by its index alone. Import takes files into it, each list only with
// an anchor behind it; Check raises alarms, Diff compares imports, and Export makes
// a signed bundle that another store can follow. docs/trust.md describes it all.
//
// Reading is tolerant and lists deviations; building is strict and checks its own
// result. VerifyDocument is the way in for passive authentication: it takes the
// SignedData of an EF.SOD or EF.CardSecurity and a Store, and returns the facts
// for the checks sod.signature, sod.chain, sod.validity and sod.revocation, each
// with its reason in words. Content that it found signed by a trusted signer comes
// out as a Trusted, a type that nothing else can make.
//
// The formats of signatures and of SignedData live in cardprofile/cms, the content
// of EF.SOD in cardprofile/sod. Nothing here reads a chip, holds a private key or
// decides policy: which checks are required is for cardprofile/inspect to say.
package pki
