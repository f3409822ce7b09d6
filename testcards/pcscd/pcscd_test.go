package pcscd_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/testcards/pcscd"
)

// tinyCard answers every command with 9000.
type tinyCard struct{ atr []byte }

func (c tinyCard) Transmit(context.Context, []byte) ([]byte, error) {
	return apdu.Response{SW: apdu.OK}.Encode(), nil
}
func (c tinyCard) Reset(context.Context) ([]byte, error) { return c.atr, nil }

// TestStockToolSeesCard: a program that knows nothing of us finds reader and
// card.
func TestStockToolSeesCard(t *testing.T) {
	d := pcscd.Test(t, 3)
	tool, err := exec.LookPath("opensc-tool")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("opensc-tool is missing; install the Debian package opensc")
		}
		t.Skip("opensc-tool is missing; install the Debian package opensc")
	}
	r := d.Readers()[2]
	if err := r.Insert(tinyCard{[]byte{0x3B, 0x84, 0x80, 0x01, 0x63, 0x68, 0x69, 0x70, 0x17}}); err != nil {
		t.Fatal(err)
	}
	if err := r.Connected(t.Context()); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), tool, args...)
		cmd.Env = append(os.Environ(), d.Env())
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	list, err := run("--list-readers")
	if err != nil {
		t.Errorf("opensc-tool --list-readers: %v", err)
	}
	for _, r := range d.Readers() {
		if !strings.Contains(list, r.Name) {
			t.Errorf("opensc-tool does not list %q:\n%s", r.Name, list)
		}
	}
	// The reader looks for a card every 0.4 s.
	var said string
	for deadline := time.Now().Add(3 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if said, err = run("--reader", r.Name, "--atr"); err == nil {
			break
		}
	}
	if !strings.Contains(said, "3b:84:80:01:63:68:69:70:17") {
		t.Errorf("opensc-tool sees as ATR: %v\n%s", err, said)
	}
}
