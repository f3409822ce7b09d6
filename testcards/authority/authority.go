package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect/online"
)

// Mood is how the service behaves.
type Mood int

// The moods. Honest is the zero value.
const (
	Honest     Mood = iota
	Denies          // says of every document that it is not genuine
	Ignorant        // knows none
	Forges          // signs with a key that is not its own
	Unsigned        // leaves the signature out
	Replays         // gives the first answer again, whatever is asked
	Misbinds        // signs a "genuine" for another question
	Stale           // dates its answers a day back
	Future          // dates them a day ahead
	Rambles         // answers with what is no answer
	Boasts          // says something it has no word for
	Floods          // answers without end
	Refuses         // answers with a status that is none of success
	Slow            // lets everybody wait
	Redirects       // sends elsewhere
	LetterCase      // answers rightly, with the result in other letters
)

// Service is one running service.
type Service struct {
	Key crypto.PublicKey // what signs its answers

	mu    sync.Mutex
	mood  Mood
	known map[string]bool // SHA-256 of EF.SOD
	first []byte
	asked [][]byte

	key    *ecdsa.PrivateKey
	stop   chan struct{}
	server *httptest.Server
	client tls.Certificate
	roots  *x509.CertPool
	tb     testing.TB
}

// New starts a service on this machine that ends with the test.
func New(tb testing.TB) *Service {
	tb.Helper()
	s := &Service{known: map[string]bool{}, stop: make(chan struct{}), tb: tb, roots: x509.NewCertPool()}
	s.key = newKey(tb)
	s.Key = &s.key.PublicKey
	caKey := newKey(tb)
	root := certificate(tb, "Test root", nil, nil, &caKey.PublicKey, caKey)
	s.roots.AddCert(root)
	serverKey, clientKey := newKey(tb), newKey(tb)
	server := certificate(tb, "127.0.0.1", root, caKey, &serverKey.PublicKey, nil)
	client := certificate(tb, "Terminal 1", root, caKey, &clientKey.PublicKey, nil)
	s.client = tls.Certificate{Certificate: [][]byte{client.Raw}, PrivateKey: clientKey}
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.server.TLS = &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{{Certificate: [][]byte{server.Raw}, PrivateKey: serverKey}},
		ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: s.roots,
	}
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.server.StartTLS()
	tb.Cleanup(s.Down)
	return s
}

// Know tells the service of a genuine document.
func (s *Service) Know(efSOD []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[digest(efSOD)] = true
}

// Be changes the mood.
func (s *Service) Be(m Mood) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood = m
}

// Down ends the service.
func (s *Service) Down() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.stop:
	default:
		close(s.stop)
		s.server.CloseClientConnections()
		s.server.Close()
	}
}

// Asked are the questions that came in.
func (s *Service) Asked() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([][]byte(nil), s.asked...)
}

// Client is a terminal that the service knows.
func (s *Service) Client() *online.Client {
	s.tb.Helper()
	c, err := online.New(s.server.URL, s.client, s.roots)
	if err != nil {
		s.tb.Fatal(err)
	}
	return c
}

// Stranger is a terminal whose certificate nobody issued.
func (s *Service) Stranger() *online.Client {
	s.tb.Helper()
	key := newKey(s.tb)
	own := certificate(s.tb, "Stranger", nil, nil, &key.PublicKey, key)
	c, err := online.New(s.server.URL, tls.Certificate{Certificate: [][]byte{own.Raw}, PrivateKey: key}, s.roots)
	if err != nil {
		s.tb.Fatal(err)
	}
	return c
}

// Distrustful is a terminal that does not accept the service's own certificate.
func (s *Service) Distrustful() *online.Client {
	s.tb.Helper()
	c, err := online.New(s.server.URL, s.client, x509.NewCertPool())
	if err != nil {
		s.tb.Fatal(err)
	}
	return c
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	question, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var q inspect.Question
	if err != nil || r.Method != http.MethodPost || json.Unmarshal(question, &q) != nil || q.Schema != inspect.QuestionSchema || len(q.Nonce) < 32 {
		http.Error(w, "no question", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	mood, known := s.mood, s.known[digest(q.SOD)]
	s.asked = append(s.asked, question)
	s.mu.Unlock()
	a := inspect.Answer{Schema: inspect.AnswerSchema, Question: digest(question), Time: time.Now().UTC(), Result: "unknown"}
	if known {
		a.Result = "genuine"
	}
	key := s.key
	switch mood {
	case Denies:
		a.Result, a.Reason = "not_genuine", "reported stolen\x1b[31m"
	case Ignorant:
		a.Result = "unknown"
	case Forges:
		a.Result, key = "genuine", newKey(s.tb)
	case Misbinds:
		a.Result, a.Question = "genuine", digest(append(question, ' '))
	case Stale:
		a.Time = a.Time.AddDate(0, 0, -1)
	case Future:
		a.Time = a.Time.AddDate(0, 0, 1)
	case Boasts:
		a.Result = "very genuine"
	case LetterCase:
		a.Result = "GENUINE"
	case Rambles:
		_, _ = w.Write([]byte(`{"answer": "genuine", "signature": 7}`))
		return
	case Refuses:
		http.Error(w, "closed on Sundays", http.StatusServiceUnavailable)
		return
	case Redirects:
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		return
	case Slow:
		select {
		case <-s.stop:
		case <-r.Context().Done():
		}
		return
	case Floods:
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
		return
	}
	answer := sign(s.tb, key, a)
	if mood == Unsigned {
		answer = unsigned(a)
	}
	s.mu.Lock()
	if s.first == nil {
		s.first = answer
	}
	if mood == Replays {
		answer = s.first
	}
	s.mu.Unlock()
	_, _ = w.Write(answer)
}

func sign(tb testing.TB, key *ecdsa.PrivateKey, a inspect.Answer) []byte {
	body, err := json.Marshal(a)
	if err != nil {
		tb.Error(err)
		return nil
	}
	signing, err := cms.ChooseSigning(&key.PublicKey, cms.SignOptions{})
	if err != nil {
		tb.Error(err)
		return nil
	}
	sig, err := signing.Sign(key, body)
	if err != nil {
		tb.Error(err)
		return nil
	}
	out, _ := json.Marshal(inspect.SignedAnswer{Answer: body, Signature: sig})
	return out
}

func unsigned(a inspect.Answer) []byte {
	body, _ := json.Marshal(a)
	out, _ := json.Marshal(inspect.SignedAnswer{Answer: body})
	return out
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// certificate makes one for TLS; without a parent it signs itself with own.
func certificate(tb testing.TB, name string, parent *x509.Certificate, parentKey, pub, own any) *x509.Certificate {
	tb.Helper()
	t := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: parent == nil, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if parent == nil {
		t.KeyUsage = x509.KeyUsageCertSign
		parent, parentKey = t, own
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, pub, parentKey)
	if err != nil {
		tb.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}
