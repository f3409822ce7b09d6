package signd

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
)

const goodRequest = `{"requestId":"request-1","ldsVersion":"1.8","digestAlgorithm":"SHA-256","hashes":{"1":"00","2":"00"},"document":{"code":"P<","issuingState":"D<<","expiry":"2030-01-31"}}`

func TestParseRefuses(t *testing.T) {
	if r, err := ParseRequest([]byte(goodRequest)); err != nil || r.Stated.Expiry.String() != "2030-01-31" || r.LDSVersion != "0108" {
		t.Fatal(r, err)
	}
	for _, c := range []struct{ rule, field, old, new string }{
		{RuleJSON, "", goodRequest, ""},
		{RuleJSON, "", goodRequest, "[]"},
		{RuleJSON, "", goodRequest, "null"},
		{RuleJSON, "", goodRequest, goodRequest + "{}"},
		{RuleJSON, "", `{"requestId"`, `{,"requestId"`},
		{RuleJSON, "", "request-1", "request\xff1"},
		{RuleDepth, "hashes", `{"1":"00","2":"00"}`, `{"1":[["00"]]}`},
		{RuleDepth, "", goodRequest, "{" + many(`"%d":1`, 40) + "}"},
		{RuleDepth, "chipKeys", `"document":`, `"chipKeys":[` + many(`"%d"`, 40) + `],"document":`},
		{RuleDuplicate, "", `"ldsVersion"`, `"requestId":"request-2","ldsVersion"`},
		{RuleDuplicate, "hashes", `"1":"00"`, `"1":"00","1":"01"`},
		{RuleDuplicate, "", `"ldsVersion"`, `"\u0072equestId":"request-2","ldsVersion"`},
		{RuleUnknown, "", `"requestId"`, `"RequestId":"request-1","requestId"`},
		{RuleUnknown, "document", `"code"`, `"name":"x","code"`},
		{RuleMissing, "requestId", `"requestId":"request-1",`, ``},
		{RuleMissing, "ldsVersion", `"ldsVersion":"1.8",`, ``},
		{RuleMissing, "digestAlgorithm", `"digestAlgorithm":"SHA-256",`, ``},
		{RuleMissing, "dataGroups", `"hashes":{"1":"00","2":"00"},`, ``},
		{RuleID, "requestId", "request-1", "short"},
		{RuleID, "requestId", "request-1", "request 1"},
		{RuleID, "requestId", "request-1", strings.Repeat("a", 65)},
		{RuleID, "requestId", "request-1", "001199001234"},
		{RuleID, "requestId", "request-1", "0011-9900-1234"},
		{RuleValue, "requestId", `"request-1"`, `7`},
		{RuleValue, "profile", `"ldsVersion"`, `"profile":"../../etc/passwd","ldsVersion"`},
		{RuleValue, "profile", `"ldsVersion"`, `"profile":"own.yaml","ldsVersion"`},
		{RuleValue, "ldsVersion", "1.8", "1.9"},
		{RuleValue, "unicodeVersion", `"1.8"`, `"1.7","unicodeVersion":"050000"`},
		{RuleValue, "digestAlgorithm", "SHA-256", "SHA-1"},
		{RuleValue, "hashes", `{"1":"00","2":"00"}`, `{"01":"00"}`},
		{RuleValue, "hashes", `{"1":"00","2":"00"}`, `{"17":"00"}`},
		{RuleValue, "hashes", `{"1":"00","2":"00"}`, `[]`},
		{RuleValue, "hashes.2", `"2":"00"`, `"2":"0"`},
		{RuleValue, "hashes.2", `"2":"00"`, `"2":null`},
		{RuleValue, "hashes.2", `"2":"00"`, `"2":""`},
		{RuleValue, "dataGroups.2", `"hashes"`, `"dataGroups":{"2":"AA=A"},"hashes"`},
		{RuleValue, "dataGroups.2", `"hashes"`, `"dataGroups":{"2":"AA\n=="},"hashes"`},
		{RuleValue, "dataGroups.2", `"hashes"`, `"dataGroups":{"2":"AB=="},"hashes"`},
		{RuleValue, "com", `"hashes"`, `"com":"","hashes"`},
		{RuleValue, "chipKeys", `"hashes"`, `"chipKeys":["MAA="],"hashes"`},
		{RuleValue, "chipKeys", `"hashes"`, `"chipKeys":{},"hashes"`},
		{RuleValue, "document", `{"code":"P<","issuingState":"D<<","expiry":"2030-01-31"}`, `7`},
		{RuleValue, "document.code", "P<", "p"},
		{RuleValue, "document.issuingState", "D<<", "D<<<"},
		{RuleValue, "document.expiry", "2030-01-31", "2030-02-31"},
		{RuleValue, "document.expiry", "2030-01-31", "300131"},
	} {
		if !strings.Contains(goodRequest, c.old) {
			t.Fatalf("%s is not in the request", c.old)
		}
		in := strings.Replace(goodRequest, c.old, c.new, 1)
		_, err := ParseRequest([]byte(in))
		var refused *Refusal
		if !errors.As(err, &refused) || refused.Rule != c.rule || refused.Field != c.field || refused.Status != http.StatusBadRequest {
			t.Errorf("%s: %v, want %s at %q", in, err, c.rule, c.field)
		}
	}
}

func many(format string, n int) string {
	var out []string
	for i := range n {
		out = append(out, strings.ReplaceAll(format, "%d", string(rune('A'+i/26))+string(rune('a'+i%26))))
	}
	return strings.Join(out, ",")
}

func TestHTTPRefuses(t *testing.T) {
	w := newWorld(t, nil)
	refusal(t, w.ask("GET", Path, nil), http.StatusMethodNotAllowed, RuleMethod, "")
	refusal(t, w.ask("POST", "/v2/sod", nil), http.StatusNotFound, RuleMethod, "")
	refusal(t, w.ask("POST", Path, bytes.Repeat([]byte{' '}, MaxBody+1)), http.StatusRequestEntityTooLarge, RuleSize, "")
	r := httptest.NewRequest("POST", Path, strings.NewReader(goodRequest))
	out := httptest.NewRecorder()
	w.handler.ServeHTTP(out, r)
	refusal(t, out, http.StatusForbidden, RuleClient, "")
}

// TestEveryRuleIsDocumented: docs/sign.md names every rule that an answer can have
// beside those of rules.md, and no others.
func TestEveryRuleIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "sign.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ = bytes.Cut(text, []byte("### Refusals"))
	ours := append(Rules(), signer.RuleDG14Key, signer.RuleDG15Key, signer.RuleChipKey, signer.RuleGroup, signer.RuleZone, signer.RuleExpired, signer.RuleHash, signer.RuleStated,
		signer.RuleNone, signer.RulePeriod, signer.RuleLimit, signer.RuleType, signer.RuleState, signer.RuleOutlasts)
	for _, rule := range ours {
		if !bytes.Contains(text, []byte("`"+rule+"`")) {
			t.Errorf("docs/sign.md does not name %s", rule)
		}
	}
	for _, m := range regexp.MustCompile("`((?:request|service|signer)\\.[a-z0-9.]+)`").FindAllSubmatch(text, -1) {
		if !strings.Contains(" "+strings.Join(ours, " ")+" ", " "+string(m[1])+" ") {
			t.Errorf("docs/sign.md names %s, which is no rule", m[1])
		}
	}
}

// FuzzParseRequest: whatever comes is a request or a *Refusal, and what is a request
// has bounds.
func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(goodRequest))
	f.Add(whole(f, "request-1", 2).json(f))
	f.Add([]byte(`{"requestId":"request-1","profile":"icao-td1","dataGroups":{"1":"YQA=","2":"dQA="},"chipKeys":["` + someKey + `"]}`))
	f.Add([]byte(`{"requestId":"request-1","ldsVersion":"1.7","hashes":{"1":[[[[`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRequest(b)
		var refused *Refusal
		switch {
		case err == nil:
			if r.ID == "" || len(r.Groups)+len(r.Hashes) == 0 || len(r.Groups) > 16 || len(r.Hashes) > 16 || r.LDSVersion == "" {
				t.Errorf("%+v", r)
			}
			again, err := ParseRequest(b)
			if err != nil || again.Content != r.Content {
				t.Error("the same bytes are another request")
			}
		case !errors.As(err, &refused) || refused.Rule == "" || refused.Status < 400:
			t.Errorf("%v", err)
		}
	})
}
