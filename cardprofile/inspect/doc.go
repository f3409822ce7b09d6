// Package inspect takes a chip, or the files of one, and says what is proven
// about it and what is not.
//
// [Inspect] opens the chip (PACE, or BAC where nothing stronger is offered and
// the profile allows it), reads it under secure messaging, verifies EF.SOD down
// to the trust store, compares every hash, and asks the chip to prove that it
// is the original. The result is a [Verdict]: a list of checks, each passed,
// failed, not performed or not supported, with the reason in words. [Files]
// gives the same verdict for files alone; [Read] reads without a verdict.
//
// A chip is called genuine only on keys that passive authentication has
// covered. Without a trust anchor nothing is called authentic, and a Document
// Signer that the operator pinned is called pinned. The zero outcome is "not
// performed".
//
// What was found never depends on what an operator makes of it: a policy
// (Options.Policy, cardprofile/policy) and the issuer's own list of known defects are
// applied at the end, and say so. An [Authority] on line is one more check: its
// signed answer is held against the question here, and changes no trust.
//
// A session that breaks while files are read is opened anew, at most twice, if
// the transmitter is an apdu.Resetter: with the same access, at the same
// offset, and with nothing of what the old session proved about the chip. Every
// exchange is under a watchdog (Options.Patience).
//
// With a [Terminal] that the issuing country has given rights to, DG3 and DG4
// are read too, last of all: what comes of that takes nothing from the rest.
//
// What may not live here: protocols, parsing of files, trust decisions of the
// store. This package asks for facts and writes them down.
package inspect
