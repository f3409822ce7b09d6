package signd

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"

	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
	"github.com/chipid-toolkit/chipid/hsm"
)

// Rules of this package; docs/sign.md lists them. The others are those of the
// conformance rules and of package signer.
const (
	RuleMethod    = "request.method"    // the path takes another method, or there is no such path
	RuleType      = "request.type"      // the body is no application/json
	RuleSize      = "request.size"      // the body is too large
	RuleJSON      = "request.json"      // the body is no JSON, or not in UTF-8
	RuleDepth     = "request.depth"     // it is nested too deep, or holds too many members
	RuleDuplicate = "request.duplicate" // a name comes twice
	RuleUnknown   = "request.unknown"   // a name that is not known
	RuleMissing   = "request.missing"   // something that must be given is not
	RuleValue     = "request.value"     // a value is not what its name says
	RuleID        = "request.id"        // the request id is not one
	RuleReused    = "request.reused"    // the request id came with other content before
	RuleClient    = "request.client"    // the client may not ask, or no longer
	RuleBusy      = "service.busy"      // too many requests at once
	RuleToken     = "service.token"     // the token does not answer
	RuleStore     = "service.store"     // the object could not be written, so it did not leave
	RuleVerify    = "service.verify"    // the object made is not one that a checkpoint would take, so it did not leave
)

// Rules are the rules of this package.
func Rules() []string {
	return []string{RuleMethod, RuleType, RuleSize, RuleJSON, RuleDepth, RuleDuplicate, RuleUnknown, RuleMissing, RuleValue, RuleID, RuleReused, RuleClient, RuleBusy, RuleToken, RuleStore, RuleVerify}
}

// Refusal is why a request has no EF.SOD. It holds no personal data, and nothing that
// came in the request but names of fields.
type Refusal struct {
	Status   int    `json:"-"` // of HTTP
	Retry    int    `json:"-"` // seconds after which it may go better; 0: it will not by itself
	Rule     string `json:"rule"`
	Text     string `json:"text"`
	Field    string `json:"field,omitempty"`    // of the request
	Citation string `json:"citation,omitempty"` // document, edition, section
}

// Error is rule, field and text.
func (r *Refusal) Error() string {
	if r.Field == "" {
		return fmt.Sprintf("signd: %s: %s", r.Rule, r.Text)
	}
	return fmt.Sprintf("signd: %s: %s: %s", r.Rule, r.Field, r.Text)
}

func refuse(status int, rule, field, format string, args ...any) *Refusal {
	return &Refusal{Status: status, Rule: rule, Field: field, Text: fmt.Sprintf(format, args...)}
}

// later are the seconds after which a client asks again what failed for a reason that
// passes.
const later = 5

// refusalOf is what a client is told of an error of the pool.
func refusalOf(err error, r *Request) *Refusal {
	var refused *Refusal
	var broken *signer.RuleError
	var none *signer.NoSignerError
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &broken):
		return &Refusal{Status: http.StatusUnprocessableEntity, Rule: broken.Rule, Text: broken.Where + ": " + broken.Text, Field: r.field(broken.Where), Citation: broken.Citation}
	case errors.As(err, &none):
		out := &Refusal{Status: http.StatusUnprocessableEntity, Rule: none.Rule, Text: none.Text, Field: r.field("EF.DG1")}
		switch none.Rule {
		case signer.RuleLimit, signer.RulePeriod, signer.RuleNone:
			// Another signer helps, and the request is as good as before.
			out.Status, out.Retry, out.Field = http.StatusServiceUnavailable, 60, ""
		}
		return out
	case errors.Is(err, hsm.Err):
		return &Refusal{Status: http.StatusServiceUnavailable, Retry: later, Rule: RuleToken, Text: "the token does not sign now; ask again"}
	}
	return &Refusal{Status: http.StatusInternalServerError, Rule: RuleVerify, Text: "no object was made that may leave; the service's log says why"}
}

var groupName = regexp.MustCompile(`DG([0-9]{1,2})\b`)

// field is where in the request the thing stands that a rule names.
func (r *Request) field(where string) string {
	if m := groupName.FindStringSubmatch(where); m != nil {
		n, _ := strconv.Atoi(m[1])
		for _, g := range r.Hashes {
			if g.Number == n {
				if n == 1 && r.Stated != nil {
					return "document"
				}
				return "hashes." + m[1]
			}
		}
		return "dataGroups." + m[1]
	}
	switch where {
	case "EF.COM":
		return "com"
	case "EF.CardAccess":
		return "cardAccess"
	case "request":
		if r.Stated != nil {
			return "document"
		}
	}
	return ""
}

// write answers with the refusal.
func (r *Refusal) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if r.Retry > 0 {
		h.Set("Retry-After", strconv.Itoa(r.Retry))
	}
	w.WriteHeader(r.Status)
	_ = json.NewEncoder(w).Encode(struct {
		Error *Refusal `json:"error"`
	}{r})
}
