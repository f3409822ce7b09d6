//go:build cgo && !windows

package pcsc

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/ebfe/scard"
)

// statusWaiter has nothing of its own where the binding's call serves.
type statusWaiter struct{}

func (statusWaiter) closeWaiter() {}

// tickets number the calls of status that are under way.
var tickets = struct {
	sync.Mutex
	used map[int]bool
}{used: map[int]bool{}}

func takeTicket() int {
	tickets.Lock()
	defer tickets.Unlock()
	n := 0
	for tickets.used[n] {
		n++
	}
	tickets.used[n] = true
	return n
}

func returnTicket(n int) {
	tickets.Lock()
	defer tickets.Unlock()
	delete(tickets.used, n)
}

func (s *scardSession) status(states []readerState, timeout time.Duration) error {
	// The binding keeps the C strings of reader names alive in a table with
	// the name as its key: a second call with the same name, made while the
	// first still waits, would free the first one's string. What follows the
	// NUL makes the key the call's own; the library never sees it.
	ticket := takeTicket()
	defer returnTicket(ticket)
	sys := make([]scard.ReaderState, len(states))
	for i, st := range states {
		sys[i] = scard.ReaderState{
			Reader:       fmt.Sprintf("%s\x00%d", st.reader, ticket),
			CurrentState: scard.StateFlag(st.current),
		}
	}
	err := call(func() error { return s.ctx.GetStatusChange(sys, timeout) })
	if err != nil {
		return err
	}
	for i := range states {
		states[i].event = stateFlag(sys[i].EventState)
		states[i].atr = sys[i].Atr
	}
	return nil
}

func (s *scardSession) cancel() error { return call(s.ctx.Cancel) }

// socketVariable is where libpcsclite looks for the name of the socket.
const socketVariable = "PCSCLITE_CSOCK_NAME"

func useSocket(path string) error {
	socket.Lock()
	defer socket.Unlock()
	if socket.read && os.Getenv(socketVariable) != path {
		return fmt.Errorf("pcsc: this process talks to another pcscd already; libpcsclite cannot change over")
	}
	// With cgo this sets the variable of the C library too.
	return os.Setenv(socketVariable, path)
}
