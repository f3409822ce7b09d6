package signd

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
	"github.com/chipid-toolkit/chipid/testcards/sample"
)

var files = sync.OnceValues(func() (*sample.Card, error) { return sample.Issue(context.Background(), 0) })

// body is a request as a line writes it.
type body map[string]any

// whole is a request with the data groups of an issued card; those of the numbers are
// sent as hashes.
func whole(tb testing.TB, id string, hashed ...int) body {
	tb.Helper()
	card, err := files()
	if err != nil {
		tb.Fatal(err)
	}
	groups, hashes, keys := body{}, body{}, []string{}
	b := body{"requestId": id, "profile": "vn-cccd-2021", "dataGroups": groups}
	for _, f := range card.Files {
		file, ok := lds.FileByName(f.Name)
		switch {
		case f.Name == lds.NameCOM:
			b["com"] = base64.StdEncoding.EncodeToString(f.Bytes)
		case f.Name == "EF.CardAccess":
			b["cardAccess"] = base64.StdEncoding.EncodeToString(f.Bytes)
		case !ok || file.Number() == 0:
		default:
			n := strconv.Itoa(file.Number())
			groups[n] = base64.StdEncoding.EncodeToString(f.Bytes)
			for _, h := range hashed {
				if h == file.Number() {
					sum := sha256.Sum256(f.Bytes)
					hashes[n] = hex.EncodeToString(sum[:])
					delete(groups, n)
				}
			}
		}
		if f.Name == "EF.DG15" {
			k, _, err := lds.ParseDG15(f.Bytes)
			if err != nil {
				tb.Fatal(err)
			}
			keys = append(keys, base64.StdEncoding.EncodeToString(k.SPKI))
		}
		if f.Name == "EF.DG14" {
			infos, _, err := lds.ParseDG14(f.Bytes)
			if err != nil {
				tb.Fatal(err)
			}
			for _, k := range infos.ChipAuthKeys {
				b15, err := lds.EncodeDG15(k.Public)
				if err != nil {
					tb.Fatal(err)
				}
				again, _, err := lds.ParseDG15(b15)
				if err != nil {
					tb.Fatal(err)
				}
				keys = append(keys, base64.StdEncoding.EncodeToString(again.SPKI))
			}
		}
	}
	b["chipKeys"] = keys
	for _, h := range hashed {
		switch h {
		case 1:
			b["document"] = body{"code": "ID", "issuingState": "VNM", "expiry": time.Now().AddDate(9, 0, 0).Format(time.DateOnly)}
		case 14, 15:
			delete(b, "chipKeys")
		}
	}
	if len(hashes) > 0 {
		b["hashes"] = hashes
	}
	if len(groups) == 0 {
		delete(b, "dataGroups")
	}
	return b
}

func (b body) json(tb testing.TB) []byte {
	tb.Helper()
	out, err := json.Marshal(b)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// world is a service in this process, with a Document Signer whose key can be held up.
type world struct {
	*Server
	handler http.Handler
	trust   *pki.Store
	key     *slowKey
	path    string
	log     *bytes.Buffer
}

func newWorld(tb testing.TB, change func(*pki.DSOptions)) *world {
	tb.Helper()
	a := pkitest.NewAuthority(tb, pkitest.Options{Name: "CSCA Service"})
	key := &slowKey{Signer: pkitest.Key(tb, "P-256")}
	w := &world{trust: a.Store(tb), key: key, path: filepath.Join(tb.TempDir(), "signed.db"), log: &bytes.Buffer{}}
	now := pkitest.Epoch.AddDate(0, 0, 20)
	w.Server = &Server{Pool: &signer.Pool{Trust: w.trust, Clock: func() time.Time { return now }}, Workers: 2, Queue: 2}
	if err := w.Pool.Add(signer.DocumentSigner{Key: key, Certificate: a.NewDS(tb, key.Public(), func(o *pki.DSOptions) {
		o.NotAfter = pkitest.Epoch.AddDate(15, 2, 0)
		if change != nil {
			change(o)
		}
	})}); err != nil {
		tb.Fatal(err)
	}
	var err error
	if w.Store, err = OpenStore(context.Background(), w.path); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = w.Store.Close() })
	w.handler = w.Handler()
	return w
}

// slowKey signs when it is let, and counts.
type slowKey struct {
	crypto.Signer
	mu   sync.Mutex
	gate chan struct{} // nil: at once
	err  error
	n    int
}

func (k *slowKey) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	k.mu.Lock()
	k.n++
	gate, err := k.gate, k.err
	k.mu.Unlock()
	if gate != nil {
		<-gate
	}
	if err != nil {
		return nil, err
	}
	return k.Signer.Sign(r, digest, o)
}

func (k *slowKey) signed() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.n
}

// ask sends a request as from a socket.
func (w *world) ask(method, path string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r = r.WithContext(context.WithValue(r.Context(), peerKey{}, "uid:1 pid:2"))
	out := httptest.NewRecorder()
	w.handler.ServeHTTP(out, r)
	return out
}

// refusal wants a status and a rule.
func refusal(tb testing.TB, r *httptest.ResponseRecorder, status int, rule, field string) {
	tb.Helper()
	var got struct{ Error Refusal }
	if err := json.Unmarshal(r.Body.Bytes(), &got); err != nil {
		tb.Fatalf("%v: %s", err, r.Body)
	}
	if r.Code != status || got.Error.Rule != rule || got.Error.Field != field || got.Error.Text == "" || r.Header().Get("Content-Type") != "application/json" {
		tb.Errorf("%d %+v, want %d %s at %q", r.Code, got.Error, status, rule, field)
	}
	if (r.Code == http.StatusServiceUnavailable) != (r.Header().Get("Retry-After") != "") {
		tb.Errorf("%s: Retry-After %q", rule, r.Header().Get("Retry-After"))
	}
}

func answerIn(tb testing.TB, r *httptest.ResponseRecorder) Answer {
	tb.Helper()
	var a Answer
	if err := json.Unmarshal(r.Body.Bytes(), &a); err != nil || r.Code != http.StatusOK {
		tb.Fatalf("%d %v: %s", r.Code, err, r.Body)
	}
	return a
}
