package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
)

// A record that cannot be issued cannot be drawn or printed either, for the same
// reason in the same words.
func TestPrintAndIssueAskTheSameRules(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*citizen.Record)
		field  string
	}{
		"a digit in the name":  {func(r *citizen.Record) { r.FullName = "Nguyễn 4 Mẫu" }, "full_name"},
		"a number of 11":       {func(r *citizen.Record) { r.Number = r.Number[:11] }, "number"},
		"born tomorrow":        {func(r *citizen.Record) { r.DateOfBirth = cardprofile.Date{Year: 2099, Month: 1, Day: 1} }, "date_of_birth"},
		"an expiry of its own": {func(r *citizen.Record) { r.DateOfExpiry = cardprofile.Date{Year: 2050, Month: 1, Day: 1} }, "date_of_expiry"},
		"a broken portrait":    {func(r *citizen.Record) { r.Portrait = "broken.jpg" }, "portrait"},
	} {
		file := someone(t, c.change)
		var said []string
		for _, args := range [][]string{
			{"print", "preview", "--record", file, "--out", filepath.Join(t.TempDir(), "out")},
			{"print", "send", "--record", file, "--printer", "virtual:hopper=1"},
			{"card", "issue", "--profile", "vn-cccd-2021", "--record", file, "--keys", "none.yaml"},
		} {
			for _, lang := range []string{"en", "vi"} {
				var out, talk bytes.Buffer
				status := run(context.Background(), &env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &talk, Lang: lang}, args)
				if status != exitUsage || out.Len() > 0 {
					t.Errorf("%s: %v: status %d: %s", name, args[:2], status, talk.String())
				}
				said = append(said, talk.String())
			}
		}
		for i, s := range said {
			if s != said[i%2] || !strings.Contains(s, file+":1: "+c.field+": ") || !strings.Contains(s, "; ") {
				t.Errorf("%s: %s", name, s)
			}
		}
	}
	if _, err := os.Stat("none.yaml"); err == nil {
		t.Fatal("the keys file of this test must not be there")
	}
}
