// Package sod reads, issues and checks the Document Security Object EF.SOD: the
// hashes of the data groups, signed by a Document Signer.
//
// Issuing goes in two steps that cannot be mixed up. Prepare decides and checks
// everything and signs nothing; the Token it returns signs at most once with
// Issue, which verifies its own result before it hands it out.
//
// Checking goes through Verify, which asks cardprofile/pki about signature and
// trust; file contents that were found covered come out as Covered, a type that
// nothing else can make.
//
// The format of SignedData lives in cardprofile/cms, certificates and trust in
// cardprofile/pki; the private key is a crypto.Signer, wherever it may be.
package sod
