// Package pcscd runs a pcscd of one's own, with virtual readers, beside the
// machine's: for demonstrations and tests against the real daemon.
//
// The place of pcscd's socket is compiled in. So the daemon gets a mount
// namespace of its own, in which a private directory lies over that place, and
// clients find the socket there by the variable PCSCLITE_CSOCK_NAME. As root
// that needs unshare(1) alone; another user needs user namespaces too.
//
// pcscd carries 16 readers at most. The virtual reader driver keeps its state in
// static variables, two readers to a loaded library, so each pair of readers
// gets a copy of the library file. The driver listens on every interface of the
// machine, on a free port chosen here; whoever reaches the port can put a card
// into the reader. Keep such machines off untrusted networks while it runs.
//
// The daemon ends with the process that started it, killed or not. Its
// directory is removed by Stop and when the context ends.
//
// What lives here: starting, restarting, stopping. What may not: cards.
package pcscd
