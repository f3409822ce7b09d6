package pki

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Severity is how much an Alarm asks of the operator.
type Severity string

// The severities, the least first.
const (
	// Notice: worth knowing; nothing is missed yet.
	Notice Severity = "notice"
	// Overdue: something the store needs is out of date or about to be; checks that
	// rest on it cannot be performed.
	Overdue Severity = "overdue"
	// Damaged: the store is not what was imported.
	Damaged Severity = "damaged"
)

// Alarm is one thing that a store's operator should look at.
type Alarm struct {
	Severity Severity   `json:"severity"`
	ID       string     `json:"id"` // such as "crl.overdue"; see docs/trust.md
	Country  string     `json:"country,omitempty"`
	Subject  string     `json:"subject"`
	SHA256   string     `json:"sha256,omitempty"`
	Date     *time.Time `json:"date,omitempty"` // what the alarm is about, such as the end of validity
	Text     string     `json:"text"`
}

// CheckOptions are the ages that raise alarms; a zero value takes the default.
type CheckOptions struct {
	Now     time.Time
	Within  time.Duration // ends that are this near are told; default 30 days
	CRLAge  time.Duration // a CRL of this age is old; default 90 days, in which a State issues a new one (Doc 9303-12 (8th ed.), 4.1.5)
	ListAge time.Duration // a master list of this age is old; default 180 days
}

func (o *CheckOptions) fill() {
	const days = 24 * time.Hour
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	for _, d := range []struct {
		v     *time.Duration
		usual time.Duration
	}{{&o.Within, 30 * days}, {&o.CRLAge, 90 * days}, {&o.ListAge, 180 * days}} {
		if *d.v == 0 {
			*d.v = d.usual
		}
	}
}

// Check reads the whole store and says what is damaged, out of date or about to be:
// every file against its name, every certificate against its kind, the CSCAs and
// pins that end, the CRLs and lists that are old, the bundle that has expired. The
// worst come first.
func (s *Store) Check(o CheckOptions) []Alarm {
	o.fill()
	c := &storeCheck{s: s, o: o}
	entries := s.Entries()
	for _, e := range entries {
		c.object(e)
	}
	c.anchors(entries)
	c.crls(entries)
	c.pins()
	c.lists()
	c.bundle()
	rank := map[Severity]int{Damaged: 0, Overdue: 1, Notice: 2}
	slices.SortStableFunc(c.out, func(a, b Alarm) int {
		return cmp.Or(rank[a.Severity]-rank[b.Severity], strings.Compare(a.Country, b.Country), strings.Compare(a.ID, b.ID), strings.Compare(a.SHA256, b.SHA256))
	})
	return c.out
}

type storeCheck struct {
	s   *Store
	o   CheckOptions
	out []Alarm
}

func (c *storeCheck) raise(severity Severity, id string, e Entry, at time.Time, format string, args ...any) {
	a := Alarm{Severity: severity, ID: id, Country: e.Country, SHA256: e.SHA256, Text: fmt.Sprintf(format, args...)}
	if e.SHA256 != "" {
		a.Subject, _ = c.s.subject(e.SHA256)
	}
	if !at.IsZero() {
		a.Date = &at
	}
	c.out = append(c.out, a)
}

// object reads one file again and classes it anew.
func (c *storeCheck) object(e Entry) {
	if c.s.dir == "" {
		return
	}
	b, err := c.s.readObject(e.folder(), e.SHA256)
	var again *Entry
	if err == nil {
		again, err = newEntry(e.folder(), b)
	}
	switch {
	case err != nil:
		c.raise(Damaged, "store.object", e, time.Time{}, "%v", err)
	case again.Kind != e.Kind || again.Country != e.Country || again.Test != e.Test || !again.To.Equal(e.To) || again.nameHash != e.nameHash || again.keyID != e.keyID:
		c.raise(Damaged, "store.index", e, time.Time{}, "the index calls it %s of %s, and the file is %s of %s; remove index.tsv, and it is made anew", e.Kind, e.Country, again.Kind, again.Country)
	case again.Test && !c.s.test:
		c.raise(Damaged, "store.test", e, time.Time{}, "it %v", ErrTestMark)
	}
}

// anchors looks at the CSCA that counts longest of each State: an older one beside
// it ends without harm.
func (c *storeCheck) anchors(entries []Entry) {
	last := map[string]Entry{}
	for _, e := range entries {
		if e.Kind == KindCSCA && e.To.After(last[e.Country].To) {
			last[e.Country] = e
		}
	}
	for _, e := range entries {
		if e.Kind != KindCSCA {
			continue
		}
		final := last[e.Country].SHA256 == e.SHA256
		switch {
		case e.To.Before(c.o.Now) && final:
			c.raise(Overdue, "csca.expired", e, e.To, "the last CSCA of %s in the store was valid until %s; get the one that followed it", e.Country, day(e.To))
		case e.To.Before(c.o.Now.Add(c.o.Within)) && final:
			c.raise(Overdue, "csca.expiring", e, e.To, "the last CSCA of %s in the store is valid until %s; get the one that follows it", e.Country, day(e.To))
		case !e.To.Before(c.o.Now) && e.To.Before(c.o.Now.Add(c.o.Within)):
			c.raise(Notice, "csca.expiring", e, e.To, "this CSCA is valid until %s; the store has a newer one of %s", day(e.To), e.Country)
		}
	}
}

// crls looks at the newest CRL of each issuer.
func (c *storeCheck) crls(entries []Entry) {
	newest := map[string]Entry{}
	for _, e := range entries {
		if e.Kind == KindCRL && e.From.After(newest[e.nameHash].From) {
			newest[e.nameHash] = e
		}
	}
	for _, e := range newest {
		age := c.o.Now.Sub(e.From)
		switch {
		case e.To.IsZero():
			c.raise(Overdue, "crl.endless", e, time.Time{}, "the CRL of %s does not say until when it counts", day(e.From))
		case e.To.Before(c.o.Now):
			c.raise(Overdue, "crl.overdue", e, e.To, "the last CRL is of %s and counted until %s: revocation cannot be checked", day(e.From), day(e.To))
		case age > c.o.CRLAge:
			c.raise(Overdue, "crl.old", e, e.From, "the last CRL is of %s, %d days ago", day(e.From), int(age.Hours()/24))
		case e.To.Before(c.o.Now.Add(min(c.o.Within, e.To.Sub(e.From)/4))):
			c.raise(Notice, "crl.ending", e, e.To, "the CRL of %s counts until %s", day(e.From), day(e.To))
		case e.From.After(c.o.Now.Add(clockSkew)):
			c.raise(Overdue, "crl.future", e, e.From, "the CRL is of %s, which is in the future; check the clock", day(e.From))
		}
	}
}

func (c *storeCheck) pins() {
	for _, p := range c.s.Pins() {
		c.s.mu.Lock()
		e := c.s.byHash[p.SHA256]
		c.s.mu.Unlock()
		if e == nil {
			continue // a pin needs no certificate in the store, and says nothing of dates
		}
		if e.To.Before(c.o.Now.Add(c.o.Within)) {
			c.raise(Notice, "pin.ending", *e, e.To, "the signer that %s pinned is valid until %s: %s", p.Who, day(e.To), p.Why)
		}
	}
}

// lists looks at the newest list of each publisher.
func (c *storeCheck) lists() {
	sources, err := c.s.Sources()
	if err != nil {
		c.raise(Damaged, "store.sources", Entry{}, time.Time{}, "%v", err)
		return
	}
	newest := map[string]Source{}
	for _, src := range sources {
		if src.Kind == masterLists.name && src.Date().After(dateOf(newest, src.Country)) {
			newest[src.Country] = src
		}
	}
	for country, src := range newest {
		if age := c.o.Now.Sub(src.Date()); age > c.o.ListAge {
			at := src.Date()
			c.out = append(c.out, Alarm{Severity: Overdue, ID: "list.old", Country: country, Subject: src.Signer, SHA256: src.SHA256, Date: &at,
				Text: fmt.Sprintf("the last master list of this publisher is of %s, %d days ago", day(at), int(age.Hours()/24))})
		}
	}
}

func dateOf(m map[string]Source, country string) time.Time {
	if src, ok := m[country]; ok {
		return src.Date()
	}
	return time.Time{}
}

func (c *storeCheck) bundle() {
	f := c.s.Bundle()
	if f == nil {
		return
	}
	e := Entry{To: f.Expires}
	switch {
	case c.o.Now.After(f.Expires):
		c.raise(Overdue, "bundle.expired", e, f.Expires, "the bundle of version %d counted until %s; bring the next one", f.Version, day(f.Expires))
	case c.o.Now.Add(min(c.o.Within, f.Expires.Sub(f.Issued)/4)).After(f.Expires):
		c.raise(Notice, "bundle.expiring", e, f.Expires, "the bundle of version %d counts until %s", f.Version, day(f.Expires))
	case c.o.Now.Add(clockSkew).Before(f.Issued):
		c.raise(Overdue, "bundle.future", e, f.Issued, "the bundle is of %s, which is in the future; check the clock", day(f.Issued))
	}
}
