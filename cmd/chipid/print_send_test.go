package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// printAnswering runs the command with a person at the terminal.
func printAnswering(answers, lang string, args ...string) (status int, stdout, stderr string) {
	var out, talk bytes.Buffer
	e := &env{Stdin: strings.NewReader(answers), Stdout: &out, Stderr: &talk, Lang: lang}
	status = run(context.Background(), e, append([]string{"print"}, args...))
	return status, out.String(), talk.String()
}

// At a desktop station the person at the terminal carries the card, and every
// step is asked in their language.
func TestPrintSendByHand(t *testing.T) {
	record, dir := someone(t, asIs), filepath.Join(t.TempDir(), "desk")
	status, stdout, stderr := printAnswering(strings.Repeat("\n", 6), "vi", "send", "--record", record, "--printer", "manual:"+dir)
	if status != exitOK || !strings.Contains(stderr, "lấy một phôi thẻ từ kho") || strings.Count(stderr, "Nhấn Enter khi xong") != 6 {
		t.Fatalf("status %d: %s%s", status, stdout, stderr)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.png")); err != nil || len(left) != 0 {
		t.Errorf("faces stay behind: %v", left)
	}
	// Nobody answers: no card is fed, and the station is free again.
	if status, _, stderr := printAnswering("", "en", "send", "--record", record, "--printer", "manual:"+filepath.Join(t.TempDir(), "desk")); status != exitPrinter || !strings.Contains(stderr, "a person is needed") {
		t.Errorf("status %d: %s", status, stderr)
	}
	// The person cannot print: the card goes into the locked bin.
	status, _, stderr = printAnswering("\n\nx\n\n", "en", "send", "--record", record, "--printer", "manual:"+filepath.Join(t.TempDir(), "desk"))
	if status != exitPrinter || !strings.Contains(stderr, "locked bin") {
		t.Errorf("status %d: %s", status, stderr)
	}
}

func TestPrintDryRun(t *testing.T) {
	record, spool := someone(t, asIs), filepath.Join(t.TempDir(), "spool")
	status, stdout, stderr := printCommand("send", "--record", record, "--printer", "files:"+spool, "--dry-run", "--json")
	var result struct {
		Schema string `json:"schema"`
		DryRun bool   `json:"dry_run"`
		DPI    int    `json:"dpi"`
	}
	if err := json.Unmarshal([]byte(stdout), &result); status != exitOK || err != nil || !result.DryRun || result.Schema != "chipid.print/1" || result.DPI != 300 {
		t.Fatalf("status %d: %s%s", status, stdout, stderr)
	}
	if entries, err := os.ReadDir(spool); err != nil || len(entries) != 0 {
		t.Errorf("a dry run left %v", entries)
	}
}

// Nobody listens on port 1.
func TestPrintersThatAreAway(t *testing.T) {
	record := someone(t, asIs)
	const away = "ipp://127.0.0.1:1/ipp/print"
	for name, c := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"send":                  {[]string{"send", "--record", record, "--printer", away}, exitPrinter, "offline"},
		"dry run":               {[]string{"send", "--record", record, "--printer", away, "--dry-run"}, exitPrinter, "offline"},
		"status":                {[]string{"status", "--printer", away}, exitPrinter, "offline"},
		"status of none":        {[]string{"status"}, exitUsage, "--printer"},
		"password in address":   {[]string{"status", "--printer", "ipps://line:sesame@printer.example/"}, exitUsage, "password"},
		"password in the clear": {[]string{"status", "--printer", "ipp://printer.example/", "--printer-user", "line", "--printer-password", "file:x"}, exitUsage, "TLS"},
		"no such certificate":   {[]string{"status", "--printer", "ipps://printer.example/", "--printer-ca", "nowhere.pem"}, exitUsage, "nowhere.pem"},
	} {
		status, stdout, stderr := printCommand(c.args...)
		if status != c.status || !strings.Contains(stderr, c.says) || strings.Contains(stderr, "sesame") || stdout != "" {
			t.Errorf("%s: status %d, want %d: %s%s", name, status, c.status, stdout, stderr)
		}
	}
}

func TestPrintStatus(t *testing.T) {
	status, stdout, stderr := printCommand("status", "--printer", "virtual:", "--json")
	var result struct {
		Schema       string   `json:"schema"`
		Stations     []string `json:"chip_stations"`
		Capabilities struct {
			Flip bool `json:"flip"`
		} `json:"capabilities"`
	}
	if err := json.Unmarshal([]byte(stdout), &result); status != exitOK || err != nil || result.Schema != "chipid.printer/1" || !result.Capabilities.Flip || len(result.Stations) != 2 {
		t.Errorf("status %d: %s%s", status, stdout, stderr)
	}
	if status, stdout, _ := printAnswering("", "vi", "status", "--printer", "virtual:"); status != exitOK || !strings.Contains(stdout, "lật thẻ") {
		t.Errorf("status %d: %s", status, stdout)
	}
}
