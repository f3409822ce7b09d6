// Package policy holds what an operator makes of facts: which weaknesses and
// deviations of a document count, for which country and which dates, which checks
// must have been made, and how far a pinned signer, a known defect or an authority's
// word goes.
//
// A policy is a YAML file of rules in order. For each question the first rule that
// applies to the document and speaks to it decides; Judge says which one did. A
// policy can make a verdict stricter. It can excuse nothing that failed, with one
// exception that its file must spell out: a defect that the issuer itself has
// published.
//
// Facts are established elsewhere, in cardprofile/pki, sod and inspect, and never
// depend on a policy. Nothing here reads a document or a chip.
package policy
