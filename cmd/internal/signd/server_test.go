package signd

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
	"github.com/chipid-toolkit/chipid/hsm"
)

// TestSigns: data groups, hashes, and some of each give an object that covers the
// card, and the answer says what was seen.
func TestSigns(t *testing.T) {
	w := newWorld(t, nil)
	card, err := files()
	if err != nil {
		t.Fatal(err)
	}
	for i, hashed := range [][]int{nil, {2}, {1, 2, 13}, {1, 2, 13, 14, 15}} {
		in := whole(t, "request-"+string(rune('a'+i)), hashed...)
		a := answerIn(t, w.ask("POST", Path, in.json(t)))
		if a.Schema != SchemaAnswer || a.RequestID != in["requestId"] || a.LDS != "1.7" || a.Digest != "SHA-256" || a.Signer.Serial == "" || a.Signer.KeyID == "" || a.Signer.Issuer == "" {
			t.Errorf("%+v", a)
		}
		if !slices.Equal(a.Judged.Hashed, append([]int{}, hashed...)) || len(a.Judged.Groups)+len(a.Judged.Hashed) != 5 ||
			(a.Judged.Document == "EF.DG1") == slices.Contains(hashed, 1) || a.Judged.ChipKeys == slices.Contains(hashed, 14) || !a.Judged.COM {
			t.Errorf("%v: %+v", hashed, a.Judged)
		}
		s, err := sod.Parse(a.SOD)
		if err != nil {
			t.Fatal(err)
		}
		v := sod.Verify(s, w.trust, pki.VerifyOptions{Now: pkitest.Epoch.AddDate(0, 1, 0)})
		if v.Trust != pki.TrustAnchored || len(v.Deviations) > 0 {
			t.Error(v.Trust, v.Deviations)
		}
		for _, f := range card.Files {
			if id, ok := lds.FileByName(f.Name); ok && id.Number() > 0 {
				if c := v.CheckHash(f); c.Outcome != pki.Passed {
					t.Errorf("%v: %s: %s", hashed, f.Name, c.Reason)
				}
			}
		}
	}
	if w.key.signed() != 4 {
		t.Errorf("%d signatures for 4 requests", w.key.signed())
	}
}

func TestTheSameIDGetsTheSameBytes(t *testing.T) {
	w := newWorld(t, nil)
	var log bytes.Buffer
	w.Log = slog.New(slog.NewTextHandler(&log, nil))
	in := whole(t, "request-1")
	first := w.ask("POST", Path, in.json(t))
	answerIn(t, first)
	again := w.ask("POST", Path, in.json(t))
	if !bytes.Equal(first.Body.Bytes(), again.Body.Bytes()) || first.Header().Get("Idempotency-Replayed") != "" || again.Header().Get("Idempotency-Replayed") != "true" {
		t.Error("another answer")
	}
	for name, change := range map[string]func(body){
		"another group": func(b body) { delete(b, "cardAccess") },
		"as a hash": func(b body) {
			b["dataGroups"], b["hashes"] = whole(t, "x", 2)["dataGroups"], whole(t, "x", 2)["hashes"]
		},
		"LDS 1.8": func(b body) { b["ldsVersion"] = "1.8" },
		"digest":  func(b body) { b["digestAlgorithm"] = "SHA-384" },
		"no keys": func(b body) { delete(b, "chipKeys") },
	} {
		other := whole(t, "request-1")
		change(other)
		t.Log(name)
		refusal(t, w.ask("POST", Path, other.json(t)), http.StatusConflict, RuleReused, "requestId")
	}
	// A restart forgets nothing, and another process with the file knows it too.
	if err := w.Store.Close(); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.Store, err = OpenStore(context.Background(), w.path); err != nil {
		t.Fatal(err)
	}
	if got := w.ask("POST", Path, in.json(t)); !bytes.Equal(first.Body.Bytes(), got.Body.Bytes()) {
		t.Error("another answer after a restart")
	}
	if w.key.signed() != 1 {
		t.Errorf("signed %d times", w.key.signed())
	}
	for _, secret := range []string{"VNM", "NGUYEN"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
	if !strings.Contains(log.String(), `client="uid:1 pid:2" request=request-1`) || !strings.Contains(log.String(), "rule="+RuleReused) {
		t.Error(log.String())
	}
	// Nothing of a data group lies in the store.
	card, _ := files()
	if err := w.Store.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(w.path)
	if err != nil || !bytes.Contains(kept, []byte("request-1")) {
		t.Fatal("the store is not where it is said to be", err)
	}
	if bytes.Contains(kept, []byte(card.MRZ[:30])) || bytes.Contains(kept, []byte(card.MRZ[30:60])) {
		t.Error("the store holds the zone")
	}
}

// TestManyAtOnce: one id asked by many at once is signed once; and one that another
// process has signed meanwhile keeps that one's bytes.
func TestManyAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	w.key.gate = make(chan struct{})
	in := whole(t, "request-1").json(t)
	other := whole(t, "request-1")
	delete(other, "chipKeys")
	answers := make([]*httptest.ResponseRecorder, 4)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Go(func() {
			b := in
			if i == 3 {
				b = nil
				for len(w.flightsNow()) == 0 {
					time.Sleep(time.Millisecond)
				}
				b = other.json(t)
			}
			answers[i] = w.ask("POST", Path, b)
		})
	}
	for len(w.admit) < 4 {
		time.Sleep(time.Millisecond)
	}
	// There is room for no more.
	refusal(t, w.ask("POST", Path, whole(t, "request-2").json(t)), http.StatusServiceUnavailable, RuleBusy, "")
	close(w.key.gate)
	wait.Wait()
	for _, a := range answers[:3] {
		if answerIn(t, a); !bytes.Equal(a.Body.Bytes(), answers[0].Body.Bytes()) {
			t.Error("two answers of one id")
		}
	}
	refusal(t, answers[3], http.StatusConflict, RuleReused, "requestId")
	if w.key.signed() != 1 {
		t.Errorf("signed %d times", w.key.signed())
	}

	w.key.gate = make(chan struct{})
	late := make(chan *httptest.ResponseRecorder)
	in = whole(t, "request-3").json(t)
	go func() { late <- w.ask("POST", Path, in) }()
	for w.key.signed() < 2 {
		time.Sleep(time.Millisecond)
	}
	r, err := ParseRequest(in)
	if err != nil {
		t.Fatal(err)
	}
	second, err := OpenStore(context.Background(), w.path)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if _, _, err := second.Put("request-3", r.Content[:], []byte("of another process"), time.Now()); err != nil {
		t.Fatal(err)
	}
	close(w.key.gate)
	if got := <-late; got.Body.String() != "of another process" || got.Header().Get("Idempotency-Replayed") != "true" {
		t.Error(got.Body)
	}
}

func (s *Server) flightsNow() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for id := range s.flights {
		out = append(out, id)
	}
	return out
}

func TestRefusesByRule(t *testing.T) {
	w := newWorld(t, nil)
	group := func(b body, n, v string) { b["dataGroups"].(body)[n] = v }
	for i, c := range []struct {
		rule, field string
		hashed      []int
		change      func(body)
	}{
		{"signer.group", "dataGroups.2", nil, func(b body) { delete(b["dataGroups"].(body), "2") }},
		{"dg1.checkdigits", "dataGroups.1", nil, func(b body) {
			dg1, _ := base64.StdEncoding.DecodeString(b["dataGroups"].(body)["1"].(string))
			dg1[20] ^= 1 // a digit of the number
			group(b, "1", base64.StdEncoding.EncodeToString(dg1))
		}},
		{"signer.group", "hashes.2", []int{2}, func(b body) { group(b, "2", "YQA=") }},
		{"document.com.sod", "com", nil, func(b body) { delete(b["dataGroups"].(body), "13") }},
		{"document.com.sod", "com", []int{1, 2, 13, 14, 15}, func(b body) { delete(b["hashes"].(body), "13") }},
		{"detail.taglist", "dataGroups.11", nil, func(b body) { group(b, "11", "awA=") }},
		{"signer.hash", "hashes.2", []int{2}, func(b body) { b["hashes"].(body)["2"] = "9f86" }},
		{"signer.hash", "hashes.2", []int{2}, func(b body) { b["digestAlgorithm"] = "SHA-512" }},
		{signer.RuleChipKey, "dataGroups.14", nil, func(b body) { b["chipKeys"] = append(b["chipKeys"].([]string), someKey) }},
		{signer.RuleDG14Key, "dataGroups.14", nil, func(b body) { b["chipKeys"] = []string{someKey} }},
		{signer.RuleChipKey, "hashes.14", []int{14}, func(b body) { b["chipKeys"] = []string{someKey} }},
		{"document.type", "document", []int{1}, func(b body) { b["document"].(body)["code"] = "V" }},
		{"document.state", "document", []int{1}, func(b body) { b["document"].(body)["issuingState"] = "UTO" }},
		{"signer.outlasts", "document", []int{1}, func(b body) { b["document"].(body)["expiry"] = "2099-01-01" }},
		{"", "document", []int{1}, func(b body) { b["document"].(body)["expiry"] = "none" }},
		{"signer.dg1.expired", "document", []int{1}, func(b body) { b["document"].(body)["expiry"] = "2020-01-01" }},
		{"signer.document", "dataGroups.1", nil, func(b body) { b["document"] = body{"code": "ID", "issuingState": "VNM", "expiry": "2030-01-01"} }},
		{"signer.document", "hashes.1", []int{1}, func(b body) { delete(b, "document") }},
	} {
		in := whole(t, "request-1", c.hashed...)
		c.change(in)
		if c.field == "document" && in["document"].(body)["expiry"] == "none" {
			// A document that does not expire is one that every certificate may sign.
			in["requestId"] = "request-2"
			answerIn(t, w.ask("POST", Path, in.json(t)))
			continue
		}
		r := w.ask("POST", Path, in.json(t))
		t.Log(i, r.Body)
		refusal(t, r, http.StatusUnprocessableEntity, c.rule, c.field)
	}
	if w.key.signed() != 1 {
		t.Errorf("the key was asked %d times", w.key.signed())
	}
}

// someKey is a P-256 key of nobody's.
const someKey = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q=="

func TestWhatPasses(t *testing.T) {
	w := newWorld(t, nil)
	var log bytes.Buffer
	w.Log = slog.New(slog.NewTextHandler(&log, nil))
	in := whole(t, "request-1").json(t)
	w.key.err = &hsm.Fault{Doing: "sign", Kind: hsm.ErrTokenLost}
	refusal(t, w.ask("POST", Path, in), http.StatusServiceUnavailable, RuleToken, "")
	w.key.err = errors.New("it makes no sense")
	refusal(t, w.ask("POST", Path, in), http.StatusInternalServerError, RuleVerify, "")
	w.key.err = nil
	// What cannot be kept does not leave, and is signed once more when it can.
	db, err := sql.Open("sqlite", "file:"+w.path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("ALTER TABLE answer RENAME TO elsewhere"); err != nil {
		t.Fatal(err)
	}
	refusal(t, w.ask("POST", Path, in), http.StatusServiceUnavailable, RuleStore, "")
	if _, err := db.Exec("ALTER TABLE elsewhere RENAME TO answer; CREATE TRIGGER full BEFORE INSERT ON answer BEGIN SELECT RAISE(FAIL, 'disk full'); END"); err != nil {
		t.Fatal(err)
	}
	n := w.key.signed()
	refusal(t, w.ask("POST", Path, in), http.StatusServiceUnavailable, RuleStore, "")
	if w.key.signed() != n+1 {
		t.Error("it was to fail after signing")
	}
	if _, err := db.Exec("DROP TRIGGER full"); err != nil {
		t.Fatal(err)
	}
	answerIn(t, w.ask("POST", Path, in))
	w.Pool.Retire(w.Pool.Signers()[0].Fingerprint())
	refusal(t, w.ask("POST", Path, whole(t, "request-2").json(t)), http.StatusServiceUnavailable, signer.RuleNone, "")
	answerIn(t, w.ask("POST", Path, in)) // what was signed is still answered
}

func TestForgets(t *testing.T) {
	w := newWorld(t, nil)
	now := time.Now()
	for id, at := range map[string]time.Time{"old": now.Add(-48 * time.Hour), "young": now.Add(-time.Hour)} {
		if _, _, err := w.Store.Put(id, []byte{1}, []byte("the answer of "+id), at); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := w.Store.Purge(context.Background(), now.Add(-24*time.Hour)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if _, _, err := w.Store.Get(context.Background(), "old"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, b, err := w.Store.Get(context.Background(), "young"); string(b) != "the answer of young" {
		t.Error(err)
	}
	for _, path := range []string{w.path, w.path + "-wal"} {
		b, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte("the answer of old")) {
			t.Errorf("%s still holds it", path)
		}
	}
}

func TestStoreRefuses(t *testing.T) {
	dir := t.TempDir()
	wide := pkitest.WriteFile(t, dir, "wide", nil)
	if err := os.Chmod(wide, 0o644); err != nil {
		t.Fatal(err)
	}
	text := pkitest.WriteFile(t, dir, "text", bytes.Repeat([]byte("no database "), 1000))
	if err := os.Chmod(text, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{wide: "others may read", text: "no store", dir + "/none/x": "cannot be made", dir: "cannot be made"} {
		if _, err := OpenStore(context.Background(), path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestHealth(t *testing.T) {
	w := newWorld(t, nil)
	var gone error
	w.Token = func(context.Context) error { return gone }
	if r := w.ask("GET", "/v1/health", nil); r.Code != http.StatusOK || !strings.Contains(r.Body.String(), `"status":"ok"`) {
		t.Error(r.Code, r.Body)
	}
	gone, w.health.at = hsm.ErrTokenLost, time.Time{}
	if r := w.ask("GET", "/v1/health", nil); r.Code != http.StatusServiceUnavailable || !strings.Contains(r.Body.String(), `"token":"gone"`) {
		t.Error(r.Code, r.Body)
	}
	gone = nil
	w.Pool.Clock = func() time.Time { return pkitest.Epoch.AddDate(20, 0, 0) }
	w.health.at = time.Time{}
	if r := w.ask("GET", "/v1/health", nil); r.Code != http.StatusServiceUnavailable || !strings.Contains(r.Body.String(), signer.RulePeriod) {
		t.Error(r.Code, r.Body)
	}
	refusal(t, w.ask("POST", Path, []byte("{")), http.StatusBadRequest, RuleJSON, "")
	if r := w.ask("GET", "/metrics", nil); !strings.Contains(r.Body.String(), `chipid_sign_refusals_total{rule="request.json"} 1`) || !strings.Contains(r.Body.String(), "chipid_sign_up 0") {
		t.Error(r.Body)
	}
}
