// Package openpace lets OpenPACE's library libeac play the other side of PACE
// and Chip Authentication: as a chip that our terminal meets, and as a terminal
// that meets our chip. Two halves of one hand agree too easily; these are not.
//
// testdata/peer.c is a program of ours on libeac that speaks in protocol
// objects, a line each: nonce, mapping data, keys, tokens. [Build] compiles it
// with gcc and [Start] runs it as a process of its own, so that nothing here
// needs cgo. [Chip] and [Peer.RunPACE], [Peer.RunCA] put the objects into APDUs.
// Secure messaging afterwards is libeac's as well: counter, encryption,
// checksum.
//
// libeac has version 2 of Chip Authentication; version 1 is its key agreement and
// its key derivation with an empty nonce.
//
// [Limits] lists what libeac does not do, or does in another way than the
// standard, each with its reason; the tests show every row to be true.
//
// What lives here: the program, its driver, and the tests of our protocols
// against it. What may not: cryptography in Go, and anything that a product
// needs. The program prints session keys, and libeac is under the GPL: it is
// compiled where the tests run and not distributed.
package openpace
