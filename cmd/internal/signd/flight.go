package signd

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

// Answer is what a request gets. It is kept as it was first written.
type Answer struct {
	Schema    string `json:"schema"` // "chipid.sod/1"
	RequestID string `json:"requestId"`
	SOD       []byte `json:"sod"` // EF.SOD with its tag 77
	Signer    Signer `json:"signer"`
	SignedAt  string `json:"signedAt"` // RFC 3339, UTC
	Digest    string `json:"digestAlgorithm"`
	LDS       string `json:"ldsVersion"`
	Judged    Judged `json:"judged"`
}

// Signer is the Document Signer that signed.
type Signer struct {
	Issuer      string `json:"issuer"`
	Serial      string `json:"serial"`      // hexadecimal
	KeyID       string `json:"keyId"`       // subjectKeyIdentifier, hexadecimal
	Fingerprint string `json:"fingerprint"` // SHA-256 of the certificate, hexadecimal; the certificate itself is in EF.SOD
}

// Judged says what the conformance rules have seen.
type Judged struct {
	Groups   []int  `json:"dataGroups"` // whole, put to the rules
	Hashed   []int  `json:"hashes"`     // by hash alone: what was hashed was not seen
	Document string `json:"document"`   // "EF.DG1", or "stated": code, State and expiry are the client's word
	ChipKeys bool   `json:"chipKeys"`   // DG14 and DG15 hold the chip's keys and no others
	COM      bool   `json:"com"`        // EF.COM fits the object
}

// SchemaAnswer is the schema of Answer.
const SchemaAnswer = "chipid.sod/1"

// answered is an answer on its way out.
type answered struct {
	body   []byte
	signer string // serial, for the log; empty for an answer that was there
	again  bool
}

// flight is the one attempt at an id that is under way; whoever asks for the id
// meanwhile waits for it. It goes on when nobody waits any more.
type flight struct {
	done    chan struct{}
	content [32]byte
	body    []byte
	signer  string
	refused *Refusal
}

var reused = refuse(http.StatusConflict, RuleReused, "requestId", "it came with other content before")

// answer is what the id was answered, or what it is answered now.
func (s *Server) answer(ctx context.Context, r *Request) (*answered, *Refusal) {
	patience := time.NewTimer(Patience)
	defer patience.Stop()
	for {
		f, mine, refused := s.board(r)
		if refused != nil {
			return nil, refused
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, tired()
		case <-patience.C:
			return nil, tired()
		}
		switch {
		case f.content != r.Content && f.refused != nil:
			continue // nothing was kept of the other, so the id is free
		case f.content != r.Content:
			return nil, reused
		case f.refused != nil:
			return nil, f.refused
		}
		return &answered{f.body, f.signer, !mine || f.signer == ""}, nil
	}
}

func tired() *Refusal {
	r := refuse(http.StatusServiceUnavailable, RuleToken, "", "the token has not answered in time; ask again with the same id")
	r.Retry = later
	return r
}

// board joins the flight of an id, or begins it.
func (s *Server) board(r *Request) (f *flight, mine bool, refused *Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.flights[r.ID]; f != nil {
		return f, false, nil
	}
	// Flights whose clients have given up are still under way.
	if len(s.flights) >= cap(s.admit) {
		refused = refuse(http.StatusServiceUnavailable, RuleBusy, "", "more requests are under way than are taken at once")
		refused.Retry = later
		return nil, false, refused
	}
	f = &flight{done: make(chan struct{}), content: r.Content}
	s.flights[r.ID] = f
	go func() {
		defer func() {
			if p := recover(); p != nil {
				// What it says may be of the request: only where it was is told.
				s.Log.Error("a request ended in a fault of the program", "request", r.ID, "stack", string(debug.Stack()))
				f.refused = refusalOf(errors.New("panic"), r)
			}
			s.mu.Lock()
			delete(s.flights, r.ID)
			s.mu.Unlock()
			close(f.done)
		}()
		s.fly(f, r)
	}()
	return f, true, nil
}

// land waits for the flights that are under way.
func (s *Server) land(ctx context.Context) error {
	for {
		s.mu.Lock()
		var f *flight
		for _, f = range s.flights {
			break
		}
		s.mu.Unlock()
		if f == nil {
			return nil
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return errors.New("signd: the token did not answer before the end")
		}
	}
}

// fly answers a request: from the store, or by signing, verifying and keeping, in this
// order.
func (s *Server) fly(f *flight, r *Request) {
	ctx := context.Background()
	stored := func(content, body []byte, err error) bool {
		switch {
		case err != nil:
			s.Log.Error("the store does not work", "error", err)
			f.refused = &Refusal{Status: http.StatusServiceUnavailable, Retry: later, Rule: RuleStore, Text: "the object could not be kept, so it does not leave; ask again"}
		case !bytes.Equal(content, r.Content[:]):
			f.refused = reused
		default:
			f.body = body
		}
		return f.refused == nil
	}
	content, body, err := s.Store.Get(ctx, r.ID)
	if !errors.Is(err, fs.ErrNotExist) {
		stored(content, body, err)
		return
	}
	s.workers <- struct{}{}
	defer func() { <-s.workers }()
	file, certificate, err := s.Pool.Issue(ctx, r.Request)
	if err != nil {
		if f.refused = refusalOf(err, r); f.refused.Status >= http.StatusInternalServerError {
			s.Log.Error("not signed", "request", r.ID, "error", err)
		}
		return
	}
	s.numbers.used(certificate)
	if body, err = answerOf(r, file, certificate); err != nil {
		s.Log.Error("not answered", "request", r.ID, "error", err)
		f.refused = refusalOf(err, r)
		return
	}
	content, kept, err := s.Store.Put(r.ID, r.Content[:], body, time.Now())
	if stored(content, kept, err) && bytes.Equal(kept, body) {
		f.signer = certificate.Serial.Text(16)
	}
}

// answerOf reads the object that is going to be handed out and tells what is in it.
func answerOf(r *Request, file []byte, c *pki.Certificate) ([]byte, error) {
	s, err := sod.Parse(file)
	if err != nil {
		return nil, err
	}
	a := Answer{Schema: SchemaAnswer, RequestID: r.ID, SOD: file, SignedAt: s.Signed.Signers[0].SigningTime.UTC().Format(time.RFC3339), Digest: s.Object.Hash.String(), LDS: "1.7",
		Signer: Signer{c.Issuer.String(), c.Serial.Text(16), hex.EncodeToString(c.SubjectKeyID), c.Fingerprint()},
		Judged: Judged{Groups: []int{}, Hashed: []int{}, Document: "EF.DG1", ChipKeys: r.ChipKeys != nil}}
	if s.Object.Version == 1 {
		a.LDS = "1.8"
	}
	for _, f := range r.Groups {
		id, _ := lds.FileByName(f.Name)
		a.Judged.Groups = append(a.Judged.Groups, id.Number())
	}
	for _, g := range r.Hashes {
		a.Judged.Hashed = append(a.Judged.Hashed, g.Number)
	}
	if r.Stated != nil {
		a.Judged.Document = "stated"
	}
	for _, f := range r.Beside {
		a.Judged.COM = a.Judged.COM || f.Name == lds.NameCOM
	}
	body, err := json.Marshal(a)
	return append(body, '\n'), err
}
