package pcsc

import "sync"

// UseSocket makes this process talk to the pcscd whose socket is at path,
// instead of the machine's. libpcsclite looks for the name once in the life of
// a process, at the first call of this package that reaches pcscd: afterwards
// another path is refused with an error.
func UseSocket(path string) error { return useSocket(path) }

// socket remembers whether the library has looked for its socket.
var socket struct {
	sync.Mutex
	read bool
}
