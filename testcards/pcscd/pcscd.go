package pcscd

import (
	"context"
	"errors"

	"github.com/chipid-toolkit/chipid/apdu/vpcd"
)

// MaxReaders is how many readers one pcscd carries.
const MaxReaders = 16

// ErrUnavailable is matched by errors that say what the machine lacks: a
// package, a right, the operating system.
var ErrUnavailable = errors.New("no private pcscd here")

// Options of a private pcscd.
type Options struct {
	// Readers is the number of virtual readers, 1 to 16. They come in pairs:
	// an odd number gets one that is not in the list.
	Readers int
}

// Daemon is a running pcscd.
type Daemon struct {
	daemon
}

// Reader is one virtual reader: its name in PC/SC, and the slot to put cards
// into.
type Reader struct {
	// Name is the reader's name in PC/SC.
	Name string
	// Slot takes the cards; Slot.Addr() is what `chipid emulate --vpcd` wants.
	*vpcd.Slot
}

// Start starts a pcscd and returns when its readers are there. When ctx ends,
// the daemon is stopped and its files are removed. An error that matches
// ErrUnavailable says what to install or why it cannot work here.
func Start(ctx context.Context, o Options) (*Daemon, error) { return start(ctx, o) }

// Use makes apdu/pcsc talk to this daemon, in this process. It must come
// before the first use of PC/SC, see pcsc.UseSocket. Daemons that follow one
// another in a process have the same socket.
func (d *Daemon) Use() error { return d.use() }

// Socket is the path of the daemon's socket.
func (d *Daemon) Socket() string { return d.socket() }

// Env is the setting, NAME=VALUE, that makes another program talk to this
// daemon.
func (d *Daemon) Env() string { return "PCSCLITE_CSOCK_NAME=" + d.socket() }

// Readers are the virtual readers.
func (d *Daemon) Readers() []*Reader { return d.readers() }

// Kill kills the daemon as kill -9 does; the cards stay and wait.
func (d *Daemon) Kill() error { return d.kill() }

// Restart kills the daemon if it runs and starts it again with the same
// readers. It returns when they are there.
func (d *Daemon) Restart(ctx context.Context) error { return d.restart(ctx) }

// Stop pulls all cards, ends the daemon and removes its files.
func (d *Daemon) Stop() error { return d.stop() }
