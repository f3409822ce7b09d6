package inspect

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/crypto/cryptobyte"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/policy"
)

// Authority is a service of an issuing State that says on line whether a document
// is genuine. Some States verify that way and publish no CSCA.
//
// Ask carries a question there and brings back what came, unread: that an answer is
// the authority's, fresh, and about this very chip is checked here and nowhere else.
// An error says that no answer came.
type Authority interface {
	Ask(ctx context.Context, question []byte) (answer []byte, err error)
}

// OnLine says which authority is asked. The zero value asks nobody.
type OnLine struct {
	Authority Authority
	// Name stands in the verdict.
	Name string
	// Key is the public key that signs the authority's answers: *rsa.PublicKey,
	// *ecdsa.PublicKey or *ecc.PublicKey. Without it no answer counts.
	Key crypto.PublicKey
	// Patience is how long the answer may take; 0 is DefaultAuthorityPatience.
	Patience time.Duration
	// Required: the verdict cannot be passed without the authority's word. A word
	// against the document, and an answer that is not the authority's, fail it anyway.
	Required bool
}

// DefaultAuthorityPatience is how long an authority may take to answer.
const DefaultAuthorityPatience = 10 * time.Second

// Schemas of what goes to an authority and what comes back.
const (
	QuestionSchema = "chipid.question/1"
	AnswerSchema   = "chipid.answer/1"
	maxAnswer      = 64 << 10
	// answerSkew is how far the authority's clock may be from ours, and an answer on
	// the way. Freshness does not hang on it: the nonce sees to that.
	answerSkew = 2 * time.Minute
)

// Question is what an authority is asked, as JSON. It holds no data group: EF.SOD,
// hashes, and what the chip answered to challenges. Hashes of a data group with few
// possible contents give those away to who tries them all: the way there must be
// confidential.
type Question struct {
	Schema string    `json:"schema"`
	Nonce  []byte    `json:"nonce"` // 32 random bytes; no two questions are equal
	Time   time.Time `json:"time"`
	SOD    []byte    `json:"sod"` // EF.SOD as read
	// Hashes are the SHA-256 of each file as read, in hexadecimal, by name.
	Hashes     map[string]string `json:"hashes"`
	Transcript []Exchange        `json:"transcript,omitempty"`
}

// Exchange is one proof that the chip gave.
type Exchange struct {
	Protocol  string `json:"protocol"`            // "aa", "ca"
	Challenge []byte `json:"challenge,omitempty"` // aa: RND.IFD; ca: the terminal's ephemeral public key
	Response  []byte `json:"response,omitempty"`  // aa: the signature
	Hash      string `json:"hash,omitempty"`      // aa: of the signature
	Proven    bool   `json:"proven"`              // what was found here
}

// Answer is what an authority says, as JSON. It counts only inside a SignedAnswer.
type Answer struct {
	Schema string `json:"schema"`
	// Question is the SHA-256 of the question's bytes in hexadecimal. Since the
	// question holds a nonce, EF.SOD and the chip's proofs, it binds the answer to
	// this inspection of this chip.
	Question string    `json:"question"`
	Time     time.Time `json:"time"`
	// Result is "genuine", "not_genuine" or "unknown".
	Result string `json:"result"`
	Reason string `json:"reason,omitempty"`
}

// SignedAnswer is an answer with its signature over the bytes of Answer: ECDSA in
// DER, or RSASSA-PSS, with the hash that fits the key (cms.ChooseSigning).
type SignedAnswer struct {
	Answer    []byte `json:"answer"` // the JSON of an Answer
	Signature []byte `json:"signature"`
}

// Kinds of answers that count for nothing, or worse.
var (
	errNoAnswer = errors.New("no answer")
	errForged   = errors.New("the answer is not signed by the authority")
	errReplayed = errors.New("the answer is to another question: it was recorded, or is about another chip")
	errStale    = errors.New("the answer is not of this time")
	errReadable = errors.New("the answer cannot be read")
)

// newQuestion makes the question about what was read.
func newQuestion(x *inspection, now time.Time) ([]byte, error) {
	q := Question{Schema: QuestionSchema, Nonce: make([]byte, 32), Time: now.UTC().Truncate(time.Second), Hashes: map[string]string{}, Transcript: x.exchanges}
	if _, err := rand.Read(q.Nonce); err != nil {
		return nil, err
	}
	for _, f := range x.files {
		sum := sha256.Sum256(f.Bytes)
		q.Hashes[f.Name] = hex.EncodeToString(sum[:])
	}
	q.SOD, _ = x.file("EF.SOD")
	for i, e := range q.Transcript {
		if e.Protocol == "ca" {
			q.Transcript[i].Proven = x.caProven()
		}
	}
	return json.Marshal(q)
}

// ask puts the question and checks the answer.
func (l OnLine) ask(ctx context.Context, question []byte, now func() time.Time) (*Answer, error) {
	patience := l.Patience
	if patience <= 0 {
		patience = DefaultAuthorityPatience
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	type result struct {
		answer []byte
		err    error
	}
	came := make(chan result, 1)
	// An implementation that does not heed ctx must not hold the inspection up.
	go func() {
		answer, err := l.Authority.Ask(ctx, question)
		came <- result{answer, err}
	}()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("%w within %v", errNoAnswer, patience)
	case r := <-came:
		if r.err != nil {
			return nil, fmt.Errorf("%w: %w", errNoAnswer, r.err)
		}
		return l.check(question, r.answer, now())
	}
}

// check reads an answer: first that the authority signed it, then that it is to this
// question, then that it is of this time.
func (l OnLine) check(question, answer []byte, now time.Time) (*Answer, error) {
	if l.Key == nil {
		return nil, fmt.Errorf("%w: no key of the authority was given", errForged)
	}
	var signed SignedAnswer
	if len(answer) > maxAnswer || json.Unmarshal(answer, &signed) != nil {
		return nil, errReadable
	}
	signing, err := cms.ChooseSigning(l.Key, cms.SignOptions{})
	if err != nil {
		return nil, fmt.Errorf("%w: the authority's key cannot be used", errForged)
	}
	// The key alone decides the algorithm; the answer has no say.
	s := cryptobyte.String(signing.Algorithm)
	algorithm, err := cms.ReadAlgorithm(&s)
	if err != nil {
		return nil, errForged
	}
	if devs, err := algorithm.VerifySignature(l.Key, signing.Hash, signed.Answer, signed.Signature); err != nil || len(devs) > 0 {
		return nil, errForged
	}
	var a Answer
	if json.Unmarshal(signed.Answer, &a) != nil || a.Schema != AnswerSchema {
		return nil, errReadable
	}
	sum := sha256.Sum256(question)
	if a.Question != hex.EncodeToString(sum[:]) {
		return nil, errReplayed
	}
	if d := now.Sub(a.Time); d > answerSkew || d < -answerSkew {
		return nil, errStale
	}
	return &a, nil
}

// askAuthority asks on line, while the chip is still there or after, and writes the
// check. Whatever goes wrong, trust in the signer stays what the store says.
func (x *inspection) askAuthority(ctx context.Context) {
	l := x.o.OnLine
	if l.Authority == nil {
		return
	}
	// Silence need not count; a "no", or an answer that somebody else made, always does.
	set := func(o Outcome, en, vi string) { x.v.set(CheckAuthority, o, l.Required || o == Failed, because(en, vi)) }
	if sod, ok := x.file("EF.SOD"); !ok || len(sod) == 0 {
		set(NotPerformed, "EF.SOD was not read, so there is nothing to ask about", "không đọc được EF.SOD nên không có gì để hỏi")
		return
	}
	question, err := newQuestion(x, time.Now())
	if err != nil {
		set(NotPerformed, "no question could be made", "không lập được câu hỏi")
		return
	}
	a, err := l.ask(ctx, question, time.Now)
	name, ten := l.Name, l.Name
	if name == "" {
		name, ten = "the authority", "cơ quan cấp"
	}
	switch {
	case err == nil && a.Result == "genuine":
		set(Passed, name+" confirms on line that this document is genuine"+quoted(a.Reason), ten+" xác nhận trực tuyến: giấy tờ là thật")
	case err == nil && a.Result == "not_genuine":
		set(Failed, name+" says on line that this document is not genuine"+quoted(a.Reason), ten+" trả lời trực tuyến: giấy tờ không phải là thật")
	case err == nil && a.Result == "unknown":
		set(NotPerformed, name+" does not know this document"+quoted(a.Reason), ten+" không có thông tin về giấy tờ này")
	case err == nil, errors.Is(err, errReadable):
		set(NotPerformed, "the answer of "+name+" cannot be read", "không đọc được câu trả lời của "+ten)
	case errors.Is(err, errForged):
		set(Failed, "the answer is not signed by "+name+": somebody answers in its place", "câu trả lời không có chữ ký của "+ten+": có kẻ trả lời thay")
	case errors.Is(err, errReplayed):
		set(Failed, "the answer of "+name+" is to another question: it was recorded before, or is about another chip",
			"câu trả lời của "+ten+" là cho câu hỏi khác: được ghi lại từ trước hoặc nói về chip khác")
	case errors.Is(err, errStale):
		set(Failed, "the answer of "+name+" is not of this time", "câu trả lời của "+ten+" không đúng thời điểm này")
	default:
		set(NotPerformed, name+" gave no answer: "+err.Error(), ten+" không trả lời")
	}
}

// quoted adds an authority's own words, bounded and without control characters.
func quoted(text string) string {
	if text == "" {
		return ""
	}
	words := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
	if r := []rune(words); len(r) > 200 {
		words = string(r[:200]) + "…"
	}
	return ": " + words
}

// record keeps what the chip answered to a challenge; of each protocol the last run.
func (x *inspection) record(e Exchange) {
	x.exchanges = slices.DeleteFunc(x.exchanges, func(old Exchange) bool { return old.Protocol == e.Protocol })
	x.exchanges = append(x.exchanges, e)
}

// authority lets the word of an authority stand for a missing anchor, where a rule
// of the policy says so in as many words. The trust stays "none", and says why.
func (j *judgement) authority(out policy.Judgement, name string) {
	a, asked := j.v.Check(CheckAuthority)
	if !asked || a.Outcome != Passed || out.Authority != policy.AuthorityForAnchor || !j.p.signed() || j.p.facts.Trust != pki.TrustNone {
		return
	}
	for _, id := range []string{CheckSODChain, CheckSODValidity} {
		if c, ok := j.v.Check(id); ok && c.Outcome == NotPerformed {
			j.v.set(id, NotPerformed, false, because(
				fmt.Sprintf("%s; not required: the authority confirms this document (rule %s of policy %q)", c.Reason, out.AuthorityRule, name),
				fmt.Sprintf("%s; không bắt buộc: cơ quan cấp đã xác nhận trực tuyến (quy tắc %s của chính sách %q)", c.ReasonIn("vi"), out.AuthorityRule, name)))
		}
	}
	j.v.Policy.Decisions = append(j.v.Policy.Decisions, policy.Decision{Rule: out.AuthorityRule, Effect: policy.Accept, About: "authority for a missing anchor"})
}
