package signd

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// Health is how the service is.
type Health struct {
	Schema  string         `json:"schema"` // "chipid.sign-health/1"
	Status  string         `json:"status"` // "ok", or "down": nothing is signed now
	Token   string         `json:"token"`  // "ok", or "gone"
	Signers []SignerHealth `json:"signers"`
}

// SignerHealth is how one Document Signer is.
type SignerHealth struct {
	Issuer string `json:"issuer"`
	Serial string `json:"serial"`
	KeyID  string `json:"keyId"`
	Ready  bool   `json:"ready"`
	Rule   string `json:"rule,omitempty"` // why it signs nothing now
	Until  string `json:"until"`          // end of its key's period, RFC 3339
}

// SchemaHealth is the schema of Health.
const SchemaHealth = "chipid.sign-health/1"

// healthCache keeps the token from being asked for every look.
type healthCache struct {
	mu   sync.Mutex
	at   time.Time
	last Health
}

func (s *Server) look(ctx context.Context) Health {
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	if now := time.Now(); now.Sub(s.health.at) < time.Second && now.After(s.health.at) {
		return s.health.last
	}
	h := Health{Schema: SchemaHealth, Status: "down", Token: "ok", Signers: []SignerHealth{}}
	if s.Token != nil && s.Token(ctx) != nil {
		h.Token = "gone"
	}
	for _, state := range s.Pool.States() {
		c := state.Certificate
		until := c.PrivateKeyNotAfter
		if until.IsZero() {
			until = c.NotAfter
		}
		one := SignerHealth{c.Issuer.String(), c.Serial.Text(16), fmt.Sprintf("%x", c.SubjectKeyID), state.Stopped == nil, "", until.UTC().Format(time.RFC3339)}
		if state.Stopped != nil {
			one.Rule = state.Stopped.Rule
		} else if h.Token == "ok" {
			h.Status = "ok"
		}
		h.Signers = append(h.Signers, one)
	}
	s.health.last, s.health.at = h, time.Now()
	return h
}

func (s *Server) showHealth(w http.ResponseWriter, r *http.Request) {
	h := s.look(r.Context())
	w.Header().Set("Content-Type", "application/json")
	if h.Status != "ok" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(h)
}

// numbers are what the service has done since it began.
type numbers struct {
	mu            sync.Mutex
	signed, again int64
	took          time.Duration    // all answers together
	refusals      map[string]int64 // by rule
	uses          map[string]int64 // by the signer's serial
}

func (n *numbers) answered(again bool, took time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.took += took
	if again {
		n.again++
		return
	}
	n.signed++
}

func (n *numbers) refused(rule string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refusals == nil {
		n.refusals = map[string]int64{}
	}
	n.refusals[rule]++
}

func (n *numbers) used(c *pki.Certificate) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.uses == nil {
		n.uses = map[string]int64{}
	}
	n.uses[c.Serial.Text(16)]++
}

// metrics tells Prometheus, in its text exposition format 0.0.4: numbers alone.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	h := s.look(r.Context())
	ready := map[bool]int{}
	for _, one := range h.Signers {
		ready[one.Ready]++
	}
	var b strings.Builder
	head := func(name, kind, help string) { fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %[1]s %[3]s\n", name, help, kind) }
	each := func(name, label string, of map[string]int64) {
		var names []string
		for k := range of {
			names = append(names, k)
		}
		slices.Sort(names)
		for _, k := range names {
			fmt.Fprintf(&b, "%s{%s=%q} %d\n", name, label, k, of[k])
		}
	}
	n := &s.numbers
	n.mu.Lock()
	head("chipid_sign_answers_total", "counter", "Requests that were answered with an object.")
	fmt.Fprintf(&b, "chipid_sign_answers_total{kind=\"signed\"} %d\nchipid_sign_answers_total{kind=\"again\"} %d\n", n.signed, n.again)
	head("chipid_sign_answer_seconds_total", "counter", "Time that those requests took.")
	fmt.Fprintf(&b, "chipid_sign_answer_seconds_total %.3f\n", n.took.Seconds())
	head("chipid_sign_refusals_total", "counter", "Requests that were refused, by rule.")
	each("chipid_sign_refusals_total", "rule", n.refusals)
	head("chipid_sign_signatures_total", "counter", "Objects signed, by the signer's serial number.")
	each("chipid_sign_signatures_total", "signer", n.uses)
	n.mu.Unlock()
	head("chipid_sign_signers", "gauge", "Document Signers, by whether they sign now.")
	fmt.Fprintf(&b, "chipid_sign_signers{ready=\"true\"} %d\nchipid_sign_signers{ready=\"false\"} %d\n", ready[true], ready[false])
	up := 0
	if h.Status == "ok" {
		up = 1
	}
	head("chipid_sign_up", "gauge", "1 while something can be signed.")
	fmt.Fprintf(&b, "chipid_sign_up %d\n", up)
	head("chipid_sign_in_flight", "gauge", "Requests under way.")
	fmt.Fprintf(&b, "chipid_sign_in_flight %d\n", len(s.admit))
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write([]byte(b.String()))
}
