package signd

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
)

// Server signs what clients ask for. Its fields are set before Serve.
type Server struct {
	Pool  *signer.Pool
	Store *Store
	// Token says whether the token answers; nil: nobody asks.
	Token func(ctx context.Context) error
	// Workers is how many documents are signed at a time, Queue how many requests wait
	// beside them; more are refused.
	Workers, Queue int
	// Keep is how long answers are kept; 0: for good.
	Keep time.Duration
	// Allow says whether a client may ask, by its certificate; nil: all whom the client
	// CA vouches for.
	Allow func(Client) bool
	Log   *slog.Logger

	begin   sync.Once
	admit   chan struct{} // requests that are read or answered
	workers chan struct{} // documents that are signed
	mu      sync.Mutex
	flights map[string]*flight // by request id
	health  healthCache
	numbers numbers
}

// Bounds of a request.
const (
	// MaxBody is how many bytes a request has at most: base64 of every data group.
	MaxBody = 2 << 20
	// Patience is how long a client is kept waiting. What was begun for it goes on, and
	// its answer is there when it asks again.
	Patience = 30 * time.Second
	// maxConnections bounds open connections, idle ones among them.
	maxConnections = 256
)

// Path is where EF.SOD is asked for.
const Path = "/v1/sod"

func (s *Server) start() {
	s.begin.Do(func() {
		if s.Log == nil {
			s.Log = slog.New(slog.DiscardHandler)
		}
		s.Workers, s.Queue = max(s.Workers, 1), max(s.Queue, 0)
		s.admit, s.workers = make(chan struct{}, s.Workers+s.Queue), make(chan struct{}, s.Workers)
		s.flights = map[string]*flight{}
	})
}

// Handler answers requests.
func (s *Server) Handler() http.Handler {
	s.start()
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Path, s.sod)
	mux.HandleFunc("GET /v1/health", s.showHealth)
	mux.HandleFunc("GET /metrics", s.metrics)
	for _, path := range []string{Path, "/v1/health", "/metrics"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			refuse(http.StatusMethodNotAllowed, RuleMethod, "", "the path takes another method").write(w)
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(http.StatusNotFound, RuleMethod, "", "there is no such path; POST %s", Path).write(w)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		client := clientOf(r)
		if refused := s.mayAsk(client); refused != nil {
			s.Log.Warn("refused", "client", client.Name, "rule", refused.Rule)
			s.numbers.refused(refused.Rule)
			refused.write(w)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// mayAsk looks at the client for each request: a connection may outlive what let it in.
func (s *Server) mayAsk(c Client) *Refusal {
	switch {
	case c.Certificate == nil && c.Name == "":
		return refuse(http.StatusForbidden, RuleClient, "", "nobody knows who asks")
	case c.Certificate != nil && time.Now().After(c.Certificate.NotAfter):
		return refuse(http.StatusForbidden, RuleClient, "", "the client's certificate has expired")
	case c.Certificate != nil && s.Allow != nil && !s.Allow(c):
		return refuse(http.StatusForbidden, RuleClient, "", "the client is not on the list of those who may ask")
	}
	return nil
}

// Serve answers at a listener of ListenSocket or ListenTLS until ctx ends, and then those that have been accepted.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	srv := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 15*time.Second + Patience, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, Protocols: protocols, ConnContext: withPeer, DisableGeneralOptionsHandler: true,
		// What was accepted is answered, also after ctx has ended.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ErrorLog:    slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	forgetting, stop := context.WithCancel(ctx)
	forgotten := make(chan struct{})
	go func() {
		defer close(forgotten)
		s.forget(forgetting)
	}()
	defer func() { stop(); <-forgotten }()
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), Patience)
	defer cancel()
	err := srv.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	return errors.Join(err, s.land(last))
}

// forget purges the store now and every hour.
func (s *Server) forget(ctx context.Context) {
	if s.Keep <= 0 {
		return
	}
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		n, err := s.Store.Purge(ctx, time.Now().Add(-s.Keep))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.Log.Error("what is past its time could not be forgotten", "error", err)
		case n > 0:
			s.Log.Info("forgotten", "answers", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sod answers one request.
func (s *Server) sod(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	client := clientOf(r)
	var in *Request
	a, refused := func() (*answered, *Refusal) {
		select {
		case s.admit <- struct{}{}:
			defer func() { <-s.admit }()
		default:
			// The body is not read: there is no room for it.
			w.Header().Set("Connection", "close")
			out := refuse(http.StatusServiceUnavailable, RuleBusy, "", "more requests are under way than are taken at once")
			out.Retry = 1
			return nil, out
		}
		body, refused := readBody(w, r)
		if refused != nil {
			return nil, refused
		}
		var err error
		if in, err = ParseRequest(body); err != nil {
			return nil, refusalOf(err, in)
		}
		return s.answer(r.Context(), in)
	}()
	line := []any{"client", client.Name}
	if in != nil && in.ID != "" {
		line = append(line, "request", in.ID)
	}
	line = append(line, "ms", time.Since(began).Milliseconds())
	if refused != nil {
		s.numbers.refused(refused.Rule)
		s.Log.Warn("refused", append(line, "rule", refused.Rule, "field", refused.Field)...)
		refused.write(w)
		return
	}
	what := "signed"
	if a.again {
		what = "answered again"
		w.Header().Set("Idempotency-Replayed", "true")
	}
	s.numbers.answered(a.again, time.Since(began))
	s.Log.Info(what, append(line, "signer", a.signer)...)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(a.body)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *Refusal) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, refuse(http.StatusUnsupportedMediaType, RuleType, "", "send application/json")
	}
	if r.ContentLength > MaxBody {
		w.Header().Set("Connection", "close")
		return nil, refuse(http.StatusRequestEntityTooLarge, RuleSize, "", "a request has %d bytes at most", MaxBody)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, refuse(http.StatusRequestEntityTooLarge, RuleSize, "", "a request has %d bytes at most", MaxBody)
	case err != nil:
		return nil, refuse(http.StatusBadRequest, RuleJSON, "", "the body did not come whole")
	}
	return body, nil
}
