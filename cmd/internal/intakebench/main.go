package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/pkcs11"
	"github.com/chipid-toolkit/chipid/printer/line/intake"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

func main() {
	rows := flag.Int("rows", 100_000, "rows of the batch")
	small := flag.Bool("small", false, "the smallest portraits that are allowed: what is left is nearly everything but decoding them")
	child := flag.String("import", "", "import the batch that lies in this folder (used by the program itself)")
	profile := flag.String("cpuprofile", "", "file for a processor profile of the import")
	flag.Parse()
	var err error
	if *child != "" {
		err = importing(context.Background(), *child, *profile)
	} else {
		err = measure(context.Background(), *rows, *small, *profile)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "intakebench:", err)
		os.Exit(1)
	}
}

const (
	tokenLabel = "bench"
	batchName  = "bench"
	batchFile  = "batch.csv"
)

// pin is that of a token which lives as long as the measurement.
func pin() mac.Key { return mac.NewKey([]byte("87654321")) }

// result is what the importing process says.
type result struct {
	Survey, Import time.Duration
	Progress       intake.Progress
}

func measure(ctx context.Context, rows int, small bool, profile string) (err error) {
	dir, err := os.MkdirTemp("", "chipid-intakebench-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := people.Write(dir); err != nil {
		return err
	}
	if small {
		if err := shrink(filepath.Join(dir, "portraits")); err != nil {
			return err
		}
	}
	if err := write(filepath.Join(dir, batchFile), rows); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "-import", dir, "-cpuprofile", profile)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return err
	}
	var r result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return err
	}
	if r.Progress.Done != int64(rows) || r.Progress.Accepted+r.Progress.Rejected != r.Progress.Done {
		return fmt.Errorf("%d rows = %d accepted + %d rejected of %d", r.Progress.Done, r.Progress.Accepted, r.Progress.Rejected, rows)
	}
	perSecond := float64(rows) / r.Import.Seconds()
	fmt.Printf("batch import: %d rows = %d accepted + %d rejected, read through in %.1f s, taken in in %.1f s: %.0f records/s\n",
		rows, r.Progress.Accepted, r.Progress.Rejected, r.Survey.Seconds(), r.Import.Seconds(), perSecond)
	fmt.Printf("figure batch.import %.0f records/s\n", perSecond)
	peak, known := peakMemory(cmd.ProcessState)
	if !known {
		return nil
	}
	fmt.Printf("figure batch.import.memory %.1f MB\n", float64(peak)/1e6)
	return nil
}

// pinSource gives it.
type pinSource struct{}

func (pinSource) PIN(context.Context) (mac.Key, error) { return pin(), nil }
func (pinSource) String() string                       { return "bench" }

// write makes a batch of a million people at most that differ in their numbers; every thousandth row is
// wrong.
func write(path string, rows int) (err error) {
	table, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(people.CSV(), []byte("\xEF\xBB\xBF")))).ReadAll()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buffer := bufio.NewWriterSize(f, 1<<20)
	w := csv.NewWriter(buffer)
	if err := w.Write(table[0]); err != nil {
		return err
	}
	good, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), "people")
	if err != nil {
		return err
	}
	for i := range rows {
		row := append([]string(nil), table[good.Accepted[i%len(good.Accepted)].Line-1]...)
		// The first six digits say province, century, sex and year; the rest is free.
		row[0] = row[0][:6] + fmt.Sprintf("%06d", i%1_000_000)
		if i%1000 == 999 {
			row[2] = "31/02/1990"
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return errors.Join(w.Error(), buffer.Flush())
}

// shrink puts the smallest pictures that are allowed in the place of portraits.
func shrink(dir string) error {
	img := image.NewGray(image.Rect(0, 0, 240, 320))
	for i := range img.Pix[:240*40] {
		img.Pix[i] = byte(i * i >> 3)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jpg"))
	for _, path := range files {
		err = errors.Join(err, os.WriteFile(path, b.Bytes(), 0o600))
	}
	return err
}

// importing is the process that is measured.
func importing(ctx context.Context, dir, profile string) error {
	label := tokenLabel
	module, err := pkcs11.InitToken(ctx, pkcs11.TokenSetup{Dir: filepath.Join(dir, "token"), Label: label, SOPIN: pin(), UserPIN: pin()})
	if err != nil {
		return err
	}
	ring, err := pkcs11.Open(ctx, pkcs11.Config{Module: module, Token: label, PIN: pinSource{}})
	if err != nil {
		return err
	}
	defer ring.Close()
	st, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "line.db"), store.Options{})
	if err != nil {
		return err
	}
	defer st.Close()
	im := &intake.Importer{Store: st, Keys: ring, Today: cardprofile.DateOf(time.Now()), Lang: "en"}
	if im.Queue, err = queue.Open(ctx, st, queue.Config{Process: "bench"}); err != nil {
		return err
	}
	if im.Seal, err = ring.GenerateSecret(ctx, hsm.SecretSpec{Label: "seal", Use: hsm.UseSeal, Bits: 256}); err != nil {
		return err
	}
	if im.Digest, err = ring.GenerateSecret(ctx, hsm.SecretSpec{Label: "digest", Use: hsm.UseDigest, Bits: 256}); err != nil {
		return err
	}
	p, err := cardprofile.Load("vn-cccd-2021")
	if err != nil {
		return err
	}
	if _, err := im.NewBatch(ctx, store.Batch{Name: batchName, Profile: p.ID}); err != nil {
		return err
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	return run(ctx, im, p, filepath.Join(dir, batchFile), os.Stdout)
}

func run(ctx context.Context, im *intake.Importer, p *cardprofile.Profile, path string, out io.Writer) error {
	begun := time.Now()
	src, err := intake.OpenFile(ctx, path, nil)
	if err != nil {
		return err
	}
	r := result{Survey: time.Since(begun)}
	photos, err := intake.OpenPhotos("", path)
	if err != nil {
		return err
	}
	defer photos.Close()
	begun = time.Now()
	r.Progress, err = im.Import(ctx, batchName, p, src, photos)
	r.Import = time.Since(begun)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}
