package signd

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
)

// TestHostileGroups: whatever is done to a data group, the answer is an object or the
// name of a rule, and never a fault of the service.
func TestHostileGroups(t *testing.T) {
	w := newWorld(t, nil)
	r := rand.New(rand.NewPCG(1, 2))
	codes := map[int]int{}
	for i := range 150 {
		in := whole(t, fmt.Sprintf("request-%d", i))
		delete(in, "chipKeys")
		groups := in["dataGroups"].(body)
		n := []string{"1", "2", "13", "14", "15", "com", "cardAccess"}[r.IntN(7)]
		at := groups
		if _, err := strconv.Atoi(n); err != nil {
			at = in
		}
		b, err := base64.StdEncoding.DecodeString(at[n].(string))
		if err != nil {
			t.Fatal(err)
		}
		switch r.IntN(6) {
		case 0:
			b[r.IntN(min(len(b), 64))] ^= byte(1 + r.IntN(255))
		case 1:
			b = b[:1+r.IntN(len(b)-1)]
		case 2:
			b = append(b, make([]byte, 1+r.IntN(4))...)
		case 3:
			b = bytes.Repeat([]byte{b[0], 0x80}, 1+r.IntN(200))
		case 4:
			b = append([]byte{b[0], 0x84, 0xff, 0xff, 0xff, 0xff}, b...)
		case 5:
			groups["16"] = base64.StdEncoding.EncodeToString(b)
		}
		at[n] = base64.StdEncoding.EncodeToString(b)
		got := w.ask("POST", Path, in.json(t))
		if codes[got.Code]++; got.Code != http.StatusOK && got.Code != http.StatusUnprocessableEntity {
			t.Errorf("%d: %s: %d %s", i, n, got.Code, got.Body)
		}
	}
	if codes[http.StatusUnprocessableEntity] < 80 {
		t.Errorf("%v", codes)
	}
	t.Log(codes)
}

// TestLimitIsReached: a key that has signed as often as it may is a matter of the
// service, and of no request.
func TestLimitIsReached(t *testing.T) {
	w := newWorld(t, nil)
	uses, err := signer.OpenFiles(t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer uses.Close()
	c := w.Pool.Signers()[0]
	w.Pool.Uses = uses
	if err := w.Pool.Replace(signer.DocumentSigner{Certificate: c, Key: w.key, Limit: 1}); err != nil {
		t.Fatal(err)
	}
	first := whole(t, "request-1").json(t)
	answerIn(t, w.ask("POST", Path, first))
	refusal(t, w.ask("POST", Path, whole(t, "request-2").json(t)), http.StatusServiceUnavailable, signer.RuleLimit, "")
	answerIn(t, w.ask("POST", Path, first))
	if r := w.ask("GET", "/v1/health", nil); r.Code != http.StatusServiceUnavailable || !bytes.Contains(r.Body.Bytes(), []byte(`"rule":"signer.limit"`)) {
		t.Error(r.Body)
	}
}
