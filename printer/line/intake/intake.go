package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/cms/envelope"
	"github.com/chipid-toolkit/chipid/cardprofile/rule"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/seal"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Keys is what an import asks of a keyring; hsm.Keyring is one.
type Keys interface {
	seal.Keys
	Digest(ctx context.Context, ref hsm.KeyRef, data []byte) ([]byte, error)
}

// ErrOtherFile says that a batch was begun with another file than the one named now.
var ErrOtherFile = errors.New("intake: the batch was begun with another file")

// ErrComplete says that all of a batch's file is in.
var ErrComplete = errors.New("intake: the whole file has been taken in")

// Importer takes batches into a store.
type Importer struct {
	Store *store.Store
	// Queue gets the requests, in the transaction that adds them.
	Queue *queue.Queue
	Keys  Keys
	// Seal wraps the batch's data key, Digest makes the keyed digests of numbers.
	Seal, Digest hsm.KeyRef
	// RejectsFor can open the rejects of batches that came encrypted, beside the key
	// that such a batch was encrypted to.
	RejectsFor []envelope.Recipient
	// Today is the day the rules judge by.
	Today cardprofile.Date
	// Lang is the language of reasons: "en" or "vi".
	Lang string
	// Workers judge rows side by side; 0 is 4.
	Workers int
	// Progress, if set, is told after each piece. It must not block.
	Progress func(Progress)
}

// Progress is how far an import is.
type Progress struct{ Done, Total, Accepted, Rejected int64 }

// piece is how many rows are committed at a time.
const piece = 256

// NewBatch makes a batch with a data key of its own.
func (im *Importer) NewBatch(ctx context.Context, b store.Batch) (store.Batch, error) {
	data, wrapped, err := seal.NewBatch(ctx, im.Keys, im.Seal, b.Name)
	if err != nil {
		return b, err
	}
	data.Close()
	b.SealedKey = wrapped
	err = im.Store.Do(ctx, "new batch", func(tx *store.Tx) error {
		b, err = tx.NewBatch(ctx, b)
		return err
	})
	return b, err
}

// Import takes the rows of the source into the batch, from where an earlier import
// ended. The same file again, once it is complete, is ErrComplete.
func (im *Importer) Import(ctx context.Context, name string, p *cardprofile.Profile, src *Source, photos *Photos) (Progress, error) {
	var b store.Batch
	err := im.Store.Do(ctx, "begin import", func(tx *store.Tx) (err error) {
		if b, err = tx.Batch(ctx, name); err != nil {
			return err
		}
		if err := tx.Begin(ctx, b.ID, src.Digest); errors.Is(err, store.ErrState) {
			return fmt.Errorf("%w: make a new batch for this one", ErrOtherFile)
		} else if err != nil {
			return err
		}
		return nil
	})
	at := Progress{Done: b.Position, Total: src.Rows, Accepted: b.Accepted, Rejected: b.Rejected}
	if err != nil {
		return at, err
	}
	if b.Complete {
		return at, ErrComplete
	}
	data, err := seal.OpenBatch(ctx, im.Keys, im.Seal, b.Name, b.SealedKey)
	if err != nil {
		return at, err
	}
	defer data.Close()
	r, err := src.open(ctx)
	if err != nil {
		return at, err
	}
	defer func() { _ = r.close() }()
	for range b.Position {
		if _, err := r.next(); err != nil {
			return at, fmt.Errorf("%w: it is shorter than what was taken in already", ErrOtherFile)
		}
	}
	w := &work{Importer: im, batch: b, profile: p, data: data, photos: photos, source: src}
	for {
		rows, end, err := read(r)
		if err != nil {
			return at, err
		}
		if err := src.unchanged(); err != nil {
			return at, err
		}
		accepted, rejected, err := w.take(ctx, rows, at.Done, end)
		if err != nil {
			return at, err
		}
		at.Done += accepted + rejected
		at.Accepted += accepted
		at.Rejected += rejected
		if im.Progress != nil {
			im.Progress(at)
		}
		if end {
			return at, nil
		}
	}
}

// read reads the next piece; end says that the file ends with it.
func read(r rows) (list []row, end bool, err error) {
	for len(list) < piece {
		one, err := r.next()
		if errors.Is(err, io.EOF) {
			return list, true, nil
		}
		if err != nil {
			return nil, false, err
		}
		list = append(list, one)
	}
	return list, false, nil
}

// work is one import.
type work struct {
	*Importer
	batch   store.Batch
	profile *cardprofile.Profile
	data    *seal.Batch
	photos  *Photos
	source  *Source
}

// judged is a row with what came of it.
type judged struct {
	row
	request  store.Request
	replaces []byte // keyed digest of the number that the row says it replaces
}

// take judges a piece side by side and commits it as a whole.
func (w *work) take(ctx context.Context, rows []row, from int64, end bool) (accepted, rejected int64, err error) {
	list := make([]judged, len(rows))
	g, gctx := errgroup.WithContext(ctx)
	workers := w.Workers
	if workers <= 0 {
		workers = 4
	}
	g.SetLimit(workers)
	for i := range rows {
		g.Go(func() (err error) {
			list[i], err = w.judge(gctx, rows[i])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return 0, 0, err
	}
	err = w.Store.Do(ctx, "import", func(tx *store.Tx) error {
		accepted, rejected = 0, 0
		var added []store.Request
		for i := range list {
			j := list[i]
			if j.problem == nil {
				if j.problem, err = w.place(ctx, tx, &j); err != nil {
					return err
				}
			}
			if j.problem != nil {
				rejected++
				if err := w.reject(ctx, tx, j); err != nil {
					return err
				}
				continue
			}
			accepted++
			r, err := tx.Add(ctx, j.request)
			if err != nil {
				return err
			}
			added = append(added, r)
		}
		if w.Queue != nil {
			if err := w.Queue.EnqueueMany(ctx, tx, added); err != nil {
				return err
			}
		}
		return tx.Take(ctx, w.batch.ID, from, accepted, rejected, end)
	})
	return accepted, rejected, err
}

// judge puts the rules to a row, makes its digests and seals it. The error is the
// token's or the program's; what is wrong with the row is its problem.
func (w *work) judge(ctx context.Context, r row) (judged, error) {
	j := judged{row: r}
	if j.problem != nil {
		return j, nil
	}
	image, loadErr := w.photos.Load(*r.record)
	// A checker of its own: duplicates are found by their digests, in the store.
	c := rule.NewChecker(w.profile, w.Today)
	c.Lang = w.Lang
	res := c.Check(*r.record, image, loadErr)
	if j.problem = res.Reason(w.Lang); j.problem != nil {
		return j, nil
	}
	number, err := w.digest(ctx, documentNumber(&res.Record))
	if err != nil {
		return j, err
	}
	if r.order.replaces != "" {
		if j.replaces, err = w.digest(ctx, r.order.replaces); err != nil {
			return j, err
		}
	}
	sealed, err := w.data.Seal(seal.Binding{Line: r.line, Number: number}, res.Record, image)
	if err != nil {
		return j, err
	}
	o := r.order
	j.request = store.Request{BatchID: w.batch.ID, Line: r.line, Kind: o.kind, NumberDigest: number, Lot: o.lot, Office: o.office, Priority: o.priority, Due: o.due, Sealed: sealed}
	return j, nil
}

// documentNumber is the number that one card has at a time: the holder's where the
// document has none of its own.
func documentNumber(r *citizen.Record) string {
	if r.DocumentNumber != "" {
		return r.DocumentNumber
	}
	return r.Number
}

func (w *work) digest(ctx context.Context, number string) ([]byte, error) {
	return NumberDigest(ctx, w.Keys, w.Digest, number)
}

// NumberDigest is the keyed digest by which requests are found by their document number:
// however it is written, with spaces or the fillers of an MRZ.
func NumberDigest(ctx context.Context, keys Keys, ref hsm.KeyRef, number string) ([]byte, error) {
	number = strings.ToUpper(strings.Trim(strings.Join(strings.Fields(number), ""), "<"))
	return keys.Digest(ctx, ref, []byte("chipid document number\x00"+number))
}

// place finds what is already there for the number, and binds a renewal or remake to
// what it replaces.
func (w *work) place(ctx context.Context, tx *store.Tx, j *judged) (*cardprofile.InputError, error) {
	same, err := tx.ByNumber(ctx, j.request.NumberDigest)
	if err != nil {
		return nil, err
	}
	say := func(field, en, vi, fix, sua string) *cardprofile.InputError {
		in := &cardprofile.InputError{Line: j.line, Field: field, Problem: en, Fix: fix}
		if w.Lang == "vi" {
			in.Problem, in.Fix = vi, sua
		}
		return in
	}
	// where says which row of which batch a request is, for people.
	where := func(r *store.Request) (en, vi string, err error) {
		b, err := tx.BatchByID(ctx, r.BatchID)
		return fmt.Sprintf("line %d of batch %s", r.Line, b.Name), fmt.Sprintf("dòng %d của đợt %s", r.Line, b.Name), err
	}
	var made *store.Request
	for i := range same {
		switch s := &same[i]; {
		case s.State == store.RequestCancelled:
		case s.State != store.RequestDone && s.BatchID == w.batch.ID:
			return say("number", fmt.Sprintf("the number is that of line %d too", s.Line), fmt.Sprintf("số trùng với dòng %d", s.Line), "remove one of them", "bỏ một trong hai"), nil
		case s.State != store.RequestDone:
			en, vi, err := where(s)
			if err != nil {
				return nil, err
			}
			return say("number", "a card with this number is wanted already, by "+en, "thẻ có số này đang được làm, "+vi, "wait for it, or cancel it", "chờ làm xong hoặc hủy yêu cầu đó"), nil
		default:
			made = s
		}
	}
	replaced := made
	if j.replaces != nil {
		others, err := tx.ByNumber(ctx, j.replaces)
		if err != nil {
			return nil, err
		}
		replaced = nil
		for i := range others {
			if others[i].State == store.RequestDone {
				replaced = &others[i]
			}
		}
	}
	switch j.request.Kind {
	case store.KindFirst:
		if made != nil {
			en, vi, err := where(made)
			if err != nil {
				return nil, err
			}
			return say("number", "a card with this number was issued, by "+en, "đã cấp thẻ có số này, "+vi, "write renewal or remake as its kind if it is to be replaced", "ghi loại cấp đổi hoặc cấp lại nếu cần thay thẻ"), nil
		}
	case store.KindRemake:
		if replaced == nil {
			return say(columnKind, "there is no card that was issued here for it to replace", "không có thẻ nào đã cấp ở đây để cấp lại", "write renewal or first as its kind", "ghi loại cấp đổi hoặc cấp mới"), nil
		}
	}
	if replaced != nil && j.request.Kind != store.KindSample {
		j.request.Replaces = replaced.ID
	}
	return nil, nil
}

// reject keeps the row with its reason.
func (w *work) reject(ctx context.Context, tx *store.Tx, j judged) error {
	sealed, err := w.sealRow(j)
	if err != nil {
		return err
	}
	return tx.Reject(ctx, w.batch.ID, store.Reject{Line: j.line, Field: j.problem.Field, Problem: j.problem.Problem, Fix: j.problem.Fix, Sealed: sealed})
}

// rejectedNumber stands for the keyed number of a row whose number is not known to be
// one.
var rejectedNumber = []byte("rejected row")

// sealRow seals the row as it came: its JSON travels where a portrait does.
func (w *work) sealRow(j judged) ([]byte, error) {
	return w.data.Seal(seal.Binding{Line: j.line, Number: rejectedNumber}, citizen.Record{}, j.raw)
}

// openRow undoes sealRow.
func openRow(data *seal.Batch, r store.Reject) ([]byte, error) {
	_, raw, err := data.Open(seal.Binding{Line: r.Line, Number: rejectedNumber}, r.Sealed)
	return raw, err
}

// cellsOf are the cells of a row in JSON.
func cellsOf(raw []byte) ([]string, error) {
	var cells []string
	if err := json.Unmarshal(raw, &cells); err != nil {
		return nil, seal.ErrSeal
	}
	return cells, nil
}
