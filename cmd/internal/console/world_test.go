package console_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/chipid-toolkit/chipid/cmd/internal/console"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/office"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

var ctx = context.Background()

const password = "long enough by far"

// world is a line in the middle of a day, with a console.
type world struct {
	t     testing.TB
	store *store.Store
	url   string
	now   time.Time
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)}
	var err error
	w.store, err = store.Open(ctx, "sqlite::memory:", store.Options{Clock: func() time.Time { return w.now }})
	must(t, err)
	t.Cleanup(func() { _ = w.store.Close() })
	s := &console.Server{Store: w.store, Office: &office.Office{Store: w.store}, Holder: func(context.Context, store.Request) (*console.Holder, error) {
		return &console.Holder{Name: "Nguyễn Văn Mẫu", Number: "001090990001"}, nil
	}}
	h, err := s.Handler()
	must(t, err)
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	w.url = srv.URL
	// A hash that is made quickly: what a login costs is tested elsewhere.
	salt := []byte("console!console!")
	e := base64.RawStdEncoding
	hash := fmt.Sprintf("$argon2id$v=19$m=8,t=1,p=1$%s$%s", e.EncodeToString(salt), e.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 8, 1, 32)))
	w.do(func(tx *store.Tx) error {
		for name, role := range map[string]store.Role{"lan": store.RoleSupervisor, "hoa": store.RoleSupervisor, "minh": store.RoleOperator, "tuan": store.RoleAuditor} {
			if err := tx.PutPerson(ctx, store.Person{Name: name, Role: role, Password: hash}, "set-up"); err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

func (w *world) do(f func(tx *store.Tx) error) {
	w.t.Helper()
	must(w.t, w.store.Do(ctx, "test", f))
}

// fill puts a batch of n requests and its blanks into the store, and makes some of its
// cards: good ones, and one reject.
func (w *world) fill(n, good int, reject bool) {
	w.do(func(tx *store.Tx) error {
		b, err := tx.NewBatch(ctx, store.Batch{Name: "HN-2026-11-24", Profile: "vn-cccd-2021", Source: "Hà Nội"})
		if err != nil {
			return err
		}
		if err := tx.Receive(ctx, b.ID, int64(n+20), "4711", "lan"); err != nil {
			return err
		}
		for i := range n {
			r, err := tx.Add(ctx, store.Request{BatchID: b.ID, Line: i + 2, NumberDigest: []byte(fmt.Sprintf("%032d", i)), Sealed: []byte{1}})
			if err != nil {
				return err
			}
			switch {
			case i < good:
				err = madeUpTo(tx, r.ID, fmt.Sprintf("S%d", i%4+1), i, card.Good)
			case i == good && reject:
				err = madeUpTo(tx, r.ID, "S2", i, card.RejectPending)
			}
			if err != nil {
				return err
			}
		}
		if err := tx.Count(ctx, b.ID, int64(n), 3); err != nil {
			return err
		}
		for i, s := range []store.Station{{Name: "S1", State: store.StationWorking, Made: 31}, {Name: "S2", State: store.StationIdle, Made: 30, Spoiled: 1}, {Name: "S3", State: store.StationWorking, Made: 30}, {Name: "S4", State: store.StationIdle, Made: 29}} {
			s.Process = fmt.Sprintf("hall-%d", i/2+1)
			if _, err := tx.Report(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// madeUpTo makes a card up to a state.
func madeUpTo(tx *store.Tx, request int64, station string, n int, to card.State) error {
	c, err := tx.Draw(ctx, request, station)
	path := []card.State{card.Probed, card.KeysMade, card.Signing, card.Signed, card.Writing, card.Locked, card.Printing, card.Printed, card.Checked, card.Good}
	if to == card.RejectPending {
		path = append(path[:4:4], card.RejectPending)
	}
	for _, s := range path {
		if err != nil {
			return err
		}
		m := store.Mark{Station: station}
		if s == card.Probed {
			m.Serial = fmt.Sprintf("4790%012X", 0xA5000+n)
		}
		if s == card.RejectPending {
			m.Reason = "chip: 6F00 while writing EF.DG2"
		}
		c, err = tx.Advance(ctx, c, s, m)
	}
	return err
}

// client is a browser without scripts.
type client struct {
	w    *world
	http *http.Client
}

func (w *world) client() *client {
	jar, err := cookiejar.New(nil)
	must(w.t, err)
	return &client{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// login logs in, and returns the client.
func (w *world) login(name string) *client {
	w.t.Helper()
	c := w.client()
	if status, _ := c.post("/login", url.Values{"name": {name}, "password": {password}}); status != http.StatusSeeOther {
		w.t.Fatalf("%s cannot log in: %d", name, status)
	}
	return c
}

func (c *client) get(path string) (int, string) {
	c.w.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.w.url+path, nil)
	must(c.w.t, err)
	return c.send(r)
}

func (c *client) post(path string, form url.Values) (int, string) {
	c.w.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.w.url+path, strings.NewReader(form.Encode()))
	must(c.w.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.send(r)
}

func (c *client) send(r *http.Request) (int, string) {
	c.w.t.Helper()
	res, err := c.http.Do(r)
	must(c.w.t, err)
	defer res.Body.Close()
	var b strings.Builder
	_, err = fmt.Fprint(&b, res.Header.Get("Location"), "\n")
	must(c.w.t, err)
	buf := make([]byte, 1<<20)
	for {
		n, err := res.Body.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			break
		}
	}
	return res.StatusCode, b.String()
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// csrf is the token of the client's forms.
func (c *client) csrf() string {
	c.w.t.Helper()
	_, body := c.get("/")
	m := csrfField.FindStringSubmatch(body)
	if m == nil {
		c.w.t.Fatal("no form on the page")
	}
	return m[1]
}

// decide posts a form with the token, and returns what the console said.
func (c *client) decide(path string, form url.Values) (said string, ok bool) {
	c.w.t.Helper()
	form.Set("csrf", c.csrf())
	status, body := c.post(path, form)
	location, _, _ := strings.Cut(body, "\n")
	u, err := url.Parse(location)
	if err != nil || status != http.StatusSeeOther {
		return body, false
	}
	return u.Query().Get("said"), u.Query().Get("refused") == ""
}
