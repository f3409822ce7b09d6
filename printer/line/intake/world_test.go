package intake_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/soft"
	"github.com/chipid-toolkit/chipid/printer/line/intake"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

var (
	ctx   = context.Background()
	today = cardprofile.Date{Year: 2026, Month: 11, Day: 24}
)

// world is a store with an importer, and the synthetic people in a folder.
type world struct {
	*intake.Importer
	tb      testing.TB
	dir, db string
	profile *cardprofile.Profile
	kill    func(what string) error // asked after each transaction
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{tb: tb, dir: tb.TempDir()}
	w.db = filepath.Join(w.dir, "line.db")
	must(tb, people.Write(w.dir))
	ring, err := soft.Open(ctx, soft.Config{Label: "line"}, soft.ForTesting(tb))
	must(tb, err)
	tb.Cleanup(func() { _ = ring.Close() })
	w.Importer = &intake.Importer{Keys: ring, Today: today, Lang: "en"}
	w.Seal, err = ring.GenerateSecret(ctx, hsm.SecretSpec{Label: "seal", Use: hsm.UseSeal, Bits: 256})
	must(tb, err)
	w.Digest, err = ring.GenerateSecret(ctx, hsm.SecretSpec{Label: "digest", Use: hsm.UseDigest, Bits: 256})
	must(tb, err)
	w.profile, err = cardprofile.Load("vn-cccd-2021")
	must(tb, err)
	w.open()
	return w
}

// open opens the store, as after a restart.
func (w *world) open() {
	w.tb.Helper()
	if w.Store != nil {
		_ = w.Store.Close()
	}
	var err error
	w.Store, err = store.Open(ctx, "sqlite:"+w.db, store.Options{After: func(what string) error {
		if w.kill != nil {
			return w.kill(what)
		}
		return nil
	}})
	must(w.tb, err)
	st := w.Store
	w.tb.Cleanup(func() { _ = st.Close() })
	w.Queue, err = queue.Open(ctx, w.Store, queue.Config{Process: "import"})
	must(w.tb, err)
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func (w *world) batch(name string) store.Batch {
	w.tb.Helper()
	b, err := w.NewBatch(ctx, store.Batch{Name: name, Profile: "vn-cccd-2021"})
	must(w.tb, err)
	return b
}

func (w *world) read(name string) (b store.Batch, requests []store.Request) {
	w.tb.Helper()
	must(w.tb, w.Store.Do(ctx, "read", func(tx *store.Tx) (err error) {
		if b, err = tx.Batch(ctx, name); err != nil {
			return err
		}
		requests, err = tx.Next(ctx, b.ID, 1<<20)
		return err
	}))
	return b, requests
}

// importFile imports a file into a batch of this name, which it makes.
func (w *world) importFile(name, path, photos string) (intake.Progress, error) {
	w.tb.Helper()
	src, err := intake.OpenFile(ctx, path, nil)
	if err != nil {
		return intake.Progress{}, err
	}
	ph, err := intake.OpenPhotos(photos, path)
	if err != nil {
		return intake.Progress{}, err
	}
	defer ph.Close()
	return w.Import(ctx, name, w.profile, src, ph)
}

func (w *world) csv() string { return filepath.Join(w.dir, people.CSVName) }

// table is the people's table.
func table(tb testing.TB) [][]string {
	tb.Helper()
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(people.CSV(), []byte("\xEF\xBB\xBF")))).ReadAll()
	must(tb, err)
	return rows
}

func (w *world) write(name string, b []byte) string {
	w.tb.Helper()
	path := filepath.Join(w.dir, name)
	must(w.tb, os.WriteFile(path, b, 0o600))
	return path
}

func (w *world) writeCSV(name string, rows [][]string) string {
	w.tb.Helper()
	var b bytes.Buffer
	must(w.tb, csv.NewWriter(&b).WriteAll(rows))
	return w.write(name, b.Bytes())
}

// jsonLines is the table as JSON Lines.
func jsonLines(tb testing.TB) []byte {
	tb.Helper()
	r, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), "x")
	must(tb, err)
	var b bytes.Buffer
	for _, rec := range r.Accepted {
		line, err := json.Marshal(rec.Fields())
		must(tb, err)
		b.Write(append(line, '\n'))
	}
	for _, rej := range r.Rejected {
		line, err := json.Marshal(map[string]string{"number": rej.Fields[0], "full_name": rej.Fields[1], "date_of_birth": rej.Fields[2]})
		must(tb, err)
		b.Write(append(line, '\n'))
	}
	return b.Bytes()
}

func (w *world) writeXLSX(name string, rows [][]string) string {
	w.tb.Helper()
	f := excelize.NewFile()
	for i, cells := range rows {
		for j, c := range cells {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			must(w.tb, err)
			must(w.tb, f.SetCellStr(f.GetSheetName(0), at, c))
		}
	}
	path := filepath.Join(w.dir, name)
	must(w.tb, f.SaveAs(path))
	return path
}
