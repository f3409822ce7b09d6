package main

import (
	"time"
)

// cause is what a station waits for.
type cause int

const (
	scheduling cause = iota // the next request: queue and hand-over
	issuing                 // the host's part of personalization
	signing                 // the Document Signer's signature
	inspecting              // the host's part of the inspection
	storing                 // statements of transactions
	committing              // commits until they are durable
	connection              // another transaction
	core                    // a free core
	handling                // everything between these
	causes
)

var causeNames = [causes]string{"the next request", "issuing", "signing", "inspection", "store: statements", "store: commits", "store: other stations", "a free core", "the rest"}

// host is the machine that the line runs on, as far as it is modelled: so many cores,
// each of which does one thing at a time.
type host struct {
	cores chan struct{}
	// commits are the real durations of commits so far.
	committed time.Duration
	commits   int
}

func newHost(cores int) *host { return &host{cores: make(chan struct{}, cores)} }

// commit is how long a commit takes: the mean of those so far.
func (h *host) commit() time.Duration {
	if h.commits == 0 {
		return 0
	}
	return h.committed / time.Duration(h.commits)
}

// meter charges what one thread does for a station, or for a request that is prepared.
type meter struct {
	h      *host
	thread int
	mark   time.Duration // processor time of the thread up to which all is charged
	cause  cause
	spent  [causes]time.Duration // modelled time
	cpu    time.Duration         // real
	turn   *turn                 // the transaction under way
}

// attach begins to charge the thread that calls, which must be locked.
func (m *meter) attach() {
	m.thread = threadID()
	m.mark = cpuOf(m.thread)
}

// slice is how long a core does one thing while others wait for it: what Go's
// scheduler allows a goroutine.
const slice = 10 * time.Millisecond

// charge lets the modelled clock pass for what the thread has done since.
func (m *meter) charge() {
	for d := cpuOf(m.thread) - m.mark; d > 0; d -= slice {
		begin := time.Now()
		m.h.cores <- struct{}{}
		m.spent[core] += time.Since(begin)
		part := min(d, slice)
		time.Sleep(part)
		<-m.h.cores
		m.spent[m.cause] += part
		m.cpu += part
	}
	m.mark = cpuOf(m.thread)
}

// enter charges what was done so far and names what comes; leave does the reverse.
func (m *meter) enter(c cause) (leave func()) {
	m.charge()
	before := m.cause
	m.cause = c
	return func() {
		m.charge()
		m.cause = before
	}
}
