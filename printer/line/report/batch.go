package report

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/audit"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Batch is everything that happened to a batch.
type Batch struct {
	Schema  string     `json:"schema"`
	Name    string     `json:"name"`
	Profile string     `json:"profile"`
	Source  string     `json:"source,omitempty"`
	State   string     `json:"state"`
	Made    time.Time  `json:"made"` // when the report was
	Created time.Time  `json:"created"`
	Closed  *time.Time `json:"closed,omitempty"`
	Erase   *time.Time `json:"erase,omitempty"`
	Erased  bool       `json:"erased"`

	// Records = Accepted + Rejected.
	Records  int64            `json:"records"`
	Accepted int64            `json:"accepted"`
	Rejected int64            `json:"rejected"`
	Reasons  []Count          `json:"reject_reasons"` // of rejected records
	Requests map[string]int64 `json:"requests"`       // by state: together Accepted
	Kinds    map[string]int64 `json:"kinds"`          // by kind: together Accepted

	// Ledger is each account's balance. Received are the blanks that came in; they
	// are the sum of all accounts but the supplier's.
	Ledger   map[card.Account]int64 `json:"ledger"`
	Received int64                  `json:"received"`
	Cards    map[card.State]int64   `json:"cards"`
	Spoiled  []Count                `json:"spoiled"` // rejected cards by reason
	Stations []Station              `json:"stations"`
	Boxes    []Box                  `json:"boxes"`
	Audit    *Checkpoint            `json:"audit,omitempty"` // nil: nothing was logged yet
	Waiting  int64                  `json:"audit_waiting"`

	// Wrong is what does not add up; empty: nothing.
	Wrong []string `json:"wrong"`
}

// Count is how often something was the reason.
type Count struct {
	Reason string `json:"reason"`
	Count  int64  `json:"count"`
}

// Station is what a station did for the batch.
type Station struct {
	Name      string `json:"name"`
	Drawn     int64  `json:"drawn"`
	Good      int64  `json:"good"`
	Rejected  int64  `json:"rejected"`
	Untouched int64  `json:"untouched"` // drawn, and proven untouched by a probe
}

// Box is a box of the batch.
type Box struct {
	Name     string         `json:"name"`
	Lot      string         `json:"lot,omitempty"`
	Office   string         `json:"office,omitempty"`
	State    store.BoxState `json:"state"`
	Cards    int            `json:"cards"`
	Receipt  string         `json:"receipt,omitempty"`
	Digest   string         `json:"receipt_sha256,omitempty"`
	Manifest string         `json:"manifest_sha256,omitempty"`
	HandedBy string         `json:"handed_by,omitempty"`
	TakenBy  string         `json:"taken_by,omitempty"`
	Handed   *time.Time     `json:"handed,omitempty"`
}

// Checkpoint is the newest state of the audit log that the store has seen signed.
type Checkpoint struct {
	Origin string `json:"origin"`
	Size   uint64 `json:"size"`
	Root   string `json:"root"`
}

// Of reports on the batch of a name. store.ErrNotFound if there is none.
func Of(ctx context.Context, st *store.Store, name string) (*Batch, error) {
	r := &Batch{Schema: "chipid.batch.report/1", Made: st.Now().UTC().Truncate(time.Second), Reasons: []Count{}, Spoiled: []Count{}, Stations: []Station{}, Boxes: []Box{}, Wrong: []string{}}
	err := st.Do(ctx, "batch report", func(tx *store.Tx) error {
		b, err := tx.Batch(ctx, name)
		if err != nil {
			return err
		}
		r.batch(b)
		for _, part := range []func(context.Context, *store.Tx, int64) error{r.requests, r.blanks, r.work, r.boxes, r.audit} {
			if err := part(ctx, tx, b.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.add()
	return r, nil
}

func (r *Batch) batch(b store.Batch) {
	r.Name, r.Profile, r.Source, r.State, r.Created = b.Name, b.Profile, b.Source, b.State, b.Created
	r.Records, r.Accepted, r.Rejected, r.Erased = b.Records, b.Accepted, b.Rejected, b.State == store.BatchClosed && len(b.SealedKey) == 0
	if !b.Closed.IsZero() {
		r.Closed = &b.Closed
	}
	if !b.Erase.IsZero() {
		r.Erase = &b.Erase
	}
}

func (r *Batch) requests(ctx context.Context, tx *store.Tx, id int64) error {
	reasons, err := tx.RejectReasons(ctx, id)
	if err != nil {
		return err
	}
	r.Reasons = counts(reasons)
	states, err := tx.RequestCounts(ctx, id)
	if err != nil {
		return err
	}
	r.Requests = map[string]int64{}
	for s, n := range states {
		r.Requests[string(s)] = n
	}
	r.Kinds, err = tx.KindCounts(ctx, id)
	return err
}

func (r *Batch) blanks(ctx context.Context, tx *store.Tx, id int64) error {
	balance, err := tx.Reconcile(ctx, id)
	if errors.Is(err, store.ErrUnbalanced) {
		r.Wrong = append(r.Wrong, err.Error())
	} else if err != nil {
		return err
	}
	r.Ledger, r.Received = balance, -balance[card.Supplier]
	r.Cards, err = tx.Counts(ctx, id)
	return err
}

func (r *Batch) work(ctx context.Context, tx *store.Tx, id int64) error {
	list, err := tx.Tallies(ctx, id)
	if err != nil {
		return err
	}
	stations, spoiled := map[string]*Station{}, map[string]int64{}
	for _, l := range list {
		s := stations[l.Station]
		if s == nil {
			s = &Station{Name: l.Station}
			stations[l.Station] = s
		}
		switch l.State {
		case card.Drawn:
			s.Drawn += l.Count
		case card.Good, card.Sample:
			s.Good += l.Count
		case card.Untouched:
			s.Untouched += l.Count
		case card.RejectPending:
			s.Rejected += l.Count
			spoiled[code(l.Reason)] += l.Count
		}
	}
	for _, s := range stations {
		r.Stations = append(r.Stations, *s)
	}
	sort.Slice(r.Stations, func(i, j int) bool { return r.Stations[i].Name < r.Stations[j].Name })
	r.Spoiled = counts(spoiled)
	return nil
}

// code is what a reason begins with: its words may tell each card's own story.
func code(reason string) string {
	code, _, _ := strings.Cut(reason, ":")
	if code = strings.TrimSpace(code); code == "" {
		return "-"
	}
	return code
}

func (r *Batch) boxes(ctx context.Context, tx *store.Tx, id int64) error {
	list, err := tx.Boxes(ctx, id)
	if err != nil {
		return err
	}
	for _, b := range list {
		n, err := tx.InBox(ctx, b.Name())
		if b.State == store.BoxHanded && err == nil {
			var handed []int64
			handed, err = tx.HandedIn(ctx, "box "+b.Name())
			n = len(handed)
		}
		if err != nil {
			return err
		}
		box := Box{Name: b.Name(), Lot: b.Lot, Office: b.Office, State: b.State, Cards: n, Receipt: b.Receipt, Digest: hex.EncodeToString(b.ReceiptDigest),
			Manifest: hex.EncodeToString(b.Manifest), HandedBy: b.HandedBy, TakenBy: b.TakenBy}
		if !b.Handed.IsZero() {
			box.Handed = &b.Handed
		}
		r.Boxes = append(r.Boxes, box)
	}
	return nil
}

func (r *Batch) audit(ctx context.Context, tx *store.Tx, _ int64) error {
	n, err := tx.AuditWaiting(ctx)
	if err != nil {
		return err
	}
	r.Waiting = n
	last, err := tx.LastAuditCheckpoint(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := audit.ReadCheckpoint([]byte(last.Note))
	if err != nil {
		r.Wrong = append(r.Wrong, "the audit log's last checkpoint cannot be read")
		return nil //nolint:nilerr // said
	}
	r.Audit = &Checkpoint{Origin: c.Origin, Size: c.Size, Root: hex.EncodeToString(c.Root)}
	return nil
}

// add says what does not add up.
func (r *Batch) add() {
	sum := func(m map[string]int64) (n int64) {
		for _, v := range m {
			n += v
		}
		return n
	}
	if r.Records != r.Accepted+r.Rejected {
		r.Wrong = append(r.Wrong, "records are not accepted + rejected")
	}
	if sum(r.Requests) != r.Accepted {
		r.Wrong = append(r.Wrong, "requests are not as many as were accepted")
	}
	var rejected int64
	for _, c := range r.Reasons {
		rejected += c.Count
	}
	if rejected != r.Rejected {
		r.Wrong = append(r.Wrong, "reasons are not as many as were rejected")
	}
	for a, n := range r.Ledger {
		if n < 0 && a != card.Supplier {
			r.Wrong = append(r.Wrong, "the account "+string(a)+" is below zero")
		}
	}
	sort.Strings(r.Wrong)
}

// counts are the reasons, the commonest first.
func counts(m map[string]int64) []Count {
	list := make([]Count, 0, len(m))
	for r, n := range m {
		list = append(list, Count{r, n})
	}
	slices.SortFunc(list, func(a, b Count) int {
		if a.Count != b.Count {
			return int(b.Count - a.Count)
		}
		return strings.Compare(a.Reason, b.Reason)
	})
	return list
}
