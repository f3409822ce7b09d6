package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// route is a page.
type route struct {
	path, name string
	right      right
	load       func(s *Server, ctx context.Context, tx *store.Tx, r *http.Request, p *page) error
}

var routes = []route{
	{"/{$}", "overview", maySee, loadOverview},
	{"/rejects", "rejects", maySee, loadRejects},
	{"/batches", "batches", maySee, loadBatches},
	{"/batches/{name}", "batch", maySee, loadBatch},
	{"/stock", "stock", maySee, loadStock},
	{"/cards/{id}", "card", maySee, loadCard},
	{"/approvals", "approvals", maySee, loadApprovals},
	{"/audit", "audit", maySee, loadAudit},
	{"/people", "people", mayDecide, loadPeople},
}

// page is what a template draws.
type page struct {
	tongue
	Person  store.Person
	CSRF    string
	Path    string
	Said    string
	Refused bool
	Now     time.Time

	Troubles  []trouble // what is not normal, the worst first
	Stations  []store.Station
	Rate      float64 // cards an hour, over the last ten minutes
	Requests  map[string]int64
	Balance   card.Balance
	Balanced  bool
	Batches   []batchView
	Batch     *batchView
	Reasons   []reason
	Pending   []store.Card
	Confirmed []store.Card
	Card      *store.Card
	Request   *store.Request
	Journal   []store.Step
	Approvals []store.Approval
	People    []store.Person
	Entries   []store.AuditEntry
	CanHolder bool
	Holder    *Holder
}

// trouble is one thing that is not normal, and what to do about it.
type trouble struct{ What, Do, Link string }

type batchView struct {
	store.Batch
	Counts map[string]int64
}

// Done is how many of a hundred cards are done.
func (b batchView) Done() int64 {
	if b.Accepted == 0 {
		return 0
	}
	return b.Counts[string(store.RequestDone)] * 100 / b.Accepted
}

// byName is what templates can look up.
func byName(counts map[store.RequestState]int64) map[string]int64 {
	out := map[string]int64{}
	for s, n := range counts {
		out[string(s)] = n
	}
	return out
}

type reason struct {
	Text string
	N    int64
}

// May says for templates whether the person may do something: run or decide.
func (p *page) May(what string) bool {
	return allowed(p.Person.Role, map[string]right{"run": mayRun, "decide": mayDecide}[what])
}

// BatchState names the state of the page's batch.
func (p *page) BatchState() string { return p.BatchName(p.Batch.State) }

// MayBeLost says whether the page's card can be given up.
func (p *page) MayBeLost() bool {
	return slices.Contains([]card.State{card.RejectPending, card.Good, card.Packed, card.HandedOver, card.Returned}, p.Card.State)
}

// Accounts are the places of the ledger in their order.
func (p *page) Accounts() []card.Account { return card.Accounts() }

// InStock is how many blanks are in stock.
func (p *page) InStock() int64 { return p.Balance[card.Stock] }

// Roles are the roles that people have.
func (p *page) Roles() []store.Role { return store.Roles }

// Time writes a time of day, with the date where it is another day.
func (p *page) Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if t.Format(time.DateOnly) == p.Now.Format(time.DateOnly) {
		return t.Local().Format("15:04:05")
	}
	return t.Local().Format("02/01/2006 15:04")
}

func (s *Server) parse() error {
	s.pages = map[string]*template.Template{}
	list, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return err
	}
	for _, f := range list {
		name := strings.TrimSuffix(path.Base(f), ".html")
		if name == "frame" {
			continue
		}
		t, err := template.New(name).ParseFS(files, "templates/frame.html", f)
		if err != nil {
			return fmt.Errorf("console: %w", err)
		}
		s.pages[name] = t
	}
	return nil
}

// page loads what a page shows.
func (s *Server) page(r *http.Request, v *visit, rt route) (*page, error) {
	p := &page{tongue: text(r), Person: v.person, CSRF: v.csrf(), Path: r.URL.Path, Said: clip(r.URL.Query().Get("said")), Refused: r.URL.Query().Get("refused") != "", Now: s.Store.Now(), CanHolder: s.Holder != nil}
	p.Path = strings.TrimPrefix(p.Path, "/live")
	if p.Path == "" {
		p.Path = "/"
	}
	err := s.Store.Do(r.Context(), "console "+rt.name, func(tx *store.Tx) error {
		if err := loadTroubles(r.Context(), tx, p); err != nil {
			return err
		}
		return rt.load(s, r.Context(), tx, r, p)
	})
	return p, err
}

func clip(s string) string {
	if r := []rune(s); len(r) > 300 {
		return string(r[:300])
	}
	return s
}

// render draws a template into memory first: half a page is worse than none.
func (s *Server) render(w http.ResponseWriter, r *http.Request, name, part string, p *page) {
	var b bytes.Buffer
	if err := s.pages[name].ExecuteTemplate(&b, part, p); err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes())
}

// loadTroubles finds what is not normal, the worst first.
func loadTroubles(ctx context.Context, tx *store.Tx, p *page) error {
	t := p.tongue
	var err error
	p.Balanced = true
	if p.Balance, err = tx.Reconcile(ctx, 0); errors.Is(err, store.ErrUnbalanced) {
		p.Balanced = false
		p.Troubles = append(p.Troubles, trouble{t.tr("The ledger of blanks does not agree with the cards", "Sổ phôi không khớp với thẻ"), t.tr("Stop the line and call support", "Dừng dây chuyền và gọi hỗ trợ"), "/stock"})
		p.Balance, err = tx.Balance(ctx, 0)
	}
	if err != nil {
		return err
	}
	lots, err := tx.StoppedLots(ctx)
	if err != nil {
		return err
	}
	for _, l := range lots {
		p.Troubles = append(p.Troubles, trouble{fmt.Sprintf(t.tr("Lot %s stopped: %d chips in a row failed", "Lô %s đã dừng: %d chip liên tiếp bị lỗi"), l.Name, l.Failures), t.tr("Find out why before you release it", "Tìm nguyên nhân trước khi cho chạy lại"), "/stock"})
	}
	if p.Stations, err = tx.Stations(ctx); err != nil {
		return err
	}
	for _, s := range p.Stations {
		switch s.State {
		case store.StationHalted:
			p.Troubles = append(p.Troubles, trouble{s.Name + ": " + t.tr("halted", "đang dừng") + messageOf(s), t.tr("Put it right, then resume", "Khắc phục rồi bấm tiếp tục"), "/"})
		case store.StationLost:
			p.Troubles = append(p.Troubles, trouble{s.Name + ": " + t.tr("not heard of since ", "mất liên lạc từ ") + p.Time(s.Seen), t.tr("Start its line again: it carries on", "Khởi động lại dây chuyền: nó sẽ làm tiếp"), "/"})
		}
	}
	if p.Pending, err = tx.Cards(ctx, store.Filter{State: card.RejectPending, Limit: 500}); err != nil {
		return err
	}
	if n := len(p.Pending); n > 0 {
		p.Troubles = append(p.Troubles, trouble{fmt.Sprintf(t.tr("to be found in the locked bin: %d", "thẻ hỏng chờ xác nhận trong thùng khóa: %d"), n), t.tr("Scan them there: their cards are made again", "Quét tại thùng: thẻ sẽ được làm lại"), "/rejects"})
	}
	if p.Approvals, err = tx.Approvals(ctx); err != nil {
		return err
	}
	if n := len(p.Approvals); n > 0 {
		p.Troubles = append(p.Troubles, trouble{fmt.Sprintf(t.tr("%d decisions wait for a second person", "%d quyết định chờ người thứ hai"), n), t.tr("Look and agree, or do nothing", "Xem và đồng ý, hoặc để nguyên"), "/approvals"})
	}
	if p.Balance[card.Stock] == 0 && len(p.Stations) > 0 && p.Balance[card.Supplier] != 0 {
		p.Troubles = append(p.Troubles, trouble{t.tr("No blank is in stock", "Kho hết phôi"), t.tr("Book the next delivery in", "Nhập phôi của lần giao tiếp theo"), "/stock"})
	}
	return nil
}

func messageOf(s store.Station) string {
	if s.Message == "" {
		return ""
	}
	return ": " + s.Message
}

func loadOverview(s *Server, ctx context.Context, tx *store.Tx, _ *http.Request, p *page) error {
	counts, err := tx.RequestCounts(ctx, 0)
	if err != nil {
		return err
	}
	p.Requests = byName(counts)
	p.Rate = s.rate.perHour(counts[store.RequestDone], p.Now)
	if err := loadBatches(s, ctx, tx, nil, p); err != nil {
		return err
	}
	p.Batches = slices.DeleteFunc(p.Batches, func(b batchView) bool { return b.State == store.BatchClosed })
	return nil
}

func loadRejects(_ *Server, ctx context.Context, tx *store.Tx, _ *http.Request, p *page) (err error) {
	p.Confirmed, err = tx.Cards(ctx, store.Filter{State: card.RejectConfirmed, Limit: 500})
	return err
}

func loadBatches(_ *Server, ctx context.Context, tx *store.Tx, _ *http.Request, p *page) error {
	list, err := tx.Batches(ctx)
	if err != nil {
		return err
	}
	for _, b := range list[:min(len(list), 100)] {
		counts, err := tx.RequestCounts(ctx, b.ID)
		if err != nil {
			return err
		}
		p.Batches = append(p.Batches, batchView{b, byName(counts)})
	}
	return nil
}

func loadBatch(_ *Server, ctx context.Context, tx *store.Tx, r *http.Request, p *page) error {
	b, err := tx.Batch(ctx, r.PathValue("name"))
	if err != nil {
		return err
	}
	counts, err := tx.RequestCounts(ctx, b.ID)
	if err != nil {
		return err
	}
	p.Batch = &batchView{b, byName(counts)}
	reasons, err := tx.RejectReasons(ctx, b.ID)
	if err != nil {
		return err
	}
	for k, n := range reasons {
		p.Reasons = append(p.Reasons, reason{k, n})
	}
	slices.SortFunc(p.Reasons, func(a, b reason) int { return int(b.N-a.N)*1000 + strings.Compare(a.Text, b.Text) })
	p.Balance, err = tx.Balance(ctx, b.ID)
	return err
}

func loadStock(s *Server, ctx context.Context, tx *store.Tx, r *http.Request, p *page) error {
	return loadBatches(s, ctx, tx, r, p)
}

func loadCard(_ *Server, ctx context.Context, tx *store.Tx, r *http.Request, p *page) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return fmt.Errorf("%w: card", store.ErrNotFound)
	}
	c, err := tx.Card(ctx, id)
	if err != nil {
		return err
	}
	req, err := tx.Request(ctx, c.RequestID)
	if err != nil {
		return err
	}
	p.Card, p.Request = &c, &req
	p.Journal, err = tx.Journal(ctx, id)
	return err
}

func loadApprovals(*Server, context.Context, *store.Tx, *http.Request, *page) error { return nil }

// maxEntries is how many lines of the audit log a page shows.
const maxEntries = 200

func loadAudit(_ *Server, ctx context.Context, tx *store.Tx, _ *http.Request, p *page) error {
	rows, err := tx.SQL().QueryContext(ctx, fmt.Sprintf(`SELECT entry FROM audit ORDER BY id DESC LIMIT %d`, maxEntries))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		var e store.AuditEntry
		if err := rows.Scan(&text); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return err
		}
		p.Entries = append(p.Entries, e)
	}
	return rows.Err()
}

// EntryTime is when a line of the audit log was written.
func (p *page) EntryTime(e store.AuditEntry) string { return p.Time(time.UnixMicro(e.At)) }

func loadPeople(_ *Server, ctx context.Context, tx *store.Tx, _ *http.Request, p *page) (err error) {
	p.People, err = tx.People(ctx)
	return err
}
