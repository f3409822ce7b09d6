package intake_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer/line/intake"
	"github.com/chipid-toolkit/chipid/printer/line/seal"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/printer/line/store/storetest"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

func TestEveryFormatGivesTheSame(t *testing.T) {
	rows := table(t)
	for _, c := range []struct {
		name string
		make func(w *world) string
	}{
		{"CSV", func(w *world) string { return w.csv() }},
		{"JSON Lines", func(w *world) string { return w.write("people.jsonl", jsonLines(t)) }},
		{"XLSX", func(w *world) string { return w.writeXLSX("people.xlsx", rows) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			b := w.batch("A")
			p, err := w.importFile("A", c.make(w), "")
			must(t, err)
			got, requests := w.read("A")
			if p.Accepted != 20 || p.Rejected != 1 || p.Done != p.Accepted+p.Rejected || p.Total != p.Done {
				t.Errorf("%+v", p)
			}
			if got.Records != 21 || got.Accepted != 20 || got.Rejected != 1 || !got.Complete || len(requests) != 20 {
				t.Errorf("%+v, %d requests", got, len(requests))
			}
			data, err := seal.OpenBatch(ctx, w.Keys, w.Seal, b.Name, got.SealedKey)
			must(t, err)
			r, portrait, err := data.Open(seal.Binding{Line: requests[0].Line, Number: requests[0].NumberDigest}, requests[0].Sealed)
			must(t, err)
			if r.Number != rows[1][0] || r.FullName != rows[1][1] || r.DateOfExpiry.IsZero() || len(portrait) < 1000 {
				t.Error("the record that was sealed is not the first one of the file")
			}
			waiting, err := w.Queue.Waiting(ctx)
			must(t, err)
			if waiting != 20 {
				t.Errorf("%d jobs wait", waiting)
			}
			if _, err := w.importFile("A", c.make(w), ""); !errors.Is(err, intake.ErrComplete) && c.name != "XLSX" {
				t.Errorf("again: %v", err)
			}
		})
	}
}

// many is a table of n rows of different people; every tenth has a wrong date.
func many(t testing.TB, n int) [][]string {
	base := table(t)
	out := [][]string{base[0]}
	for i := range n {
		row := append([]string(nil), base[1]...)
		row[0] = fmt.Sprintf("0010909%05d", i)
		if i%10 == 3 {
			row[2] = "31/02/1990"
		}
		out = append(out, row)
	}
	return out
}

func TestGoesOnAfterAKill(t *testing.T) {
	const n = 520
	killed := errors.New("killed")
	for at := 1; ; at++ {
		w := newWorld(t)
		path := w.writeCSV("many.csv", many(t, n))
		w.batch("A")
		left := at
		w.kill = func(string) error {
			if left--; left == 0 {
				return killed
			}
			return nil
		}
		_, err := w.importFile("A", path, "")
		finished := left > 0
		if !finished && !errors.Is(err, killed) {
			t.Fatalf("killed after transaction %d: %v", at, err)
		}
		w.kill = nil
		w.open()
		if _, err := w.importFile("A", path, ""); err != nil && !errors.Is(err, intake.ErrComplete) {
			t.Fatalf("killed after transaction %d, and then: %v", at, err)
		}
		b, requests := w.read("A")
		if b.Records != n || b.Accepted != n*9/10 || b.Rejected != n/10 || len(requests) != n*9/10 || !b.Complete {
			t.Fatalf("killed after transaction %d: %d = %d + %d, %d requests", at, b.Records, b.Accepted, b.Rejected, len(requests))
		}
		waiting, err := w.Queue.Waiting(ctx)
		must(t, err)
		if waiting != int64(len(requests)) {
			t.Fatalf("killed after transaction %d: %d jobs for %d requests", at, waiting, len(requests))
		}
		if finished {
			if at < 4 {
				t.Fatalf("only %d transactions", at)
			}
			return
		}
	}
}

func TestRejectsComeBack(t *testing.T) {
	rows := many(t, 40)
	rows[5][1] = "=cmd()" // what a spreadsheet would run
	for _, format := range []string{"csv", "jsonl", "xlsx"} {
		t.Run(format, func(t *testing.T) {
			w := newWorld(t)
			path := w.writeCSV("many.csv", rows)
			switch format {
			case "xlsx":
				path = w.writeXLSX("many.xlsx", rows)
			case "jsonl":
				var b bytes.Buffer
				for _, r := range rows[1:] {
					o := map[string]string{"number": r[0], "full_name": r[1], "date_of_birth": r[2], "sex": r[3], "nationality": r[4], "ethnicity": r[5],
						"place_of_origin": r[7], "residence": r[8], "features": r[9], "date_of_issue": r[10], "portrait": r[16]}
					line, err := json.Marshal(o)
					must(t, err)
					b.Write(append(line, '\n'))
				}
				path = w.write("many.jsonl", b.Bytes())
			}
			w.batch("A")
			p, err := w.importFile("A", path, "")
			must(t, err)
			src, err := intake.OpenFile(ctx, path, nil)
			must(t, err)
			out := filepath.Join(w.dir, "rejects."+format)
			n, err := w.WriteRejects(ctx, "A", src, out)
			must(t, err)
			if n != p.Rejected || n < 4 {
				t.Errorf("%d rejects, %d written", p.Rejected, n)
			}
			info, err := os.Stat(out)
			must(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v", info.Mode())
			}
			// As it is, each row is rejected again, for the same reason.
			w.batch("B")
			again, err := w.importFile("B", out, "")
			must(t, err)
			if again.Accepted != 0 || again.Rejected != n {
				t.Errorf("the rejects file as it is: %+v", again)
			}
			if format == "xlsx" {
				return
			}
			// Corrected, all become cards.
			b, err := os.ReadFile(out)
			must(t, err)
			fixed := bytes.ReplaceAll(b, []byte("31/02/1990"), []byte("28/02/1990"))
			fixed = bytes.ReplaceAll(fixed, []byte("'=cmd()"), []byte("Nguyễn Văn Mẫu"))
			fixed = bytes.ReplaceAll(fixed, []byte(`=cmd()`), []byte("Nguyễn Văn Mẫu"))
			w.batch("C")
			if p, err := w.importFile("C", w.write("fixed."+format, fixed), ""); err != nil || p.Rejected != 0 || p.Accepted != n {
				t.Errorf("corrected: %+v, %v", p, err)
			}
		})
	}
}

func TestDuplicatesAndReplacements(t *testing.T) {
	w := newWorld(t)
	rows := many(t, 3)
	head := append(append([]string(nil), rows[0]...), "Loại cấp", "priority", "due", "office", "lot", "replaces")
	row := func(i int, more ...string) []string { return append(append([]string(nil), rows[i]...), more...) }
	first := w.writeCSV("first.csv", [][]string{head, row(1, "", "3", "01/12/2026", "Hà Nội", "L1", ""), row(1, "", "", "", "", "", ""), row(2, "cấp lại", "", "", "", "", "")})
	w.batch("A")
	p, err := w.importFile("A", first, "")
	must(t, err)
	if p.Accepted != 1 || p.Rejected != 2 {
		t.Fatalf("%+v", p)
	}
	_, requests := w.read("A")
	if r := requests[0]; r.Priority != 3 || r.Office != "Hà Nội" || r.Lot != "L1" || r.Due.Format("2006-01-02") != "2026-12-01" || r.Kind != store.KindFirst {
		t.Errorf("%+v", r)
	}
	second := w.writeCSV("second.csv", [][]string{head, row(1, "renewal", "", "", "", "", "")})
	w.batch("B")
	if p, err := w.importFile("B", second, ""); err != nil || p.Rejected != 1 {
		t.Errorf("a second card while the first is being made: %+v, %v", p, err)
	}
	_, err = w.Store.DB().ExecContext(ctx, `UPDATE request SET state = 'done'`)
	must(t, err)
	w.batch("C")
	if p, err := w.importFile("C", second, ""); err != nil || p.Accepted != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	_, renewals := w.read("C")
	if renewals[0].Replaces != requests[0].ID || renewals[0].Kind != store.KindRenewal {
		t.Errorf("%+v", renewals[0])
	}
	_, err = w.Store.DB().ExecContext(ctx, `UPDATE request SET state = 'done'`)
	must(t, err)
	w.batch("D")
	if p, err := w.importFile("D", w.writeCSV("third.csv", [][]string{head, row(1, "", "", "", "", "", ""), row(2, "first", "10", "", "", "", ""), row(3, "zzz", "", "", "", "", "")}), ""); err != nil || p.Rejected != 3 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestNothingInClear(t *testing.T) {
	picture, err := fs.ReadFile(people.FS(), "portraits/01.jpg")
	must(t, err)
	w := newWorld(t)
	rows := many(t, 30)
	rows[7][1] = "Người Bịa Đặt" // in a row that stays
	w.batch("A")
	_, err = w.importFile("A", w.writeCSV("many.csv", rows), "")
	must(t, err)
	must(t, w.Store.Close())
	for _, name := range []string{w.db, w.db + "-wal"} {
		b, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		must(t, err)
		for _, secret := range []string{rows[1][0], rows[4][0], "Người Bịa Đặt", rows[1][8], "\xff\xd8\xff\xe0\x00\x10JFIF", string(picture[64:96])} {
			if bytes.Contains(b, []byte(secret)) {
				t.Errorf("%s holds personal data in clear", filepath.Base(name))
			}
		}
	}
}

func TestBadFilesLeaveNothingBehind(t *testing.T) {
	rows := many(t, 400)
	var good bytes.Buffer
	must(t, csv.NewWriter(&good).WriteAll(rows))
	bomb := func() []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		f, err := z.Create("xl/worksheets/sheet1.xml")
		must(t, err)
		_, err = io.CopyN(f, zeros{}, 64<<20)
		must(t, err)
		must(t, z.Close())
		return b.Bytes()
	}
	for name, b := range map[string][]byte{
		"quote.csv":   append(bytes.Clone(good.Bytes()), "001090990001,\"never closed"...),
		"utf16.csv":   {0xff, 0xfe, 'S', 0},
		"empty.csv":   nil,
		"header.csv":  []byte(strings.Join(rows[0], ",") + "\n"),
		"columns.csv": []byte("a,b,c\n1,2,3\n"),
		"text.jsonl":  []byte("{\"number\":\"1\"}\nnot json\n"),
		"long.jsonl":  append([]byte("{\"number\":\""), append(bytes.Repeat([]byte("1"), 70<<10), "\"}\n"...)...),
		"none.xlsx":   []byte("PK\x03\x04 no workbook"),
		"bomb.xlsx":   bomb(),
		"x.pdf":       []byte("%PDF"),
	} {
		w := newWorld(t)
		w.batch("A")
		path := w.write(name, b)
		_, err := w.importFile("A", path, "")
		var in *cardprofile.InputError
		if !errors.As(err, &in) || in.File == "" || in.Fix == "" {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "001090990001") {
			t.Errorf("%s: the error holds a number", name)
		}
		if b, requests := w.read("A"); b.Records != 0 || len(requests) != 0 {
			t.Errorf("%s: %d rows were taken in", name, b.Records)
		}
	}
	// A damaged workbook: every 997th byte changed.
	w := newWorld(t)
	path := w.writeXLSX("ok.xlsx", rows[:5])
	whole, err := os.ReadFile(path)
	must(t, err)
	for i := 0; i < len(whole); i += 997 {
		bad := bytes.Clone(whole)
		bad[i] ^= 0x55
		var in *cardprofile.InputError
		if _, err := intake.OpenFile(ctx, w.write("bad.xlsx", bad), nil); err != nil && !errors.As(err, &in) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
	// Another file into a batch that has begun.
	w.batch("B")
	_, err = w.importFile("B", path, "")
	must(t, err)
	if _, err := w.importFile("B", w.csv(), ""); !errors.Is(err, intake.ErrOtherFile) {
		t.Error(err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestPhotos(t *testing.T) {
	rows := many(t, 4)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	picture, err := people.FS().Open("portraits/01.jpg")
	must(t, err)
	image, err := io.ReadAll(picture)
	must(t, err)
	for name, content := range map[string][]byte{"a.jpg": image, "bad.jpg": []byte("no picture"), "big.jpg": make([]byte, 20<<20)} {
		f, err := z.Create(name)
		must(t, err)
		_, err = f.Write(content)
		must(t, err)
	}
	must(t, z.Close())
	for i, name := range []string{"a.jpg", "bad.jpg", "big.jpg", "../people.csv"} {
		rows[i+1][16], rows[i+1][2] = name, rows[1][2]
	}
	w := newWorld(t)
	w.batch("A")
	p, err := w.importFile("A", w.writeCSV("x.csv", rows), w.write("photos.zip", b.Bytes()))
	must(t, err)
	if p.Accepted != 1 || p.Rejected != 3 {
		t.Errorf("%+v", p)
	}
	must(t, w.Store.Do(ctx, "reasons", func(tx *store.Tx) error {
		reasons, err := tx.RejectReasons(ctx, 1)
		for reason := range reasons {
			if !strings.HasPrefix(reason, "portrait: ") {
				t.Error(reason)
			}
		}
		return err
	}))
	var in *cardprofile.InputError
	if _, err := w.importFile("A", w.csv(), w.write("photos2.zip", []byte("PK none"))); !errors.As(err, &in) {
		t.Error(err)
	}
}

func TestQuery(t *testing.T) {
	cluster := storetest.StartPostgres(t)
	url := cluster.Database(t)
	conn, err := pgx.Connect(ctx, url)
	must(t, err)
	defer conn.Close(ctx)
	columns := []string{"number", "full_name", "date_of_birth", "sex", "nationality", "ethnicity", "religion", "place_of_origin", "residence", "features", "date_of_issue", "date_of_expiry", "father", "mother", "spouse", "former_number", "portrait"}
	_, err = conn.Exec(ctx, "CREATE TABLE citizen (id serial PRIMARY KEY, "+strings.Join(columns, " text, ")+" text)")
	must(t, err)
	for _, row := range many(t, 300)[1:] {
		values := make([]any, len(row))
		places := make([]string, len(row))
		for i, c := range row {
			values[i], places[i] = c, fmt.Sprintf("$%d", i+1)
		}
		_, err := conn.Exec(ctx, "INSERT INTO citizen ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(places, ", ")+")", values...)
		must(t, err)
	}
	w := newWorld(t)
	query := "SELECT " + strings.Join(columns, ", ") + ", '5' AS priority FROM citizen ORDER BY id"
	src, err := intake.OpenQuery(ctx, url, query, nil)
	must(t, err)
	defer src.Close()
	// What others write from now on belongs to another batch.
	_, err = conn.Exec(ctx, "UPDATE citizen SET number = '0' WHERE id = 1")
	must(t, err)
	photos, err := intake.OpenPhotos(w.dir, "")
	must(t, err)
	defer photos.Close()
	w.batch("A")
	p, err := w.Import(ctx, "A", w.profile, src, photos)
	must(t, err)
	if p.Accepted != 270 || p.Rejected != 30 {
		t.Errorf("%+v", p)
	}
	out := filepath.Join(w.dir, "rejects.csv")
	if n, err := w.WriteRejects(ctx, "A", src, out); err != nil || n != 30 {
		t.Errorf("%d, %v", n, err)
	}
	later, err := intake.OpenQuery(ctx, url, query, nil)
	must(t, err)
	defer later.Close()
	if _, err := w.Import(ctx, "A", w.profile, later, photos); !errors.Is(err, intake.ErrOtherFile) {
		t.Errorf("other rows: %v", err)
	}
	var in *cardprofile.InputError
	for name, q := range map[string]string{"no order": "SELECT 1", "a mistake": "SELECT nothing FROM nowhere ORDER BY 1", "a write": "DELETE FROM citizen RETURNING number -- ORDER BY", "columns": "SELECT number FROM citizen ORDER BY id"} {
		if _, err := intake.OpenQuery(ctx, url, q, nil); !errors.As(err, &in) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := intake.OpenQuery(ctx, "postgres://u:secret@127.0.0.1:1/x", query, nil); !errors.As(err, &in) || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	var left int
	must(t, conn.QueryRow(ctx, "SELECT count(*) FROM citizen").Scan(&left))
	if left != 300 {
		t.Errorf("%d rows are left in the office's table", left)
	}
}
