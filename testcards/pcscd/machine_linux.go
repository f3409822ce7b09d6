package pcscd

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// parts is what the machine must have.
type parts struct {
	pcscd   string // the daemon
	unshare string // of util-linux
	driver  string // the virtual reader driver
}

// driverPlaces are where distributions put the driver.
var driverPlaces = []string{
	"/usr/lib/pcsc/drivers/serial/libifdvpcd.so",
	"/usr/lib64/pcsc/drivers/serial/libifdvpcd.so",
	"/usr/lib/*/pcsc/drivers/serial/libifdvpcd.so",
	"/usr/local/lib/pcsc/drivers/serial/libifdvpcd.so",
}

func findParts() (parts, error) {
	var p parts
	var err error
	if p.pcscd, err = program("pcscd"); err != nil {
		return p, fmt.Errorf("%w: pcscd is missing; install the Debian package pcscd", ErrUnavailable)
	}
	if p.unshare, err = program("unshare"); err != nil {
		return p, fmt.Errorf("%w: unshare is missing; install the Debian package util-linux", ErrUnavailable)
	}
	for _, place := range driverPlaces {
		if found, _ := filepath.Glob(place); len(found) > 0 {
			p.driver = found[0]
			return p, nil
		}
	}
	return p, fmt.Errorf("%w: the virtual reader driver is missing; install the Debian package vsmartcard-vpcd", ErrUnavailable)
}

// program finds a program, also where only root's PATH looks.
func program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return filepath.Abs(path)
	}
	return exec.LookPath("/usr/sbin/" + name)
}

// home is the directory that the daemons of this process use one after the
// other: libpcsclite looks for its socket once in the life of a process, so a
// second daemon must have the socket of the first. Daemons that run at the same
// time have directories of their own.
var home struct {
	sync.Mutex
	path string
	used bool
}

func takeDir() (string, error) {
	home.Lock()
	defer home.Unlock()
	if home.used {
		return newDir()
	}
	var err error
	if home.path == "" {
		home.path, err = newDir()
	} else {
		err = os.Mkdir(home.path, 0o700)
	}
	home.used = err == nil
	return home.path, err
}

func newDir() (string, error) {
	base := os.TempDir()
	// A socket's path has 108 bytes; and /run is covered for the daemon.
	if len(base) > 60 || strings.HasPrefix(base, "/run") || strings.HasPrefix(base, "/var/run") || !filepath.IsAbs(base) {
		base = "/tmp"
	}
	return os.MkdirTemp(base, "chipid-pcscd-")
}

func releaseDir(dir string) error {
	home.Lock()
	defer home.Unlock()
	if dir == home.path {
		home.used = false
	}
	return os.RemoveAll(dir)
}

// freePair finds two ports in a row that nobody uses.
func freePair() (int, error) {
	for range 100 {
		first, err := net.Listen("tcp4", ":0")
		if err != nil {
			return 0, err
		}
		port := first.Addr().(*net.TCPAddr).Port
		second, err := net.Listen("tcp4", fmt.Sprintf(":%d", port+1))
		_ = first.Close()
		if err == nil {
			_ = second.Close()
			return port, nil
		}
	}
	return 0, fmt.Errorf("no two free ports in a row")
}

// answers reports whether pcscd takes connections.
func (d *daemon) answers() bool {
	conn, err := net.DialTimeout("unix", d.socket(), time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// listens reports whether the driver waits for a card on all ports. Trying them
// would put a card into the readers, so the kernel's table is asked.
func (d *daemon) listens() bool {
	f, err := os.Open("/proc/net/tcp")
	if err != nil {
		return true // nobody to ask
	}
	defer f.Close()
	open := map[int]bool{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		// "sl local_address rem_address st …", state 0A is LISTEN.
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || fields[3] != "0A" {
			continue
		}
		_, hex, _ := strings.Cut(fields[1], ":")
		if port, err := strconv.ParseUint(hex, 16, 16); err == nil {
			open[int(port)] = true
		}
	}
	for _, port := range d.pairs {
		if !open[port] || !open[port+1] {
			return false
		}
	}
	return true
}
