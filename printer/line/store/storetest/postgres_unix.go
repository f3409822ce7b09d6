//go:build unix

package storetest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
)

// Cluster is a PostgreSQL server of the test's own: its data in a temporary
// folder, reached by a socket in it alone.
type Cluster struct {
	dir, bin string
	as       *syscall.Credential
	server   *exec.Cmd
	mu       sync.Mutex
}

// StartPostgres starts a cluster and ends it with the test. Without an installed
// PostgreSQL the test is skipped, and fails where CI is set.
func StartPostgres(t testing.TB) *Cluster {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	hsmtest.Require(t, "PostgreSQL's initdb", "postgresql", len(found) == 0)
	slices.Sort(found)
	// A socket's path must be short, and the server's own user must reach it.
	dir, err := os.MkdirTemp("/tmp", "chipid-pg-")
	if err != nil {
		t.Fatal(err)
	}
	c := &Cluster{dir: dir, bin: filepath.Dir(found[len(found)-1])}
	t.Cleanup(func() {
		c.Kill()
		_ = os.RemoveAll(dir)
	})
	if os.Getuid() == 0 {
		// initdb refuses root.
		c.as, err = credentialOf("postgres")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(dir, int(c.as.Uid), int(c.as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := c.command("initdb", "-D", c.data(), "-A", "trust", "-U", "line", "-E", "UTF8", "--no-sync", "--no-locale").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

func credentialOf(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.as != nil {
		cmd.SysProcAttr.Credential = c.as
	}
	return cmd
}

// Start starts the server and waits until it answers.
func (c *Cluster) Start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var log bytes.Buffer
	c.server = c.command("postgres", "-D", c.data(), "-k", c.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=50")
	c.server.Stdout, c.server.Stderr = &log, &log
	if err := c.server.Start(); err != nil {
		return err
	}
	for range 300 {
		if c.command("pg_isready", "-q", "-h", c.dir, "-U", "line").Run() == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("storetest: PostgreSQL does not answer:\n%s", log.Bytes())
}

// Kill kills the server without warning, as a power cut does. Start brings it
// back with its data.
func (c *Cluster) Kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil || c.server.Process == nil {
		return
	}
	_ = syscall.Kill(-c.server.Process.Pid, syscall.SIGKILL)
	_ = c.server.Wait()
	c.server = nil
}

// Database makes an empty database and gives its URL.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	name := "line_" + rand.Text()
	if out, err := c.command("createdb", "-h", c.dir, "-U", "line", name).CombinedOutput(); err != nil {
		t.Fatalf("createdb: %v\n%s", err, out)
	}
	return "postgres://line@/" + name + "?host=" + c.dir
}
