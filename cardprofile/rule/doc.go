// Package rule holds the rules a record must keep to before it
// becomes a card: one rule a file, each with its id, its source and its reason in
// Vietnamese and English. A rule accepts, warns or rejects; none of them repeats
// the data it judges.
//
// The conformance rules about what is issued lie below: lint is what every rule is
// made of, der how rules see encodings; cert, crl, signed, infos, files and document
// hold the rules; conformance asks them all; ruletest makes their fixtures.
//
// Reading a batch file is cardprofile/citizen's matter; rules judge what came
// out of it.
package rule
