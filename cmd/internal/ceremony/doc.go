// Package ceremony makes the objects of an issuing authority from one reviewed YAML
// file each: certificates, CRLs, master and deviation lists, CV certificates and
// requests.
//
// Load reads the file, Prepare makes a Plan: everything decided, checked and held to the
// conformance rules, nothing signed. The same file, keys and input files give the same
// plan, byte for byte, so that what people have reviewed and signed on paper is what the
// token signs. Run signs once and writes object and transcript.
//
// What may not live here: how objects are encoded (cardprofile/pki, apdu/cvc), keys
// (package hsm), flags (the command).
package ceremony
