package queue

import (
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// River hands jobs out by priority, of which it has four, then by the time that they
// are scheduled for, then as they came. Ten priorities and a due date become a level
// and a time long ago: requests without either keep the time at which they came, and
// so come last. A job that ErrLater brought back keeps its level alone.

// level is River's priority, 1 to 4, of a request's, 0 to 9: the higher the sooner.
func level(priority int) int {
	return 4 - (min(max(priority, 0), 9)+2)/3
}

// urgent says whether a request does not simply wait its turn.
func urgent(r store.Request) bool { return r.Priority > 0 || !r.Due.IsZero() }

const (
	rankStep = 10 * 24 * time.Hour // between two priorities: more than a second a day, to the year 4000
	rankLast = rankStep - time.Hour
)

// rank is the time by which requests of a level are ordered: by priority, then by the
// day on which they are due; those due on no day come after the others.
func rank(r store.Request) time.Time {
	in := rankLast
	if !r.Due.IsZero() {
		in = min(max(time.Duration(r.Due.Unix()/86400)*time.Second, 0), rankLast-time.Second)
	}
	return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(9-min(max(r.Priority, 0), 9))*rankStep + in)
}
