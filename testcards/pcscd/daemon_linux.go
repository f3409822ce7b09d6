package pcscd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/pcsc"
	"github.com/chipid-toolkit/chipid/apdu/vpcd"
)

const (
	readyTimeout = 10 * time.Second
	stopTimeout  = 500 * time.Millisecond // it has nothing to save
	portAttempts = 3                      // another program may take a port between choice and use
)

type daemon struct {
	parts parts
	dir   string

	list  []*Reader
	pairs []int // first port of each pair of readers

	mu      sync.Mutex
	process *process
	stopped bool
	unwatch func() bool // ends the watch on the context
}

func start(ctx context.Context, o Options) (*Daemon, error) {
	if o.Readers < 1 || o.Readers > MaxReaders {
		return nil, fmt.Errorf("pcscd: %d readers asked for, 1 to %d are possible", o.Readers, MaxReaders)
	}
	parts, err := findParts()
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		d, err := startOnce(ctx, parts, o)
		if err == nil || attempt == portAttempts || !errors.Is(err, errNotReady) {
			return d, err
		}
	}
}

func startOnce(ctx context.Context, p parts, o Options) (*Daemon, error) {
	dir, err := takeDir()
	if err != nil {
		return nil, fmt.Errorf("pcscd: %w", err)
	}
	d := &Daemon{daemon{parts: p, dir: dir}}
	if err := d.prepare(o.Readers); err != nil {
		releaseDir(dir)
		return nil, fmt.Errorf("pcscd: %w", err)
	}
	if err := d.launch(ctx); err != nil {
		_ = d.stop()
		return nil, err
	}
	d.unwatch = context.AfterFunc(ctx, func() { _ = d.stop() })
	return d, nil
}

func (d *daemon) use() error         { return pcsc.UseSocket(d.socket()) }
func (d *daemon) socket() string     { return d.runDir() + "/pcscd.comm" }
func (d *daemon) runDir() string     { return d.dir + "/run" }
func (d *daemon) confDir() string    { return d.dir + "/conf" }
func (d *daemon) readers() []*Reader { return slices.Clone(d.list) }

// prepare writes what pcscd will read: the reader list and the copies of the
// driver.
func (d *daemon) prepare(readers int) error {
	// noDrivers keeps pcscd away from the USB readers of the machine.
	for _, dir := range []string{d.runDir(), d.confDir(), d.dir + "/lib", d.noDrivers()} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	driver, err := os.ReadFile(d.parts.driver)
	if err != nil {
		return err
	}
	var conf strings.Builder
	for pair := 0; 2*pair < readers; pair++ {
		port, err := freePair()
		if err != nil {
			return err
		}
		library := fmt.Sprintf("%s/lib/vpcd%d.so", d.dir, pair)
		if err := os.WriteFile(library, driver, 0o700); err != nil {
			return err
		}
		// pcscd gives two entries of one name the same reader names.
		name := fmt.Sprintf("Virtual PCD %c", 'A'+pair)
		// /dev/null is how the driver is told to listen.
		fmt.Fprintf(&conf, "FRIENDLYNAME \"%s\"\nDEVICENAME /dev/null:%d\nLIBPATH %s\nCHANNELID %d\n", name, port, library, port)
		d.pairs = append(d.pairs, port)
		for slot := 0; slot < 2 && 2*pair+slot < readers; slot++ {
			d.list = append(d.list, &Reader{
				Name: fmt.Sprintf("%s 00 %02d", name, slot),
				Slot: vpcd.NewSlot(fmt.Sprintf("127.0.0.1:%d", port+slot)),
			})
		}
	}
	return os.WriteFile(d.confDir()+"/readers", []byte(conf.String()), 0o600)
}

func (d *daemon) noDrivers() string { return d.dir + "/none" }

// script lays the private directory over the place of pcscd's socket and
// becomes pcscd. /run itself is covered first: it may not have the place, and
// not be ours to change.
const script = `mount -t tmpfs tmpfs /run && mkdir /run/pcscd && mount --bind "$1" /run/pcscd && shift && exec "$@"`

// launch starts pcscd and waits until its readers are there.
func (d *daemon) launch(ctx context.Context) error {
	namespaces := [][]string{{"--mount"}, {"--map-root-user", "--mount"}}
	if os.Geteuid() != 0 {
		namespaces = namespaces[1:]
	}
	var err error
	for _, ns := range namespaces {
		// What a killed pcscd left would stop the next one.
		for _, name := range []string{"/pcscd.comm", "/pcscd.pid"} {
			if err := os.Remove(d.runDir() + name); err != nil && !os.IsNotExist(err) {
				return fmt.Errorf("pcscd: %w", err)
			}
		}
		args := append(slices.Clone(ns), "--propagation", "private", "sh", "-c", script, "sh", d.runDir(),
			d.parts.pcscd, "--foreground", "--config", d.confDir())
		cmd := exec.Command(d.parts.unshare, args...)
		cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PCSCLITE_HP_DROPDIR=" + d.noDrivers()}
		cmd.Dir = "/"
		var p *process
		if p, err = startProcess(cmd); err != nil {
			return fmt.Errorf("pcscd: %w", err)
		}
		if err = d.waitReady(ctx, p); err == nil {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.stopped {
				p.end(0)
				return fmt.Errorf("pcscd: stopped while it was starting")
			}
			d.process = p
			return nil
		}
		p.end(0)
		if !errors.Is(err, ErrUnavailable) {
			return err
		}
	}
	return err
}

// errNotReady: pcscd runs and its readers do not come up.
var errNotReady = errors.New("its readers do not come up")

func (d *daemon) waitReady(ctx context.Context, p *process) error {
	deadline := time.NewTimer(readyTimeout)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.exited:
			if said := p.output.last(); strings.Contains(said, "unshare:") || strings.Contains(said, "mount:") {
				return fmt.Errorf("%w: it needs root or user namespaces: %s", ErrUnavailable, said)
			}
			return fmt.Errorf("pcscd: ended at once: %w: %s", errNotReady, p.output.last())
		case <-ctx.Done():
			return fmt.Errorf("pcscd: %w", ctx.Err())
		case <-deadline.C:
			return fmt.Errorf("pcscd: %w: %s", errNotReady, p.output.last())
		case <-tick.C:
			if d.answers() && d.listens() {
				return nil
			}
		}
	}
}

func (d *daemon) kill() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.process == nil {
		return fmt.Errorf("pcscd: not running")
	}
	d.process.end(0)
	d.process = nil
	return nil
}

func (d *daemon) restart(ctx context.Context) error {
	d.mu.Lock()
	if d.stopped {
		d.mu.Unlock()
		return fmt.Errorf("pcscd: stopped")
	}
	if d.process != nil {
		d.process.end(0)
		d.process = nil
	}
	d.mu.Unlock()
	return d.launch(ctx)
}

func (d *daemon) stop() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopped {
		return nil
	}
	d.stopped = true
	if d.unwatch != nil {
		d.unwatch()
	}
	for _, r := range d.list {
		r.Remove()
	}
	if d.process != nil {
		d.process.end(stopTimeout)
		d.process = nil
	}
	return releaseDir(d.dir)
}

// process is a child that dies with us.
type process struct {
	cmd    *exec.Cmd
	output *tail
	exited chan struct{}
}

func startProcess(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, output: &tail{}, exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.output, p.output
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig: syscall.SIGKILL,
		// An interrupt from the keyboard is for us; we end the child in turn.
		Setpgid: true,
	}
	started := make(chan error)
	go func() {
		// Pdeathsig comes when the thread that started the child ends, so
		// that thread waits for the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// end asks the child to end, waits for grace, kills it, and waits until it is
// gone.
func (p *process) end(grace time.Duration) {
	if grace > 0 {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.exited:
			return
		case <-time.After(grace):
		}
	}
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// tail keeps the last of what a child says.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	if n := len(t.b) - 2048; n > 0 {
		t.b = append(t.b[:0], t.b[n:]...)
	}
	return len(b), nil
}

// last is the last line that was said.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(t.b)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
