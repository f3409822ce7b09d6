package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/testcards/pcscd"
)

// talkBuffer is written by the verb and read by the test meanwhile.
type talkBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *talkBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *talkBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// emulation is "chipid emulate" under way.
type emulation struct {
	out, talk talkBuffer
	stop      context.CancelFunc
	status    chan int
}

func startEmulate(t *testing.T, args ...string) *emulation {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	e := &emulation{stop: stop, status: make(chan int, 1)}
	go func() {
		e.status <- run(ctx, &env{Stdin: strings.NewReader(""), Stdout: &e.out, Stderr: &e.talk, Lang: "en"}, append([]string{"emulate"}, args...))
	}()
	t.Cleanup(stop)
	return e
}

// end interrupts it and gives its exit status.
func (e *emulation) end(t *testing.T) int {
	t.Helper()
	e.stop()
	return e.wait(t)
}

func (e *emulation) wait(t *testing.T) int {
	t.Helper()
	select {
	case s := <-e.status:
		return s
	case <-time.After(10 * time.Second):
		t.Fatal("emulate does not end")
		return -1
	}
}

// driver is the virtual reader driver's end of the wire.
type driver struct{ net.Listener }

func newDriver(t *testing.T) driver {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return driver{l}
}

func (d driver) card(t *testing.T) net.Conn {
	t.Helper()
	if err := d.Listener.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	conn, err := d.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

func tell(t *testing.T, conn net.Conn, message string) {
	t.Helper()
	b, err := hex.DecodeString(message)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, conn net.Conn, message string) string {
	t.Helper()
	tell(t, conn, message)
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, b); err != nil {
		t.Fatal(err)
	}
	return strings.ToUpper(hex.EncodeToString(b))
}

// Two blanks in two readers, each with a state file of its own; interrupted, it
// ends with 0, and the chips are the same when it comes back.
func TestEmulate(t *testing.T) {
	state := filepath.Join(t.TempDir(), "card.json")
	serials := map[string]bool{}
	for round := range 2 {
		a, b := newDriver(t), newDriver(t)
		e := startEmulate(t, "--profile", "vn-cccd-2021", "--vpcd", a.Addr().String(), "--vpcd", b.Addr().String(), "--state", state, "--json")
		for _, d := range []driver{a, b} {
			conn := d.card(t)
			tell(t, conn, "01") // power on: not answered
			if atr := ask(t, conn, "04"); !strings.HasPrefix(atr, "3B87800180") {
				t.Errorf("ATR %s", atr)
			}
			if r := ask(t, conn, "00A4040007A000000247100100"); !strings.HasPrefix(r, "6F228407A0000002471001") || !strings.HasSuffix(r, "9000") {
				t.Errorf("SELECT answers %s", r)
			}
		}
		if s := e.end(t); s != exitOK {
			t.Errorf("exit status %d: %s", s, e.talk.String())
		}
		var lines int
		for line := range strings.Lines(e.out.String()) {
			var got struct{ Schema, VPCD, Serial, State, ATR string }
			if err := json.Unmarshal([]byte(line), &got); err != nil || got.Schema != "chipid.emulate/1" || got.State != "blank" || len(got.Serial) != 16 {
				t.Errorf("JSON line %q: %v", line, err)
			}
			if round == 1 && !serials[got.Serial] {
				t.Errorf("another chip came back: %s", got.Serial)
			}
			serials[got.Serial] = true
			lines++
		}
		if lines != 2 {
			t.Errorf("%d lines on stdout", lines)
		}
	}
	for _, name := range []string{state + ".1", state + ".2"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A card that a fault pulls leaves the reader; with a time it comes back, and
// without one the verb has nothing left to do.
func TestEmulateFault(t *testing.T) {
	d := newDriver(t)
	e := startEmulate(t, "--vpcd", d.Addr().String(), "--fault", "pull@2+100,cut@4")
	conn := d.card(t)
	if r := ask(t, conn, "00A4040C00"); r != "9000" {
		t.Errorf("SELECT answers %s", r)
	}
	tell(t, conn, "00A4040C00")
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes from a pulled card", n)
	}
	conn = d.card(t) // back
	if r := ask(t, conn, "00A4040C00"); r != "9000" {
		t.Errorf("SELECT answers %s", r)
	}
	tell(t, conn, "00A4040C00")
	if s := e.wait(t); s != exitOK {
		t.Errorf("exit status %d", s)
	}
	if talk := e.talk.String(); !strings.Contains(talk, "pulled at exchange 2, back in") || !strings.Contains(talk, "pulled at exchange 4\n") {
		t.Errorf("it said: %s", talk)
	}
}

// Wrong flags and files are usage errors, said at once and without a secret.
func TestEmulateUsage(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, args := range [][]string{
		{"--profile", "xx-none"},
		{"--profile", "vn-cccd-2021", "--applet", "chipid-gp"},
		{"--applet", "acme"},
		{"--link", "300"},
		{"--fault", "explode@1"},
		{"--quirk", "sings"},
		{"--quirk", "read.length"},
		{"--fault", "tamper=EF.DG99:1"},
		{"--vpcd", "localhost"},
		{"--vpcd", "localhost:http"},
		{"--vpcd", ":35963"},
		{"--count", "0"},
		{"--count", "2", "--vpcd", "a:1", "--vpcd", "b:2"},
		{"--count", "9", "--vpcd", "a:65530"},
		{"--master", filepath.Join(dir, "none")},
		{"--master", write("short", "404142434445464748494A4B4C4D4E")},
		{"--state", write("state", `{"version":1,"secret":"5ec3e7"}`)},
		{"--nonsense"},
		{"argument"},
	} {
		e := startEmulate(t, args...)
		if s := e.wait(t); s != exitUsage {
			t.Errorf("%v: exit status %d", args, s)
		}
		talk := e.talk.String()
		if talk == "" || strings.Contains(talk, "5ec3e7") || strings.Contains(talk, "4041424344") {
			t.Errorf("%v: %s", args, talk)
		}
	}
}

// The stock tool sees the chip through the real daemon.
func TestEmulateRealReader(t *testing.T) {
	tool, err := exec.LookPath("opensc-tool")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("opensc-tool is missing (package opensc)")
		}
		t.Skip("opensc-tool is missing (package opensc)")
	}
	d := pcscd.Test(t, 2)
	var flags []string
	for _, r := range d.Readers() {
		flags = append(flags, "--vpcd", r.Addr())
	}
	e := startEmulate(t, flags...)
	for i := range d.Readers() {
		var out []byte
		for range 20 { // the daemon sees a card within 0.4 s
			cmd := exec.CommandContext(t.Context(), tool, "--reader", strconv.Itoa(i), "--send-apdu", "00:A4:04:00:07:A0:00:00:02:47:10:01:00", "--send-apdu", "00:A4:04:0C:08:A0:00:00:01:51:00:00:00", "--send-apdu", "80:CA:9F:7F:00")
			cmd.Env = append(os.Environ(), d.Env())
			if out, err = cmd.CombinedOutput(); err == nil {
				break
			}
			time.Sleep(200 * time.Millisecond)
		}
		if err != nil || strings.Count(string(out), "SW1=0x90, SW2=0x00") != 3 || !strings.Contains(string(out), "6F 22 84 07") || !strings.Contains(string(out), "9F 7F 2A") {
			t.Errorf("reader %d: %v: %s", i, err, out)
		}
	}
	if s := e.end(t); s != exitOK {
		t.Errorf("exit status %d: %s", s, e.talk.String())
	}
}
