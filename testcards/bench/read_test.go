package main

import (
	"strings"
	"testing"
	"time"
)

// TestReading holds the counts against what is promised: at most 10 exchanges
// with extended length, at most 80 without, and never more than arithmetic
// demands.
func TestReading(t *testing.T) {
	most := map[string]int{"extended": 10, "short": 80}
	for _, m := range modes() {
		if err := m.run(t.Context()); err != nil {
			t.Fatalf("%s: %v", m.name, err)
		}
		if m.exchanges > most[m.name] || m.exchanges != m.floor || m.received < 16610 {
			t.Errorf("%s: %d exchanges, at most %d; arithmetic says %d", m.name, m.exchanges, most[m.name], m.floor)
		}
		if slow, quick := m.milliseconds(106), m.milliseconds(848); slow < 1400 || quick > slow/2 || quick < 170 {
			t.Errorf("%s: %.0f ms at 106 kbit/s, %.0f ms at 848", m.name, slow, quick)
		}
	}
}

// TestFigures: the names that others compare by are there, once each.
func TestFigures(t *testing.T) {
	defer func(r int, s time.Duration) { rounds, spell = r, s }(rounds, spell)
	rounds, spell = 1, time.Millisecond
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"read.exchanges.extended", "read.exchanges.short", "read.floor.extended", "read.floor.short", "read.ms.848", "read.ms.106",
		"trust.open", "trust.open.memory", "trust.open.parsed", "trust.open.parsed.memory",
		"verify.p256", "verify.brainpoolP256r1", "verify.brainpoolP384r1", "verify.rsa3072pss",
		"read.sent.extended", "read.sent.short", "read.received.extended", "read.received.short", "read.ms.848.short", "read.ms.106.short"} {
		if n := strings.Count(out.String(), "\nfigure "+name+" "); n != 1 {
			t.Errorf("%s stands there %d times", name, n)
		}
	}
}
