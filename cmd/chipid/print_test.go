package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/face"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

// printCommand runs the command and gives its exit status and what it wrote.
func printCommand(args ...string) (status int, stdout, stderr string) {
	var out, talk bytes.Buffer
	e := &env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &talk, Lang: "en"}
	status = run(context.Background(), e, append([]string{"print"}, args...))
	return status, out.String(), talk.String()
}

// someone writes the record and the portrait of a synthetic person, changed as
// asked, and gives the record's file.
func someone(t *testing.T, change func(*citizen.Record)) string {
	t.Helper()
	b, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), people.CSVName)
	if err != nil {
		t.Fatal(err)
	}
	r := b.Accepted[0]
	portrait, err := fs.ReadFile(people.FS(), r.Portrait)
	if err != nil {
		t.Fatal(err)
	}
	r.Portrait = "portrait.jpg"
	change(&r)
	record, err := json.Marshal(r.Fields())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "citizen.json")
	for name, b := range map[string][]byte{file: record, filepath.Join(dir, "portrait.jpg"): portrait, filepath.Join(dir, "broken.jpg"): []byte("no picture")} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func asIs(*citizen.Record) {}

func TestPrintPreview(t *testing.T) {
	out := filepath.Join(t.TempDir(), "preview")
	status, stdout, stderr := printCommand("preview", "--record", someone(t, asIs), "--out", out, "--json")
	if status != 0 || stderr != "" {
		t.Fatalf("status %d: %s", status, stderr)
	}
	var result struct {
		Schema string   `json:"schema"`
		DPI    int      `json:"dpi"`
		Files  []string `json:"files"`
	}
	if err := json.Unmarshal([]byte(stdout), &result); err != nil || result.Schema != "chipid.print/1" || result.DPI != 300 || len(result.Files) != 3 {
		t.Fatalf("%s: %v", stdout, err)
	}
	for _, name := range result.Files {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 || info.Size() < 1000 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".pdf") {
			if !bytes.HasPrefix(b, []byte("%PDF-")) {
				t.Errorf("%s is no PDF", name)
			}
		} else if c, err := png.DecodeConfig(bytes.NewReader(b)); err != nil || c.Width != 1011 || c.Height != 638 {
			t.Errorf("%s is %d × %d: %v", name, c.Width, c.Height, err)
		}
	}
}

func TestPrintSendToFiles(t *testing.T) {
	record, spool := someone(t, asIs), filepath.Join(t.TempDir(), "spool")
	for i := 1; i <= 2; i++ {
		status, stdout, stderr := printCommand("send", "--record", record, "--printer", "files:"+spool)
		if status != 0 || !strings.Contains(stdout, "one card printed") {
			t.Fatalf("status %d: %s%s", status, stdout, stderr)
		}
	}
	for _, name := range []string{"0001-front.png", "0001-back.png", "sheet-0001.pdf", "0002-front.png", "sheet-0002.pdf"} {
		if _, err := os.Stat(filepath.Join(spool, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestPrintExitStatuses(t *testing.T) {
	good := someone(t, asIs)
	out := t.TempDir()
	blocked := filepath.Join(out, "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	long := someone(t, func(r *citizen.Record) { r.PlaceOfOrigin = strings.Repeat("Đường rất dài ", 20) })
	dense := someone(t, func(r *citizen.Record) { r.Residence = strings.Repeat("Đường rất dài ", 20) })
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"no record named":     {[]string{"preview"}, exitUsage, "--record"},
		"no such record":      {[]string{"preview", "--record", "nowhere.json"}, exitUsage, "nowhere.json"},
		"no such profile":     {[]string{"preview", "--record", good, "--profile", "mars"}, exitUsage, "mars"},
		"a profile unprinted": {[]string{"preview", "--record", good, "--profile", "icao-td3"}, exitUsage, "no layout"},
		"a resolution":        {[]string{"preview", "--record", good, "--dpi", "72"}, exitUsage, "--dpi"},
		"a folder in the way": {[]string{"preview", "--record", good, "--out", blocked}, exitUsage, "--out"},
		"an address too long": {[]string{"preview", "--record", long, "--out", out}, exitUsage, "place_of_origin: the text does not fit"},
		"too much for the QR": {[]string{"preview", "--record", dense, "--out", out}, exitUsage, "QR code"},
		"no portrait there":   {[]string{"preview", "--record", someone(t, func(r *citizen.Record) { r.Portrait = "gone.jpg" })}, exitUsage, "portrait"},
		"a broken portrait":   {[]string{"preview", "--record", someone(t, func(r *citizen.Record) { r.Portrait = "broken.jpg" })}, exitUsage, "portrait: "},
		"no printer named":    {[]string{"send", "--record", good}, exitUsage, "--printer"},
		"no such printer":     {[]string{"send", "--record", good, "--printer", "laser:1"}, exitUsage, "no such driver"},
		"printer offline":     {[]string{"send", "--record", good, "--printer", "files:" + blocked}, exitPrinter, "offline"},
		"hopper empty":        {[]string{"send", "--record", good, "--printer", "virtual:hopper=0"}, exitPrinter, "hopper"},
		"too many arguments":  {[]string{"preview", "x"}, exitUsage, ""},
	} {
		status, stdout, stderr := printCommand(c.args...)
		if status != c.status || !strings.Contains(stderr, c.says) {
			t.Errorf("%s: status %d, want %d: %s", name, status, c.status, stderr)
		}
		if stdout != "" || strings.Contains(stderr, "001090990001") || strings.Contains(stderr, "Đường") {
			t.Errorf("%s: prints %q and %q", name, stdout, stderr)
		}
	}
}

// Whatever breaks and whenever: no card is delivered that is not whole, and none
// is left inside.
func TestPrintCardRejectsWhatFails(t *testing.T) {
	record := someone(t, asIs)
	job := printJob{profile: "vn-cccd-2021", record: record, dpi: face.DefaultDPI}
	f, err := job.faces(&env{Stderr: io.Discard, Lang: "en"})
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range []printer.Fault{
		{Op: printer.OpPrint, Err: printer.ErrRibbon}, {Op: printer.OpPrint, After: 1, Err: printer.ErrJam, Late: true},
		{Op: printer.OpFlip, Err: printer.ErrJam}, {Op: printer.OpEject, Err: printer.ErrBinFull}, {Op: printer.OpFlip, Err: printer.ErrLayer},
	} {
		v := printer.NewVirtual()
		v.Break(fault)
		if err := printCard(context.Background(), v, f); !errors.Is(err, fault.Err) {
			t.Errorf("%s: %v", fault.Op, err)
		}
		good, bad := v.Bins()
		if len(good) != 0 || len(bad) != 1 {
			t.Errorf("%s: %d delivered, %d rejected", fault.Op, len(good), len(bad))
		}
		if err := v.Close(); err != nil {
			t.Errorf("%s: %v", fault.Op, err)
		}
	}
}
