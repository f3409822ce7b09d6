package demo

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/rule"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer/face"
	"github.com/chipid-toolkit/chipid/testcards/people"
	"github.com/chipid-toolkit/chipid/testcards/sample"
)

// ProfileID is the card type of the demo.
const ProfileID = "vn-cccd-2021"

// Options of a demo.
type Options struct {
	Cards int    // how many of the people get a card; 0 is all
	Out   string // folder for what is left
	Keys  string // says in words where the keys are
	// Keyring and Bench are what keys and chips are in. Transport is the
	// chip maker's key: the demo plays both the maker and the issuer.
	Keyring hsm.Keyring
	Bench   Bench
	// Stations is how many cards are worked on at once; 0 is one.
	Stations int
	Now      time.Time
	// Progress, if set, is told what happens. It must not block.
	Progress func(Progress)
}

// Progress is where a demo stands.
type Progress struct {
	Stage string // "authority", "batch", "issue", "print", "inspect", "sheet"
	Done  int    // cards finished
	Total int
}

// Summary counts what became of the records, and says where things are.
type Summary struct {
	Schema     string  `json:"schema"`
	Profile    string  `json:"profile,omitempty"`
	Test       bool    `json:"test"`
	Keys       string  `json:"keys,omitempty"`
	Readers    string  `json:"readers,omitempty"`
	Records    int     `json:"records"`
	Issued     int     `json:"issued"`
	Rejected   int     `json:"rejected"`
	Spoiled    int     `json:"spoiled"`
	Passed     int     `json:"passed"`
	DurationMS int64   `json:"duration_ms"`
	Cards      []Entry `json:"cards,omitempty"`

	// Rejects are why records were rejected, for people. They stand in
	// rejects.csv and not here.
	Rejects []*cardprofile.InputError `json:"-"`
	// Sample is the verdict on the first card.
	Sample *inspect.Verdict `json:"-"`
}

// Entry is one card of the demo.
type Entry struct {
	Card    int            `json:"card"`
	Line    int            `json:"line"` // of the batch file
	Chip    string         `json:"chip"` // serial
	Access  string         `json:"access"`
	APDUs   int            `json:"apdus"` // of the inspection
	Outcome inspect.Result `json:"outcome"`
}

// Failed is a card that the checkpoint did not pass.
type Failed struct {
	Card    int
	Verdict *inspect.Verdict
}

func (f *Failed) Error() string {
	return fmt.Sprintf("card %d: the checkpoint's verdict is %s", f.Card, f.Verdict.Outcome)
}

// run is one demo under way.
type run struct {
	o       Options
	out     *folder
	profile *cardprofile.Profile
	issuer  *sample.Issuer
	trust   *pki.Store
	foundry *Foundry
	faces   *face.Renderer

	mu     sync.Mutex // guards what follows
	sheets []*face.Faces
	done   int
	sum    *Summary
}

// Run does the main job from start to end. The summary counts what was done
// also when there is an error.
func Run(ctx context.Context, o Options) (*Summary, error) {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	start := time.Now()
	r := &run{o: o, sum: &Summary{Schema: summarySchema, Profile: ProfileID, Test: true, Readers: o.Bench.Name(), Keys: o.Keys}}
	err := r.all(ctx)
	r.sum.DurationMS = time.Since(start).Milliseconds()
	if r.out != nil {
		if werr := r.out.json(summaryFile, r.sum); err == nil {
			err = werr
		}
	}
	return r.sum, err
}

func (r *run) progress(stage string, done, total int) {
	if r.o.Progress != nil {
		r.o.Progress(Progress{stage, done, total})
	}
}

func (r *run) all(ctx context.Context) (err error) {
	if r.profile, err = cardprofile.Load(ProfileID); err != nil {
		return err
	}
	batch, portraits, err := r.batch()
	if err != nil {
		return err
	}
	total := len(batch.Accepted)
	r.progress("authority", 0, total)
	if r.out, err = openFolder(r.o.Out); err != nil {
		return err
	}
	transport, err := randomKey(16)
	if err != nil {
		return err
	}
	if r.issuer, err = sample.NewIssuer(ctx, r.o.Keyring, r.profile, transport, r.o.Now); err != nil {
		return err
	}
	if err := r.makeTrust(); err != nil {
		return err
	}
	if r.faces, err = face.New(r.profile, face.DefaultDPI); err != nil {
		return err
	}
	if err := citizen.WriteRejectsFile(r.out.path("rejects.csv"), batch.Header, batch.Rejected); err != nil {
		return err
	}
	r.sum.Records, r.sum.Rejected = batch.In, len(batch.Rejected)
	for _, reject := range batch.Rejected {
		reason := reject.Reason
		r.sum.Rejects = append(r.sum.Rejects, &reason)
	}
	r.foundry = NewFoundry(transport, total)
	defer r.foundry.Close()
	r.sheets = make([]*face.Faces, total)
	r.sum.Cards = make([]Entry, total)
	stations, ctx := errgroup.WithContext(ctx)
	stations.SetLimit(max(r.o.Stations, 1))
	for i, record := range batch.Accepted {
		stations.Go(func() error {
			// What an error elsewhere has stopped is not begun.
			if err := ctx.Err(); err != nil {
				return err
			}
			portrait, err := portraits.Load(record)
			if err != nil {
				return err
			}
			if err := r.card(ctx, i+1, total, record, portrait); err != nil {
				return fmt.Errorf("card %d of %d: %w", i+1, total, err)
			}
			return nil
		})
	}
	if err := stations.Wait(); err != nil {
		r.sum.Cards = slices.DeleteFunc(r.sum.Cards, func(e Entry) bool { return e.Card == 0 })
		return err
	}
	r.progress("sheet", total, total)
	var pdf bytes.Buffer
	if err := face.WritePDF(&pdf, r.sheets); err != nil {
		return err
	}
	return r.out.write(pdf.Bytes(), "cards.pdf")
}

// batch reads and checks the people. With fewer cards than people the batch is
// cut to that many good records, and keeps the bad one.
func (r *run) batch() (*citizen.Batch, *citizen.Portraits, error) {
	batch, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), people.CSVName)
	if err != nil {
		return nil, nil, err
	}
	portraits := citizen.PortraitsIn(people.FS())
	rule.NewChecker(r.profile, cardprofile.DateOf(r.o.Now)).Apply(batch, portraits)
	if n := r.o.Cards; n > 0 {
		if n > len(batch.Accepted) {
			return nil, nil, &cardprofile.InputError{Field: "--cards", Problem: fmt.Sprintf("there are %d people to make cards for", len(batch.Accepted)), Fix: "ask for no more"}
		}
		batch.Accepted = batch.Accepted[:n]
		batch.In = n + len(batch.Rejected)
	}
	return batch, portraits, nil
}

// makeTrust makes the checkpoint's trust directory, with the CSCA in it.
func (r *run) makeTrust() error {
	store, err := pki.Create(r.out.path("trust"), true)
	if err != nil {
		return err
	}
	if _, err := store.Import("demo-csca.cer", r.issuer.CSCA.Raw, pki.ImportOptions{}); err != nil {
		return err
	}
	r.trust, err = pki.Open(r.out.path("trust"))
	return err
}

// card is one record's way: plan, chip, faces, checkpoint. A blank that was
// begun and did not become a good card is spoiled.
func (r *run) card(ctx context.Context, n, total int, record citizen.Record, portrait []byte) error {
	entry, v, err := r.make(ctx, n, total, record, portrait)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done++
	switch {
	case err == nil && v.Outcome != inspect.ResultPassed:
		err = &Failed{n, v}
		fallthrough
	case err != nil:
		r.sum.Spoiled++
		return err
	}
	if n == 1 {
		r.sum.Sample = v
	}
	r.sum.Cards[n-1] = entry
	r.sum.Issued++
	r.sum.Passed++
	r.progress("inspect", r.done, total)
	return nil
}

func (r *run) make(ctx context.Context, n, total int, record citizen.Record, portrait []byte) (Entry, *inspect.Verdict, error) {
	fail := func(err error) (Entry, *inspect.Verdict, error) { return Entry{}, nil, err }
	plan, err := issue.NewPlan(r.profile, record, portrait)
	if err != nil {
		return fail(err)
	}
	blank, err := r.foundry.Blank()
	if err != nil {
		return fail(err)
	}
	r.stage("issue", total)
	t, _, pull, err := r.o.Bench.Insert(ctx, blank)
	if err != nil {
		return fail(err)
	}
	card, err := r.issuer.Personalize(ctx, t, plan, issue.Options{Now: r.o.Now})
	pull()
	if err != nil {
		return fail(err)
	}
	r.stage("print", total)
	if err := r.print(n, plan); err != nil {
		return fail(err)
	}
	r.stage("inspect", total)
	access, name, err := r.access(n, plan)
	if err != nil {
		return fail(err)
	}
	t, reader, pull, err := r.o.Bench.Insert(ctx, blank)
	if err != nil {
		return fail(err)
	}
	defer pull()
	v, err := inspect.Inspect(ctx, t, access, r.trust, inspect.Options{Profile: r.profile, Reader: reader, Today: cardprofile.DateOf(r.o.Now)})
	if err != nil {
		return fail(err)
	}
	return Entry{n, record.Line, fmt.Sprintf("%X", card.Serial), v.Chip.Access + " with " + name, v.Chip.APDUs, v.Outcome}, v, r.keep(n, v)
}

// stage tells what one of the stations begins.
func (r *run) stage(stage string, total int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress(stage, r.done, total)
}

// access opens every third card with its MRZ, the others with their CAN.
func (r *run) access(n int, plan *issue.Plan) (inspect.Access, string, error) {
	if n%3 == 0 {
		a, err := inspect.ByMRZ(plan.MRZ.Text())
		return a, "MRZ", err
	}
	a, err := inspect.ByCAN(string(plan.CAN.Bytes()))
	return a, "CAN", err
}

func (r *run) print(n int, plan *issue.Plan) error {
	data, err := face.Of(r.profile, plan.Record, plan.Portrait)
	if err != nil {
		return err
	}
	faces, err := r.faces.Render(data)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.sheets[n-1] = faces
	r.mu.Unlock()
	for _, side := range sides {
		var b bytes.Buffer
		if err := faces.WritePNG(&b, side); err != nil {
			return err
		}
		if err := r.out.write(b.Bytes(), "cards", strconv.Itoa(n), side.String()+".png"); err != nil {
			return err
		}
	}
	return nil
}

// keep writes what the checkpoint read and what it said.
func (r *run) keep(n int, v *inspect.Verdict) error {
	dir := []string{"cards", strconv.Itoa(n)}
	if err := r.out.files(v.Files(), dir...); err != nil {
		return err
	}
	b, err := v.JSON()
	if err != nil {
		return err
	}
	return r.out.write(b, append(dir, "verdict.json")...)
}

// TempDir makes a private folder for what must not outlive a demo, such as its
// token.
func TempDir() (dir string, remove func() error, err error) {
	dir, err = os.MkdirTemp("", "chipid-demo-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

// RandomPIN is a PIN nobody knows, for a token that lives as long as a demo.
func RandomPIN() (mac.Key, error) {
	k, err := randomKey(8)
	if err != nil {
		return mac.Key{}, err
	}
	return mac.NewKey([]byte(fmt.Sprintf("%X", k.Bytes()))), nil
}
