package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cmd/internal/console"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

func TestEveryPageForEveryRole(t *testing.T) {
	w := newWorld(t)
	w.fill(20, 10, true)
	for _, name := range []string{"lan", "minh", "tuan"} {
		c := w.login(name)
		for _, path := range []string{"/", "/rejects", "/batches", "/batches/HN-2026-11-24", "/stock", "/approvals", "/audit", "/people", "/cards/1", "/cards/11"} {
			want := http.StatusOK
			if path == "/people" && name != "lan" {
				want = http.StatusForbidden
			}
			status, body := c.get(path)
			if status != want {
				t.Errorf("%s %s: %d", name, path, status)
			}
			for _, secret := range []string{"Nguyễn Văn Mẫu", "001090990001", "argon2id"} {
				if strings.Contains(body, secret) {
					t.Errorf("%s %s shows %q", name, path, secret)
				}
			}
			if strings.Contains(body, "<script>") || strings.Contains(body, "style=") || strings.Contains(body, "onclick") {
				t.Errorf("%s has script or style of its own", path)
			}
		}
		for path, want := range map[string]int{"/cards/999": 404, "/cards/x": 404, "/batches/none": 404, "/nothing": 404} {
			if status, _ := c.get(path); status != want {
				t.Errorf("%s: %d", path, status)
			}
		}
	}
	if status, body := w.client().get("/rejects"); status != http.StatusSeeOther || !strings.HasPrefix(body, "/login") {
		t.Errorf("without login: %d", status)
	}
	if status, _ := w.client().get("/live/rejects"); status != http.StatusUnauthorized {
		t.Errorf("the stream without login: %d", status)
	}
}

// posts are all forms, with what a supervisor would send and who may.
var posts = []struct {
	path         string
	form         url.Values
	run, decides bool // operators may; supervisors may
}{
	{"/stations/want", url.Values{"station": {"S1"}, "want": {"pause"}}, true, true},
	{"/rejects/scan", url.Values{"serial": {"4790000000A5005"}}, true, true},
	{"/rejects/confirm", url.Values{"card": {"11"}, "password": {password}}, true, true},
	{"/cards/destroy", url.Values{"card": {"11"}, "password": {password}}, false, true},
	{"/cards/give-up", url.Values{"card": {"11"}, "password": {password}}, false, true},
	{"/cards/found", url.Values{"card": {"11"}}, false, true},
	{"/lots/release", url.Values{"lot": {"L"}, "password": {password}}, false, true},
	{"/batches/pause", url.Values{"batch": {"HN-2026-11-24"}, "pause": {"1"}}, false, true},
	{"/batches/close", url.Values{"batch": {"HN-2026-11-24"}, "password": {password}}, false, true},
	{"/batches/erase", url.Values{"batch": {"HN-2026-11-24"}, "password": {password}}, false, true},
	{"/stock/receive", url.Values{"batch": {"HN-2026-11-24"}, "blanks": {"5"}}, false, true},
	{"/people/put", url.Values{"name": {"an"}, "role": {"operator"}, "new-password": {password}, "password": {password}}, false, true},
	{"/cards/1/holder", url.Values{}, false, true},
}

func TestEveryFormForEveryRole(t *testing.T) {
	w := newWorld(t)
	w.fill(20, 10, true)
	supervisor, operator, auditor, others := w.login("lan"), w.login("minh"), w.login("tuan"), w.login("hoa").csrf()
	for _, p := range posts {
		for _, c := range []struct {
			name string
			c    *client
			may  bool
		}{{"auditor", auditor, false}, {"operator", operator, p.run}, {"supervisor", supervisor, p.decides}} {
			form := url.Values{"csrf": {c.c.csrf()}}
			for k, v := range p.form {
				form[k] = v
			}
			status, _ := c.c.post(p.path, form)
			if c.may == (status == http.StatusForbidden) {
				t.Errorf("%s %s: %d", c.name, p.path, status)
			}
			// The same without, and with another's, token of the form.
			for _, csrf := range []string{"", "x", others} {
				form.Set("csrf", csrf)
				if status, _ := c.c.post(p.path, form); status != http.StatusForbidden {
					t.Errorf("%s %s with another's token: %d", c.name, p.path, status)
				}
			}
		}
		if status, _ := w.client().post(p.path, p.form); status != http.StatusUnauthorized {
			t.Errorf("%s without login: %d", p.path, status)
		}
	}
	// A form from another site is refused whatever it holds.
	for _, header := range []http.Header{{"Origin": {"https://evil.example"}}, {"Sec-Fetch-Site": {"cross-site"}}} {
		form := url.Values{"csrf": {supervisor.csrf()}, "station": {"S1"}, "want": {""}}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/stations/want", strings.NewReader(form.Encode()))
		must(t, err)
		r.Header = header
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if status, _ := supervisor.send(r); status != http.StatusForbidden {
			t.Errorf("from another site: %d", status)
		}
	}
}

func TestTwoPeopleConfirm(t *testing.T) {
	w := newWorld(t)
	w.fill(12, 10, true)
	lan, minh := w.login("lan"), w.login("minh")
	confirm := func(c *client, secret string) (string, bool) {
		return c.decide("/rejects/confirm", url.Values{"card": {"11"}, "password": {secret}, "back": {"/cards/11"}})
	}
	if said, ok := confirm(minh, "wrong password"); ok || !strings.Contains(said, "wrong password") {
		t.Errorf("with a wrong password: %q", said)
	}
	if said, ok := confirm(minh, password); !ok || !strings.Contains(said, "second person") {
		t.Errorf("%q", said)
	}
	if said, ok := confirm(minh, password); ok {
		t.Errorf("one person twice: %q", said)
	}
	if _, body := lan.get("/approvals"); !strings.Contains(body, "minh") {
		t.Error("the decision does not wait for a second person")
	}
	if said, ok := confirm(lan, password); !ok || said != "Done." {
		t.Errorf("%q", said)
	}
	w.do(func(tx *store.Tx) error {
		c, err := tx.Card(ctx, 11)
		if c.State != card.RejectConfirmed {
			t.Errorf("the card is %s", c.State)
		}
		r, rerr := tx.Request(ctx, c.RequestID)
		if r.State != store.RequestOpen {
			t.Errorf("its request is %s", r.State)
		}
		if err == nil {
			err = rerr
		}
		return err
	})
}

func TestLooksAreLogged(t *testing.T) {
	w := newWorld(t)
	w.fill(3, 2, false)
	lan := w.login("lan")
	status, body := lan.post("/cards/1/holder", url.Values{"csrf": {lan.csrf()}})
	if status != http.StatusOK || !strings.Contains(body, "Nguyễn Văn Mẫu") {
		t.Fatalf("%d", status)
	}
	if _, body := lan.get("/audit"); !strings.Contains(body, "holder.seen") {
		t.Error("the look is not in the log")
	}
	if _, body := lan.get("/cards/1"); strings.Contains(body, "Nguyễn") {
		t.Error("the holder stays in view")
	}
}

func TestSessions(t *testing.T) {
	w := newWorld(t)
	c := w.login("lan")
	w.now = w.now.Add(console.Idle + time.Second)
	if status, _ := c.get("/"); status != http.StatusSeeOther {
		t.Errorf("an idle session goes on: %d", status)
	}
	c = w.login("lan")
	for range 40 {
		w.now = w.now.Add(console.Idle - time.Minute)
		c.get("/")
	}
	if status, _ := c.get("/"); status != http.StatusSeeOther {
		t.Errorf("a session outlives a shift: %d", status)
	}
	c = w.login("lan")
	if _, ok := c.decide("/logout", url.Values{}); !ok {
		t.Error("logout")
	}
	if status, _ := c.get("/"); status != http.StatusSeeOther {
		t.Errorf("logged out and still in: %d", status)
	}
	c = w.login("minh")
	w.do(func(tx *store.Tx) error {
		p, err := tx.Person(ctx, "minh")
		p.Disabled = true
		if err == nil {
			err = tx.PutPerson(ctx, p, "lan")
		}
		return err
	})
	if status, _ := c.get("/"); status != http.StatusSeeOther {
		t.Errorf("disabled and still in: %d", status)
	}
	if status, _ := w.client().post("/login", url.Values{"name": {"minh"}, "password": {password}}); status != http.StatusUnauthorized {
		t.Errorf("disabled, and logs in: %d", status)
	}
	// Guessing gets slow, also for names that are nobody's.
	for _, name := range []string{"lan", "nobody"} {
		last := 0
		for range 6 {
			last, _ = w.client().post("/login", url.Values{"name": {name}, "password": {"guess guess"}})
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("%s: %d after six guesses", name, last)
		}
	}
	if status, _ := w.client().post("/login", url.Values{"name": {"lan"}, "password": {password}}); status != http.StatusTooManyRequests {
		t.Errorf("the right password during the penalty: %d", status)
	}
	w.now = w.now.Add(time.Minute)
	w.login("lan")
}

func TestPasswords(t *testing.T) {
	for _, bad := range []string{"", "short", strings.Repeat("x", 1025)} {
		if _, err := console.HashPassword(bad); err == nil {
			t.Errorf("%d bytes are taken", len(bad))
		}
	}
	a, err := console.HashPassword(password)
	must(t, err)
	b, err := console.HashPassword(password)
	must(t, err)
	if a == b || !strings.HasPrefix(a, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Error(a)
	}
}

func TestLanguages(t *testing.T) {
	w := newWorld(t)
	w.fill(4, 2, true)
	c := w.login("lan")
	if _, body := c.get("/"); !strings.Contains(body, "to be made") {
		t.Error("not English")
	}
	c.get("/?lang=vi")
	for _, path := range []string{"/", "/rejects", "/batches", "/stock", "/approvals", "/audit", "/people", "/cards/3"} {
		_, body := c.get(path)
		if !strings.Contains(body, `lang="vi"`) || strings.Contains(body, "Log out") || strings.Contains(body, "to be made") {
			t.Errorf("%s is not Vietnamese", path)
		}
	}
}

func TestMetrics(t *testing.T) {
	w := newWorld(t)
	w.fill(12, 10, true)
	status, body := w.client().get("/metrics")
	for _, want := range []string{`chipid_cards{state="good"} 10`, `chipid_cards{state="reject-pending"} 1`, `chipid_requests{state="held"} 1`, "chipid_ledger_balanced 1", `chipid_stations{state="working"} 2`} {
		if status != 200 || !strings.Contains(body, want+"\n") {
			t.Errorf("%d, no %s", status, want)
		}
	}
}
