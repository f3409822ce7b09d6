package signer

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

// DocumentSigner is one key that signs documents.
type DocumentSigner struct {
	Certificate *pki.Certificate
	Key         crypto.Signer
	// Limit is how many documents it signs at most; 0 is no limit.
	Limit int64
	// Sign chooses the signature algorithm.
	Sign cms.SignOptions

	anchor *pki.Result // of the certificate, when it was added
}

// Errors of a pool.
var (
	// ErrNoSigner: no Document Signer of the pool may sign this document now.
	ErrNoSigner = errors.New("signer: no Document Signer may sign this document")
	// ErrSigner: what was to be added to the pool is no Document Signer.
	ErrSigner = errors.New("signer: not a usable Document Signer")
)

// Pool is the Document Signers of an issuer. Its fields are set before the first
// call; all methods may be called from many goroutines at once.
type Pool struct {
	// Trust is what checkpoints trust: every object is verified up to a CSCA of it
	// before it is handed out.
	Trust *pki.Store
	// Uses counts how often each key was used. Nil counts in memory, and then a
	// signer with a limit is refused.
	Uses Uses
	// Clock gives the time; nil is the machine's.
	Clock func() time.Time

	mu      sync.RWMutex
	signers []DocumentSigner
	turn    int
	counted Counted
	full    map[string]bool // fingerprints of signers that have reached their limit
}

// Add puts a Document Signer into the pool: one whose certificate is that of the key,
// may sign documents and is anchored in the trust store now.
func (p *Pool) Add(d DocumentSigner) error { return p.put(d, false) }

// Replace is Add for a certificate that is in the pool already: its limit, key and
// algorithm become these, and meanwhile the one that was there signs.
func (p *Pool) Replace(d DocumentSigner) error { return p.put(d, true) }

func (p *Pool) put(d DocumentSigner, replace bool) error {
	switch {
	case d.Certificate == nil || d.Key == nil:
		return fmt.Errorf("%w: certificate or key is missing", ErrSigner)
	case !cms.SamePublicKey(d.Key.Public(), d.Certificate.PublicKey):
		return fmt.Errorf("%w: the certificate %s is not that of the key", ErrSigner, d.Certificate)
	case d.Limit < 0 || d.Limit > 0 && p.Uses == nil:
		return fmt.Errorf("%w: a limit is counted where a restart does not lose it", ErrSigner)
	case p.Trust == nil:
		return fmt.Errorf("%w: there is no trust store to verify its documents with", ErrSigner)
	}
	if err := d.Certificate.MayIssueDocuments(); err != nil {
		return fmt.Errorf("%w: %w", ErrSigner, err)
	}
	if _, err := cms.ChooseSigning(d.Certificate.PublicKey, d.Sign); err != nil {
		return fmt.Errorf("%w: %w", ErrSigner, err)
	}
	var err error
	if d.anchor, err = p.anchored(d.Certificate); err != nil {
		return fmt.Errorf("%w: %w", ErrSigner, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	same := func(s DocumentSigner) bool { return s.Certificate.Fingerprint() == d.Certificate.Fingerprint() }
	if replace {
		p.signers = slices.DeleteFunc(p.signers, same)
	} else if slices.ContainsFunc(p.signers, same) {
		return fmt.Errorf("%w: %s is in the pool already", ErrSigner, d.Certificate)
	}
	p.signers = append(p.signers, d)
	delete(p.full, d.Certificate.Fingerprint()) // its limit may be another now
	// Keys are used up in the order in which their periods end.
	slices.SortStableFunc(p.signers, func(a, b DocumentSigner) int { return keyEnd(a.Certificate).Compare(keyEnd(b.Certificate)) })
	return nil
}

// anchored holds a signer against the trust store at a time when its key signs: what
// would keep back every document shows before a chip is made for one.
func (p *Pool) anchored(c *pki.Certificate) (*pki.Result, error) {
	at := p.now()
	for _, from := range []time.Time{c.NotBefore, c.PrivateKeyNotBefore} {
		if at.Before(from) {
			at = from
		}
	}
	for _, to := range []time.Time{c.NotAfter, c.PrivateKeyNotAfter} {
		if !to.IsZero() && at.After(to) {
			at = to
		}
	}
	r := pki.VerifySigner(c, p.Trust, at)
	for _, check := range []pki.Check{r.Chain, r.Validity, r.Revocation} {
		if check.Outcome == pki.Failed {
			return nil, fmt.Errorf("a checkpoint would refuse its documents: %s: %s", check.ID, check.Reason)
		}
	}
	if r.Chain.Outcome != pki.Passed || r.Trust != pki.TrustAnchored {
		return nil, fmt.Errorf("%w: %s", sod.ErrNotAnchored, r.Chain.Reason)
	}
	if len(r.Deviations) > 0 {
		return nil, fmt.Errorf("its documents would be read with a deviation: %s", r.Deviations[0])
	}
	return r, nil
}

// Retire takes a Document Signer out of the pool, by the fingerprint of its
// certificate. Documents that were prepared for it are still signed.
func (p *Pool) Retire(fingerprint string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.signers)
	p.signers = slices.DeleteFunc(p.signers, func(d DocumentSigner) bool { return d.Certificate.Fingerprint() == fingerprint })
	return len(p.signers) < n
}

// Signers are the certificates in the pool.
func (p *Pool) Signers() []*pki.Certificate {
	p.mu.RLock()
	defer p.mu.RUnlock()
	out := make([]*pki.Certificate, len(p.signers))
	for i, s := range p.signers {
		out[i] = s.Certificate
	}
	return out
}

func (p *Pool) now() time.Time {
	if p.Clock != nil {
		return p.Clock()
	}
	return time.Now()
}

// Ready says whether some Document Signer of the pool may sign at this time, by its
// certificate's validity, its key's period and its limit; a *NoSignerError otherwise. Which documents it may sign is found for each of them.
func (p *Pool) Ready(at time.Time) error {
	p.mu.RLock()
	defer p.mu.RUnlock()
	why := empty
	for _, s := range p.signers {
		if why = p.stopped(s, at); why == nil {
			return nil
		}
	}
	return why
}

// State is how one Document Signer of a pool is.
type State struct {
	Certificate *pki.Certificate
	Stopped     *NoSignerError // why it signs nothing now; nil when it does
}

// States are the Document Signers of the pool in the order in which they are used up.
func (p *Pool) States() []State {
	at := p.now()
	p.mu.RLock()
	defer p.mu.RUnlock()
	var out []State
	for _, s := range p.signers {
		out = append(out, State{s.Certificate, p.stopped(s, at)})
	}
	return out
}

// Request is a document that wants an EF.SOD.
type Request struct {
	// Groups are the data group files as they are or will be on the chip.
	Groups []lds.File
	// Hashes are the data groups of which only the hash is known: of the whole file, by
	// Hash. No rule judges what was hashed.
	Hashes []sod.GroupHash
	// Stated is what choosing a signer asks of the document, where EF.DG1 is among
	// Hashes; nil otherwise.
	Stated *Stated
	// Beside are other files of the chip that the groups must fit: EF.COM,
	// EF.CardAccess. They are not signed.
	Beside []lds.File
	// ChipKeys are the public keys that the chip made: those of DG14 and DG15, exactly.
	// Nil leaves that out, for who has no chip at hand.
	ChipKeys []crypto.PublicKey
	// Hash, LDSVersion and UnicodeVersion are as in sod.Options.
	Hash                       crypto.Hash
	LDSVersion, UnicodeVersion string
	// SigningTime is in UTC, whole seconds; zero is now.
	SigningTime time.Time
	// NoExpiry is what the zone holds in place of a date of expiry where documents of
	// this kind do not expire; "" where they do.
	NoExpiry string
}

// Stated is a document by the word of whoever asks.
type Stated struct {
	Code, State string // as the zone has them, with or without fillers
	Expiry      cardprofile.Date
	Never       bool // it does not expire
}

// Job is a document of which everything is decided and checked, the signer among it,
// and nothing is signed.
type Job struct {
	pool       *Pool
	signer     DocumentSigner
	token      *sod.Token
	attributes []byte
	verify     pki.VerifyOptions
	taken      bool
}

// Prepare has the rules judge the groups, holds them against the chip's keys, and
// chooses the signer. Nothing is counted or signed. A breach is a *RuleError.
func (p *Pool) Prepare(r Request) (*Job, error) {
	if r.SigningTime.IsZero() {
		r.SigningTime = p.now()
	}
	r.SigningTime = r.SigningTime.UTC().Truncate(time.Second)
	d, err := judge(r)
	if err != nil {
		return nil, err
	}
	s, err := p.choose(d, r.SigningTime)
	if err != nil {
		return nil, err
	}
	return p.job(r, d, s)
}

func (p *Pool) job(r Request, d *documentFacts, s DocumentSigner) (*Job, error) {
	token, attributes, err := sod.PrepareHashes(r.Groups, r.Hashes, sod.Options{Signer: s.Certificate, Hash: r.Hash, LDSVersion: r.LDSVersion, UnicodeVersion: r.UnicodeVersion, SigningTime: r.SigningTime, Sign: s.Sign})
	if err != nil {
		return nil, err
	}
	if err := together(r, token.Draft()); err != nil {
		return nil, err
	}
	return &Job{pool: p, signer: s, token: token, attributes: attributes,
		verify: pki.VerifyOptions{Now: r.SigningTime, IssuingState: d.state, DocumentCode: d.code}}, nil
}

// Attributes are the bytes that the key will sign: their digest can be stored before
// it does.
func (j *Job) Attributes() []byte { return j.attributes }

// Signer is the certificate of the Document Signer that was chosen.
func (j *Job) Signer() *pki.Certificate { return j.signer.Certificate }

// Issue counts a use of the key, signs, verifies the object up to the CSCA and returns
// EF.SOD. It signs at most once: sod.ErrUsed afterwards. ErrLimit, when others have
// used the key up meanwhile, leaves it unsigned.
func (j *Job) Issue(ctx context.Context) ([]byte, error) {
	s, err := j.Sign(ctx)
	if err != nil {
		return nil, err
	}
	return s.Verify()
}

// Take counts the use of the key, once for a job. ErrLimit, when others have used the
// key up meanwhile: prepare the document anew, and another signer is chosen. It is for
// who writes down what will be signed; Issue and Sign do it themselves otherwise.
func (j *Job) Take(ctx context.Context) error {
	if j.taken {
		return nil
	}
	var uses Uses = &j.pool.counted
	if j.pool.Uses != nil {
		uses = j.pool.Uses
	}
	fingerprint := j.signer.Certificate.Fingerprint()
	if err := uses.Take(ctx, fingerprint, j.signer.Limit); err != nil {
		if errors.Is(err, ErrLimit) {
			j.pool.usedUp(fingerprint)
		}
		return err
	}
	j.taken = true
	return nil
}

func (p *Pool) usedUp(fingerprint string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.full == nil {
		p.full = map[string]bool{}
	}
	p.full[fingerprint] = true
}

// Sign is the first half of Issue: what waits for the token.
func (j *Job) Sign(ctx context.Context) (*Signed, error) {
	if err := j.Take(ctx); err != nil {
		return nil, err
	}
	signed, err := j.token.Sign(ctx, j.signer.Key)
	if err != nil {
		return nil, err
	}
	return &Signed{j, signed}, nil
}

// Signed is a document that has been signed and not yet verified.
type Signed struct {
	job    *Job
	signed *sod.Signed
}

// Verify is the second half of Issue.
func (s *Signed) Verify() ([]byte, error) { return s.signed.VerifyTo(s.job.pool.Trust, s.job.verify) }

// Issue is Prepare and Issue, with another Document Signer where the one that was
// chosen is used up meanwhile.
func (p *Pool) Issue(ctx context.Context, r Request) ([]byte, *pki.Certificate, error) {
	if r.SigningTime.IsZero() {
		r.SigningTime = p.now()
	}
	r.SigningTime = r.SigningTime.UTC().Truncate(time.Second)
	d, err := judge(r)
	if err != nil {
		return nil, nil, err
	}
	for {
		s, err := p.choose(d, r.SigningTime)
		if err != nil {
			return nil, nil, err
		}
		j, err := p.job(r, d, s)
		if err != nil {
			return nil, nil, err
		}
		file, err := j.Issue(ctx)
		if errors.Is(err, ErrLimit) {
			continue
		}
		return file, s.Certificate, err
	}
}

// choose takes the first signer, by the end of its key's period, that may sign the
// document; those whose periods end at the same time take turns.
func (p *Pool) choose(d *documentFacts, at time.Time) (DocumentSigner, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var fit []DocumentSigner
	// A signer that would fit and has stopped says more than one that is for other
	// documents.
	why, would := empty, false
	for _, s := range p.signers {
		if reason := unfit(s, d); reason != nil {
			if !would {
				why = reason
			}
			continue
		}
		if reason := p.stopped(s, at); reason != nil {
			why, would = reason, true
			continue
		}
		if len(fit) > 0 && !keyEnd(fit[0].Certificate).Equal(keyEnd(s.Certificate)) {
			break
		}
		fit = append(fit, s)
	}
	if len(fit) == 0 {
		return DocumentSigner{}, why
	}
	p.turn++
	return fit[p.turn%len(fit)], nil
}

// NoSignerError says why no Document Signer may sign a document now. It matches
// ErrNoSigner.
type NoSignerError struct {
	Rule string // one of RuleNone, RulePeriod, RuleLimit, RuleType, RuleState, RuleOutlasts
	Text string
}

// Error names the reason.
func (e *NoSignerError) Error() string { return ErrNoSigner.Error() + ": " + e.Text }

// Unwrap is ErrNoSigner.
func (e *NoSignerError) Unwrap() error { return ErrNoSigner }

var empty = &NoSignerError{RuleNone, "the pool is empty"}

// stopped says why a signer signs nothing at this time; nil when it does.
func (p *Pool) stopped(s DocumentSigner, at time.Time) *NoSignerError {
	c := s.Certificate
	switch {
	case at.Before(c.NotBefore) || at.After(c.NotAfter):
		return &NoSignerError{RulePeriod, fmt.Sprintf("%s is not valid on %s", c, at.Format(time.DateOnly))}
	case !c.PrivateKeyNotBefore.IsZero() && at.Before(c.PrivateKeyNotBefore) || !c.PrivateKeyNotAfter.IsZero() && at.After(c.PrivateKeyNotAfter):
		return &NoSignerError{RulePeriod, fmt.Sprintf("%s has a key that is not to sign on %s", c, at.Format(time.DateOnly))}
	case p.full[c.Fingerprint()]:
		return &NoSignerError{RuleLimit, fmt.Sprintf("%s has reached its limit of %d documents", c, s.Limit)}
	}
	return nil
}

// unfit says why a signer must not sign this document; nil when it may.
func unfit(s DocumentSigner, d *documentFacts) *NoSignerError {
	c := s.Certificate
	switch {
	case !c.SignsType(d.code):
		return &NoSignerError{RuleType, fmt.Sprintf("%s is not for documents of type %s", c, d.code)}
	case d.state != "" && s.anchor.CompareState(d.state).Outcome != pki.Passed:
		return &NoSignerError{RuleState, fmt.Sprintf("%s does not stand for the document's issuing State", c)}
	// Doc 9303-12 (8th ed.), 4.1: a Document Signer certificate lasts as long as the
	// documents it has signed.
	case !d.never && cardprofile.DateOf(c.NotAfter).Before(d.expiry):
		return &NoSignerError{RuleOutlasts, fmt.Sprintf("%s ends before the document does", c)}
	}
	return nil
}

func keyEnd(c *pki.Certificate) time.Time {
	if c.PrivateKeyNotAfter.IsZero() {
		return c.NotAfter
	}
	return c.PrivateKeyNotAfter
}

// documentFacts is what choosing a signer asks of a document.
type documentFacts struct {
	code, state string
	expiry      cardprofile.Date
	never       bool
}
