package pcscd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/testcards/pcscd"
)

// TestMain lets the test binary be the process that a test kills.
func TestMain(m *testing.M) {
	if os.Getenv("PCSCD_TEST_CHILD") == "1" {
		child()
		return
	}
	os.Exit(m.Run())
}

// child starts a daemon, says where, and waits for its end.
func child() {
	d, err := pcscd.Start(context.Background(), pcscd.Options{Readers: 2})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("socket", d.Socket())
	select {}
}

func answers(socket string) bool {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Errorf("not within five seconds: %s", what)
}

func TestLife(t *testing.T) {
	d := pcscd.Test(t, 1)
	if !answers(d.Socket()) {
		t.Fatal("nobody at the socket")
	}
	if err := d.Kill(); err != nil {
		t.Error(err)
	}
	if answers(d.Socket()) {
		t.Error("killed and alive")
	}
	if err := d.Kill(); err == nil {
		t.Error("killed twice")
	}
	for range 2 { // from the dead, and while it runs
		if err := d.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !answers(d.Socket()) {
			t.Error("restarted and dead")
		}
	}
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
	if err := d.Stop(); err != nil {
		t.Errorf("stopped twice: %v", err)
	}
	if err := d.Restart(t.Context()); err == nil {
		t.Error("restarted after Stop")
	}
	dir := filepath.Dir(filepath.Dir(d.Socket()))
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left behind: %v", dir, err)
	}
	// libpcsclite knows one socket: the next daemon has the same.
	next := pcscd.Test(t, 1)
	if next.Socket() != d.Socket() {
		t.Errorf("socket %s, then %s", d.Socket(), next.Socket())
	}
	// One that runs at the same time has not.
	other, err := pcscd.Start(t.Context(), pcscd.Options{Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Stop()
	if other.Socket() == next.Socket() {
		t.Error("two daemons at one socket")
	}
	if err := other.Use(); err != nil {
		// The process may or may not have used PC/SC by now.
		t.Logf("second daemon: %v", err)
	}
}

// TestContextEnds is what an interrupted demonstration relies on.
func TestContextEnds(t *testing.T) {
	pcscd.Test(t, 1) // is everything there?
	ctx, cancel := context.WithCancel(t.Context())
	d, err := pcscd.Start(ctx, pcscd.Options{Readers: pcscd.MaxReaders})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	dir := filepath.Dir(filepath.Dir(d.Socket()))
	eventually(t, "the files are removed", func() bool {
		_, err := os.Stat(dir)
		return errors.Is(err, os.ErrNotExist)
	})
}

// TestDiesWithParent: a killed parent takes the daemon with it, also where it
// runs in a user namespace.
func TestDiesWithParent(t *testing.T) {
	pcscd.Test(t, 1) // is everything there?
	for name, credential := range map[string]*syscall.Credential{
		"as we are": nil,
		"as nobody": {Uid: 65534, Gid: 65534},
	} {
		t.Run(name, func(t *testing.T) {
			if credential != nil && os.Geteuid() != 0 {
				t.Skip("only root can become nobody; the other part has been run without root")
			}
			cmd := exec.CommandContext(t.Context(), executable(t, credential != nil))
			cmd.Env = append(os.Environ(), "PCSCD_TEST_CHILD=1", "TMPDIR=/tmp")
			cmd.Dir = "/"
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, _ := bufio.NewReader(out).ReadString('\n')
			socket, ok := strings.CutPrefix(strings.TrimSpace(line), "socket ")
			if !ok {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				if strings.Contains(line, pcscd.ErrUnavailable.Error()) && os.Getenv("CI") != "true" {
					t.Skipf("no user namespaces here: %s", line)
				}
				t.Fatalf("child says %q", line)
			}
			defer os.RemoveAll(filepath.Dir(filepath.Dir(socket)))
			if !answers(socket) {
				t.Error("nobody at the socket")
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			eventually(t, "the daemon is dead", func() bool { return !answers(socket) })
		})
	}
}

// executable is the test binary, or a copy that everybody may run.
func executable(t *testing.T, public bool) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if !public {
		return self
	}
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "chipid-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "child")
	if err := os.WriteFile(path, b, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOptions(t *testing.T) {
	for _, n := range []int{-1, 0, pcscd.MaxReaders + 1} {
		if _, err := pcscd.Start(t.Context(), pcscd.Options{Readers: n}); err == nil {
			t.Errorf("%d readers: no error", n)
		}
	}
}

// fakeTB notes what Test does where a part is missing.
type fakeTB struct{ said string }

func (*fakeTB) Helper()                    {}
func (*fakeTB) Cleanup(func())             {}
func (f *fakeTB) Skipf(s string, a ...any) { f.said = "skip: " + fmt.Sprintf(s, a...) }
func (f *fakeTB) Fatalf(s string, a ...any) {
	if f.said == "" { // a real one does not return
		f.said = "fatal: " + fmt.Sprintf(s, a...)
	}
}

// TestMissing: the message names the package; in CI it is a failure.
func TestMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := pcscd.Start(t.Context(), pcscd.Options{Readers: 1})
	if err == nil {
		t.Skip("pcscd is found without PATH here")
	}
	if !errors.Is(err, pcscd.ErrUnavailable) || !strings.Contains(err.Error(), "install the Debian package") {
		t.Errorf("error %v", err)
	}
	for ci, want := range map[string]string{"": "skip: ", "true": "fatal: "} {
		t.Setenv("CI", ci)
		f := &fakeTB{}
		pcscd.Test(f, 1)
		if !strings.HasPrefix(f.said, want) {
			t.Errorf("with CI=%q: %q", ci, f.said)
		}
	}
}
