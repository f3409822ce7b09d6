package sim

import (
	"sort"
	"strings"
	"testing/synctest"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/station"
)

// gate is where a goroutine of the line waits for its turn.
type gate struct {
	p    *process
	key  string
	pass chan struct{}
}

// wait is a goroutine's own stop before it does anything that others could see.
func (w *World) wait(p *process, key string) error {
	if p.dead {
		return station.ErrDied
	}
	g := &gate{p, key, make(chan struct{})}
	w.mu.Lock()
	w.gates = append(w.gates, g)
	w.mu.Unlock()
	select {
	case w.arrived <- struct{}{}:
	default:
	}
	<-g.pass
	if p.dead {
		return station.ErrDied
	}
	return nil
}

func (w *World) spawn(f func()) {
	w.mu.Lock()
	w.living++
	w.mu.Unlock()
	go func() {
		f()
		w.mu.Lock()
		w.living--
		w.mu.Unlock()
		select {
		case w.arrived <- struct{}{}:
		default:
		}
	}()
}

// schedule is the course of the day: one goroutine at a time, from its gate to
// the next.
func (w *World) schedule() {
	var ending time.Time
	for {
		synctest.Wait()
		w.bury()
		if w.living == 0 {
			return
		}
		switch {
		case ending.IsZero() && (w.closed || time.Since(w.start) > longestDay || w.out.Moments > mostMoments):
			if !w.closed {
				w.stuck("the day does not come to an end")
			}
			ending = time.Now()
			w.over = true
			for _, p := range w.processes {
				p.cancel()
			}
			continue
		case !ending.IsZero() && time.Since(ending) > time.Hour && len(w.processes) > 0:
			w.stuck("the line does not stop")
			for _, p := range w.processes {
				p.dead = true
			}
			ending = time.Now()
			continue
		}
		w.putRight()
		g := w.next()
		if g == nil {
			select {
			case <-w.arrived:
			case <-time.After(time.Second): // somebody who froze comes round
			}
			continue
		}
		if ending.IsZero() { // who hears of the end first is left to chance
			w.hash(g.p.name + " " + g.key)
		}
		close(g.pass)
		synctest.Wait()
		if w.rng.IntN(4) == 0 {
			time.Sleep(time.Duration(w.rng.IntN(40)) * time.Millisecond)
		}
	}
}

// bury lets what a dead process still had under way run into the void.
func (w *World) bury() {
	for _, p := range w.processes {
		if !p.dead || p.buried {
			continue
		}
		p.buried = true
		w.hash("death of " + p.name)
		for {
			g := w.of(p)
			if g == nil {
				break
			}
			close(g.pass)
			synctest.Wait()
		}
		p.cancel()
		for _, m := range w.machines {
			if m.owner == p {
				m.owner = nil
			}
		}
		synctest.Wait()
	}
}

func (w *World) of(p *process) *gate {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, g := range w.gates {
		if g.p == p {
			w.gates = append(w.gates[:i], w.gates[i+1:]...)
			return g
		}
	}
	return nil
}

// next takes one of those that wait, as the seed says.
func (w *World) next() *gate {
	w.mu.Lock()
	defer w.mu.Unlock()
	// Several that came within one step came in no order.
	sort.SliceStable(w.gates, func(i, j int) bool {
		a, b := w.gates[i], w.gates[j]
		if a.p.name != b.p.name {
			return a.p.name < b.p.name
		}
		return a.key < b.key
	})
	var ready []int
	for i, g := range w.gates {
		if time.Now().After(g.p.frozen) {
			ready = append(ready, i)
		}
	}
	if len(ready) == 0 {
		return nil
	}
	i := ready[w.rng.IntN(len(ready))]
	g := w.gates[i]
	w.gates = append(w.gates[:i], w.gates[i+1:]...)
	return g
}

// putRight is what time brings back.
func (w *World) putRight() {
	if w.offset != 0 && time.Now().After(w.rightAt) {
		w.log("the clock is put right")
		w.offset = 0
	}
}

// tick is a moment: the faults that are due strike. What they do to the one who
// is told of it is the caller's to carry out; died is for a dead process.
func (w *World) tick(p *process, at class, name string, m *machine) (*armed, error) {
	if p.dead {
		return nil, station.ErrDied
	}
	w.out.Moments++
	if at == atCommit {
		if _, seen := w.out.Points[name]; !seen {
			w.out.Points[name] = w.out.Moments
		}
	}
	var local *armed
	for i, a := range w.faults {
		if a.struck || w.out.Moments < a.From {
			continue
		}
		switch after, kept := strings.CutSuffix(a.After, "+"); {
		case a.ready || a.After == "":
		case a.After == Then:
			// In the same moment the first one would hide the second.
			if i == 0 || !w.faults[i-1].struck {
				continue
			}
			a.ready = true
			continue
		case name == after && (kept && at == atCommitted || !kept && at == atCommit):
			a.ready = true
		default:
			continue
		}
		if p.person && (a.Kind == "kill" || a.Kind == "power" || a.Kind == "freeze" || a.Kind == "second") {
			continue
		}
		if !a.Kind.strikes(at) || !fits(a.Kind, name) || (local != nil && !global[a.Kind]) {
			continue
		}
		a.struck = true
		w.out.Struck++
		w.log("FAULT %s at %s: %s %s", a.Kind, at, p.name, name)
		if global[a.Kind] {
			w.strike(a, p)
		} else {
			local = a
		}
	}
	if p.dead {
		return nil, station.ErrDied
	}
	return local, nil
}

// fits: some kinds concern one operation alone.
func fits(k Kind, name string) bool {
	switch k {
	case "lost-print", "ribbon", "ribbon-late":
		return name == "print"
	case "bad-keys":
		return name == "feed"
	}
	return true
}

// global are the kinds that concern more than the operation under way.
var global = map[Kind]bool{"kill": true, "power": true, "freeze": true, "second": true, "clock-back": true, "clock-forward": true, "db-down": true, "token-gone": true}

func (w *World) strike(a *armed, p *process) {
	switch a.Kind {
	case "kill":
		p.dead = true
	case "power":
		p.dead = true
		for _, m := range p.machines {
			m.powerCut()
		}
	case "freeze":
		p.frozen = time.Now().Add(a.upTo(time.Minute))
	case "second":
		if len(p.machines) > 0 {
			w.spawn(func() { w.second(p.name+" second", p.machines, a.upTo(3*time.Minute)) })
		}
	case "clock-back", "clock-forward":
		d := a.upTo(24 * time.Hour)
		if a.Kind == "clock-back" {
			d = -d
		}
		w.offset, w.rightAt = d, time.Now().Add(10*time.Minute)
	case "db-down":
		w.dbBack = time.Now().Add(a.upTo(30 * time.Second))
	case "token-gone":
		w.tokenBack = time.Now().Add(a.upTo(30 * time.Second))
	}
}
