package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/hsm"
)

func TestWrongCommandLines(t *testing.T) {
	file := pkitest.WriteFile(t, t.TempDir(), "file", []byte("x"))
	for line, text := range map[string]string{
		"file verify x":                                      `"trust" not set`,
		"card inspect --can 123456":                          `"trust" not set`,
		"card issue":                                         `"profile"`,
		"card read --can 1 --mrz 2":                          "[can mrz qr]",
		"card read --pin 1234 --mrz 2":                       "[pin mrz qr]",
		"card read --pin - --can -":                          "both be read from stdin",
		"card read --pin 12":                                 "--pin: ",
		"card read":                                          "--pin is needed",
		"keys nothing --module x":                            `no verb "nothing" in "chipid keys"`,
		"nothing --such":                                     `no verb "nothing" in "chipid"`,
		"--such":                                             "unknown flag",
		"trust list --store " + file:                         "no trust store",
		"card read --can 123456 --out " + file:               "--out",
		"demo --embedded --out " + file:                      "--out",
		"keys import-secret --label x " + file:               "holds no AES key",
		"keys import-secret --label x -":                     "--pin-source",
		"emulate --master " + file:                           "holds no AES key",
		"card inspect --can 123456 --trust t --out " + file:  "",
		"file show " + filepath.Join(file, "EF.DG1.bin"):     "",
		"file verify " + file + " --trust " + file:           "no trust store",
		"card issue --profile x --record y --keys z --bad 1": "unknown flag",
	} {
		t.Run(line, func(t *testing.T) {
			chipidRun(t, "", strings.Fields(line)...).expect(t, exitUsage, text)
		})
	}
}

// TestLostOutput: a verdict that nobody could read is not a success.
func TestLostOutput(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "trust")
	if _, err := pki.Create(dir, true); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"trust", "list", "--store", dir, "--json"}, {"--help"}, {"file", "show", pkitest.WriteFile(t, t.TempDir(), "x", []byte{0x5F, 0x50, 1, 0x41})}} {
		var talk bytes.Buffer
		status := run(context.Background(), &env{Stdin: strings.NewReader(""), Stdout: full{}, Stderr: &talk, Lang: "en"}, args)
		if status == exitOK || !strings.Contains(talk.String(), "no space") {
			t.Errorf("%v: status %d: %s", args, status, talk.String())
		}
	}
}

// full is a disk that is.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	in, _ := io.Pipe() // nobody ever writes
	var out, talk bytes.Buffer
	done := make(chan int)
	go func() {
		done <- run(ctx, &env{Stdin: in, Stdout: &out, Stderr: &talk, Lang: "en"}, []string{"card", "read", "--can", "-"})
	}()
	cancel()
	if status := <-done; status != exitFault || !strings.Contains(talk.String(), "interrupted") {
		t.Fatalf("status %d: %s", status, talk.String())
	}
	// Whatever the signal hits first, the token or a reader, it is the same.
	for _, args := range [][]string{{"demo", "--out", filepath.Join(t.TempDir(), "out")}, {"demo", "--embedded", "--out", filepath.Join(t.TempDir(), "out")}} {
		talk.Reset()
		status := run(ctx, &env{Stdin: in, Stdout: &out, Stderr: &talk, Lang: "en"}, args)
		if status != exitFault || !strings.Contains(talk.String(), "interrupted") || strings.Contains(talk.String(), "Without pcscd") {
			t.Errorf("%v: status %d: %s", args, status, talk.String())
		}
	}
}

// TestProgressWithoutATerminal: a log gets a line a file, not a line an exchange.
func TestProgressWithoutATerminal(t *testing.T) {
	var talk bytes.Buffer
	p := newProgress(&env{Stderr: &talk, Lang: "en"})
	for _, done := range []int{100, 200, 250} {
		p.bytes("EF.DG2", done, 250)
	}
	p.close()
	if talk.String() != "EF.DG2: 250\n" {
		t.Fatalf("%q", talk.String())
	}
}

// TestHelp: every verb says how it ends and shows an example.
func TestHelp(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			if sub.Name() == "help" || sub.Name() == "completion" {
				continue
			}
			if !strings.Contains(sub.Long, "Exit statuses:") {
				t.Errorf("%s: no exit statuses", sub.CommandPath())
			}
			if sub.Example == "" && !strings.Contains(sub.Long, "Example:") {
				t.Errorf("%s: no example", sub.CommandPath())
			}
			walk(sub)
		}
	}
	walk(newRootCmd(&env{Stdout: io.Discard, Stderr: io.Discard}))
}

func TestKeysImportSecret(t *testing.T) {
	k := newKeysRun(t)
	const key = "404142434445464748494a4b4c4d4e4f"
	file := pkitest.WriteFile(t, t.TempDir(), "transport.hex", []byte(key+"\n"))
	for _, c := range []struct{ label, from, stdin string }{{"one", file, ""}, {"two", "-", key + "\nand more\n"}} {
		status, out, talk := k.run(c.stdin, k.on("import-secret", "--label", c.label, c.from)...)
		if status != exitOK || talk != "" || !strings.HasPrefix(out, "pkcs11:") || !strings.Contains(out, "object="+c.label) {
			t.Fatalf("%s: %d, %q, %q", c.from, status, out, talk)
		}
	}
	if status, _, talk := k.run("", k.on("import-secret", "--label", "one", file)...); status != exitHSM || !strings.Contains(talk, "exists") {
		t.Errorf("a second time: %d, %q", status, talk)
	}
	if status, out, _ := k.run("", k.on("list")...); status != exitOK || strings.Count(out, "came from outside") != 2 || strings.Contains(out, key) {
		t.Errorf("list: %d, %s", status, out)
	}
	if status, _, talk := k.run("40414243\n", k.on("import-secret", "--label", "three", "-")...); status != exitUsage || strings.Contains(talk, "4041") {
		t.Errorf("too short: %d, %q", status, talk)
	}
}

// TestVerifyWrongFile: what never was an EF.SOD is the wrong file, and says so; a
// damaged one is judged.
func TestVerifyWrongFile(t *testing.T) {
	dir := t.TempDir()
	trust := filepath.Join(dir, "trust")
	if _, err := pki.Create(trust, true); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content []byte
		status  int
		text    string
	}{
		"empty":               {nil, exitUsage, "is empty"},
		"text":                {[]byte("not an EF.SOD at all"), exitUsage, "name an EF.SOD"},
		"EF.DG1":              {[]byte{0x61, 0x02, 0x5F, 0x1F}, exitUsage, "EF.DG1"},
		"a sequence, not CMS": {[]byte{0x30, 0x03, 0x02, 0x01, 0x00}, exitUsage, "is not an EF.SOD"},
		"damaged":             {[]byte{0x77, 0x03, 0x02, 0x01, 0x00}, exitFailed, ""},
		"cut short":           {[]byte{0x77, 0x82, 0x04, 0x00, 0x30}, exitFailed, ""},
	} {
		file := pkitest.WriteFile(t, dir, name, c.content)
		chipidRun(t, "", "file", "verify", file, "--trust", trust).expect(t, c.status, c.text)
	}
	empty := filepath.Join(dir, "none")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	chipidRun(t, "", "file", "verify", empty, "--trust", trust).expect(t, exitUsage, "holds no file of a chip")
}

// TestBrokenOff: an inspection that was not carried through ends as its verdict
// says, unless there is a status for the reason.
func TestBrokenOff(t *testing.T) {
	open, failed := &inspect.Verdict{Outcome: inspect.ResultInconclusive}, &inspect.Verdict{Outcome: inspect.ResultFailed}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx    context.Context
		v      *inspect.Verdict
		err    error
		status int
	}{
		{t.Context(), open, nil, exitOK},
		{t.Context(), open, sm.ErrMAC, exitInconclusive},
		{t.Context(), open, inspect.ErrNoApplication, exitInconclusive},
		{t.Context(), open, inspect.ErrUnsupported, exitInconclusive},
		{t.Context(), failed, inspect.ErrDowngrade, exitFailed},
		{t.Context(), open, inspect.ErrNeedMRZ, exitUsage},
		{t.Context(), open, pace.ErrDenied, exitDenied},
		{t.Context(), open, apdu.ErrCardGone, exitNoCard},
		{t.Context(), open, apdu.ErrTimeout, exitNoCard},
		{t.Context(), &inspect.Verdict{Outcome: inspect.ResultPassed}, sm.ErrMAC, exitFault},
		{ended, open, context.Canceled, exitFault},
	} {
		if got := exitStatus(brokenOff(c.ctx, c.v, c.err)); got != c.status {
			t.Errorf("%s, %v: %d, want %d", c.v.Outcome, c.err, got, c.status)
		}
	}
}

func TestPrepareOut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := prepareOut(dir); err != nil {
		t.Fatal(err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 0 {
		t.Errorf("left %v, %v", names, err)
	}
	if err := prepareOut(filepath.Join(pkitest.WriteFile(t, dir, "file", nil), "x")); exitStatus(err) != exitUsage {
		t.Errorf("got %v", err)
	}
}

func TestExitStatusOfWrongKeys(t *testing.T) {
	for err, status := range map[error]int{hsm.ErrKeyNotFound: exitHSM, issue.ErrAuthority: exitUsage, applet.ErrKeys: exitDenied} {
		if got := exitStatus(err); got != status {
			t.Errorf("%v: %d", err, got)
		}
	}
}
