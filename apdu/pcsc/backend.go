package pcsc

import "time"

// library is the PC/SC library of the machine; tests put a scripted one in its
// place.
type library interface {
	// establish opens a context. Errors of all calls are a [code] where the
	// library gave one.
	establish() (session, error)
}

// session is one PC/SC context. Its calls block; cancel alone may be called
// while another is under way.
type session interface {
	listReaders() ([]string, error)
	// status waits until the state of one of the readers differs from what
	// states say, at most for timeout, and updates states. Zero asks once.
	status(states []readerState, timeout time.Duration) error
	cancel() error
	connect(reader string, mode shareMode, p protocol) (handle, error)
	release() error
}

// handle is one connection to a card or, in direct mode, to a reader.
type handle interface {
	protocol() protocol
	transmit(command []byte) ([]byte, error)
	reset(mode shareMode) error
	atr() ([]byte, error)
	control(code uint32, in []byte) ([]byte, error)
	attribute(id uint32) ([]byte, error)
	disconnect(resetCard bool) error
}

type shareMode int

const (
	shareExclusive shareMode = 1
	shareShared    shareMode = 2
	shareDirect    shareMode = 3
)

type protocol uint32

const (
	protocolNone protocol = 0
	protocolT0   protocol = 1
	protocolT1   protocol = 2
	protocolAny           = protocolT0 | protocolT1
)

// readerState is what the library says about a reader. The upper half of the
// flags counts insertions and removals.
type readerState struct {
	reader  string
	current stateFlag // what the caller believes
	event   stateFlag // what is
	atr     []byte
}

type stateFlag uint32

const (
	stateUnaware     stateFlag = 0x0000
	stateIgnore      stateFlag = 0x0001
	stateChanged     stateFlag = 0x0002
	stateUnknown     stateFlag = 0x0004
	stateUnavailable stateFlag = 0x0008
	stateEmpty       stateFlag = 0x0010
	statePresent     stateFlag = 0x0020
	stateExclusive   stateFlag = 0x0080
	stateInUse       stateFlag = 0x0100
	stateMute        stateFlag = 0x0200
)

// pnpReader is the name that stands for "a reader came or went".
const pnpReader = `\\?PnP?\Notification`

// machine is the library in use.
var machine = systemLibrary()
