package intake_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms/envelope"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer/line/intake"
)

// office is the intake key of a line and what encrypts to it.
type office struct {
	w     *world
	files intake.Files
	to    envelope.Recipient
}

func newOffice(tb testing.TB, w *world) office {
	tb.Helper()
	ring := w.Keys.(hsm.Keyring)
	ref, _, err := ring.Generate(ctx, hsm.KeySpec{Label: "intake", Curve: "P-256", Agreement: true})
	must(tb, err)
	key, err := ring.Agreement(ctx, ref)
	must(tb, err)
	return office{w, intake.Files{Intake: key}, envelope.Recipient{ID: []byte{0x30, 0x00}, Key: key.Public()}}
}

// encrypt writes a file as an office sends it.
func (o office) encrypt(name string, b []byte) string {
	o.w.tb.Helper()
	var out bytes.Buffer
	s, err := envelope.Seal(&out, o.to)
	must(o.w.tb, err)
	_, err = s.Write(b)
	must(o.w.tb, err)
	must(o.w.tb, s.Close())
	return o.w.write(name, out.Bytes())
}

func (o office) importFile(batch, path, photos string) (intake.Progress, *intake.Source, error) {
	src, err := o.files.Open(ctx, path, nil)
	if err != nil {
		return intake.Progress{}, nil, err
	}
	ph, err := o.files.Photos(ctx, photos, path)
	if err != nil {
		return intake.Progress{}, nil, err
	}
	defer ph.Close()
	p, err := o.w.Import(ctx, batch, o.w.profile, src, ph)
	return p, src, err
}

func (o office) decrypt(path string) []byte {
	o.w.tb.Helper()
	f, err := os.Open(path)
	must(o.w.tb, err)
	defer f.Close()
	r, err := envelope.Open(ctx, f, o.files.Intake)
	must(o.w.tb, err)
	var b bytes.Buffer
	_, err = b.ReadFrom(r)
	must(o.w.tb, err)
	return b.Bytes()
}

// A batch that comes encrypted goes in, and its rejects come out encrypted, in the same
// form; nothing lies on the disk in clear meanwhile or afterwards.
func TestEncryptedBatches(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	t.Setenv("TMP", tmp)
	for _, format := range []string{"csv", "jsonl", "xlsx"} {
		t.Run(format, func(t *testing.T) {
			w := newWorld(t)
			o := newOffice(t, w)
			rows := many(t, 300)
			var text []byte
			switch format {
			case "csv":
				text = readAndRemove(t, w.writeCSV("clear", rows))
			case "xlsx":
				text = readAndRemove(t, w.writeXLSX("clear.xlsx", rows))
			case "jsonl":
				text = jsonLines(t)
			}
			w.batch("A")
			p, src, err := o.importFile("A", o.encrypt("requests."+format+".p7m", text), "")
			must(t, err)
			if p.Rejected == 0 || p.Accepted == 0 || p.Done != p.Total || !src.Encrypted() {
				t.Fatalf("%+v", p)
			}
			out := filepath.Join(w.dir, "rejects."+format+".p7m")
			n, err := w.WriteRejects(ctx, "A", src, out)
			must(t, err)
			if n != p.Rejected {
				t.Errorf("%d of %d rejects", n, p.Rejected)
			}
			raw, err := os.ReadFile(out)
			must(t, err)
			if bytes.Contains(raw, []byte("not a date")) || bytes.Contains(raw, []byte("00109")) {
				t.Error("the rejects are in clear")
			}
			if format != "xlsx" && !bytes.Contains(o.decrypt(out), []byte("not a date")) {
				t.Error("the rejects have no reasons")
			}
			w.batch("B")
			if again, _, err := o.importFile("B", out, ""); err != nil || again.Accepted != 0 || again.Rejected != n {
				t.Errorf("the rejects as they are: %+v, %v", again, err)
			}
			for _, mine := range []string{"chipid-*", "excelize-*"} {
				if left, _ := filepath.Glob(filepath.Join(tmp, mine)); len(left) != 0 {
					t.Errorf("left in the temporary folder: %v", left)
				}
			}
		})
	}
}

func readAndRemove(tb testing.TB, path string) []byte {
	tb.Helper()
	b, err := os.ReadFile(path)
	must(tb, err)
	must(tb, os.Remove(path))
	return b
}

func TestEncryptedPhotos(t *testing.T) {
	w := newWorld(t)
	o := newOffice(t, w)
	image, err := os.ReadFile(filepath.Join(w.dir, "portraits", "01.jpg"))
	must(t, err)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"a.jpg", "b.jpg"} {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		must(t, err)
		_, err = f.Write(image)
		must(t, err)
	}
	must(t, z.Close())
	rows := many(t, 3)
	rows[1][16], rows[2][16], rows[3][16] = "a.jpg", "b.jpg", "c.jpg"
	w.batch("A")
	p, _, err := o.importFile("A", o.encrypt("r.csv.p7m", readAndRemove(t, w.writeCSV("clear", rows))), o.encrypt("photos.zip.p7m", b.Bytes()))
	must(t, err)
	if p.Accepted != 2 || p.Rejected != 1 {
		t.Errorf("%+v", p)
	}
	var in *cardprofile.InputError
	if _, err := o.files.Photos(ctx, o.encrypt("none.zip.p7m", []byte("no zip")), ""); !errors.As(err, &in) {
		t.Error(err)
	}
}

// Whatever is wrong with an encrypted file is said by its name, and takes nothing in.
func TestEncryptedFilesThatDoNotOpen(t *testing.T) {
	w := newWorld(t)
	o := newOffice(t, w)
	text := readAndRemove(t, w.writeCSV("clear", many(t, 400)))
	good, err := os.ReadFile(o.encrypt("good.csv.p7m", text))
	must(t, err)
	changed := bytes.Clone(good)
	changed[len(changed)-100] ^= 1 // behind many rows
	other, err := ecc.GenerateKey(ecc.P256(), nil)
	must(t, err)
	w.batch("A")
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"changed.csv.p7m": {changed, "damaged"}, "cut.csv.p7m": {good[:len(good)/2], "damaged"}, "clear.csv.p7m": {text, "no encrypted file"},
	} {
		_, _, err := o.importFile("A", w.write(name, c.b), "")
		var in *cardprofile.InputError
		if !errors.As(err, &in) || !strings.Contains(in.Problem, c.says) || in.Fix == "" || filepath.Base(in.File) != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	o.to.Key = other.PublicKey()
	if _, _, err := o.importFile("A", o.encrypt("theirs.csv.p7m", text), ""); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Error(err)
	}
	if _, err := w.importFile("A", w.write("x.csv.p7m", good), ""); err == nil || !strings.Contains(err.Error(), "no key") {
		t.Error(err)
	}
	if b, requests := w.read("A"); b.Records != 0 || len(requests) != 0 || len(b.FileDigest) != 0 {
		t.Errorf("%d rows were taken in", b.Records)
	}
}

// A file that changes while it is taken in is not mixed with what it was.
func TestFileChangesMeanwhile(t *testing.T) {
	w := newWorld(t)
	path := w.writeCSV("many.csv", many(t, 600))
	w.batch("A")
	src, err := intake.OpenFile(ctx, path, nil)
	must(t, err)
	photos, err := intake.OpenPhotos("", path)
	must(t, err)
	defer photos.Close()
	w.Importer.Progress = func(p intake.Progress) {
		if p.Done < 300 {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			must(t, err)
			_, err = f.WriteString("\n")
			must(t, err)
			must(t, f.Close())
		}
	}
	var in *cardprofile.InputError
	if p, err := w.Import(ctx, "A", w.profile, src, photos); !errors.As(err, &in) || !strings.Contains(in.Problem, "changed") || p.Done >= 600 {
		t.Errorf("%+v, %v", p, err)
	}
}

// Zips whose directory is a bomb, or says less than it has, are refused before they are
// read.
func TestZipDirectories(t *testing.T) {
	w := newWorld(t)
	bomb := func(entries int, said uint16) []byte {
		var b bytes.Buffer
		for i := range entries {
			head := make([]byte, 46)
			copy(head, "PK\x01\x02")
			binary.LittleEndian.PutUint16(head[28:], 4)
			b.Write(head)
			_ = binary.Write(&b, binary.BigEndian, uint32(i))
		}
		end := make([]byte, 22)
		copy(end, "PK\x05\x06")
		binary.LittleEndian.PutUint16(end[8:], said)
		binary.LittleEndian.PutUint16(end[10:], said)
		binary.LittleEndian.PutUint32(end[12:], uint32(b.Len()))
		b.Write(end)
		return b.Bytes()
	}
	var in *cardprofile.InputError
	for name, b := range map[string][]byte{"photos.zip": bomb(600_000, 600_000%65536), "lies.zip": bomb(600_000, 1), "short.zip": []byte("PK\x05\x06"), "b.zip": nil} {
		if p, err := intake.OpenPhotos(w.write(name, b), ""); !errors.As(err, &in) || in.Fix == "" {
			t.Errorf("%s: %v", name, err)
			_ = p.Close()
		}
	}
	if _, err := intake.OpenFile(ctx, w.write("x.xlsx", bomb(3000, 1)), nil); !errors.As(err, &in) || !strings.Contains(in.Problem, "parts") {
		t.Error(err)
	}
}
