// Package ta is Terminal Authentication, version 1 (BSI TR-03110-1 v2.20, 3.5;
// TR-03110-3 v2.21, B.3 and B.14): a terminal shows the chip a chain of
// certificates and signs a challenge, and may then read what the chain grants,
// DG3 and DG4.
//
// terminal.go is [Run], chip.go the other half for virtual chips, schedule.go
// what both share. It runs after Chip Authentication, on its secure messaging,
// and is bound to the terminal's ephemeral key of it.
//
// The terminal's private key is not here: a [SignFunc] turns a [Challenge] into
// a signature, in the same machine ([SignWith] any crypto.Signer) or far away
// with a custodian who signs for many terminals.
//
// Version 2 shares the certificates and the commands, and differs in order (it
// comes before Chip Authentication), in what MSE: Set AT carries (protocol,
// ephemeral key, auxiliary data) and in what is signed (identifier, challenge,
// compressed key, auxiliary data). It would be a RunV2 with parameters of its
// own beside Run, on the same sendChain; the chip's Set AT would take the
// objects that it refuses now, and the authorization would be confined by the
// template that PACE carried (TR-03110-3 v2.21, 2.7.1).
//
// What may not live here: certificates (package cvc), reading EF.CVCA, Chip
// Authentication, and access to files.
package ta
