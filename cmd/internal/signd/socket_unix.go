//go:build unix

package signd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// maxSocketPath is what fits into sockaddr_un everywhere, less what the private name
// needs.
const maxSocketPath = 80

// ListenSocket listens on a unix socket that this user alone can reach, from its first
// moment on: it is made in a folder that nobody else can enter, and comes to its place
// with its mode. What an earlier run left there is taken away; anything else is not.
func ListenSocket(ctx context.Context, path string) (net.Listener, error) {
	bad := func(problem, fix string) error {
		return &cardprofile.InputError{File: path, Field: "--socket", Problem: problem, Fix: fix}
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, bad("its folder cannot be found", "make the folder, for the service's user alone")
	}
	if at, err := openToOthers(dir); err != nil || at != "" {
		if err != nil {
			return nil, bad("its folder cannot be looked at", "name another folder")
		}
		return nil, bad("others may replace it: "+at, "use a folder of the service's user that nobody else can write to")
	}
	place := filepath.Join(dir, filepath.Base(path))
	if len(place) > maxSocketPath {
		return nil, bad(fmt.Sprintf("the path is longer than %d bytes", maxSocketPath), "name a shorter one")
	}
	// Who holds the lock has the socket: what lies there without one is left over.
	lock, err := os.OpenFile(place+".lock", os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, bad("its lock cannot be made", "look at the file beside it that ends in .lock")
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil { //nolint:gosec // a descriptor is small
		_ = lock.Close()
		return nil, bad("another process answers there", "stop it, or name another socket")
	}
	l, err := bind(ctx, place, bad)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	l.lock = lock
	return bounded(l, maxConnections), nil
}

func bind(ctx context.Context, place string, bad func(problem, fix string) error) (*socket, error) {
	switch info, err := os.Lstat(place); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case info.Mode().Type() != fs.ModeSocket:
		return nil, bad("there is something that is no socket", "name another path")
	case owner(info) != os.Geteuid():
		return nil, bad("there is a socket of another user", "name another path")
	default:
		// One that answers is somebody's who keeps no lock.
		if c, err := (&net.Dialer{}).DialContext(ctx, "unix", place); err == nil {
			_ = c.Close()
			return nil, bad("another process answers there", "stop it, or name another socket")
		} else if !errors.Is(err, syscall.ECONNREFUSED) {
			return nil, bad("there is a socket of which nobody knows whose it is", "take it away, if it is left over")
		}
	}
	private, err := os.MkdirTemp(filepath.Dir(place), ".sock") // mode 0700
	if err != nil {
		return nil, bad("its folder cannot be written", "use a folder of the service's user")
	}
	defer os.RemoveAll(private)
	made := filepath.Join(private, "s")
	inner, err := (&net.ListenConfig{}).Listen(ctx, "unix", made)
	if err != nil {
		return nil, fmt.Errorf("signd: socket: %w", err)
	}
	u := inner.(*net.UnixListener)
	u.SetUnlinkOnClose(false)
	if err = os.Chmod(made, 0o600); err == nil {
		err = os.Rename(made, place)
	}
	var info fs.FileInfo
	if err == nil {
		info, err = os.Lstat(place)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("signd: socket: %w", err), u.Close())
	}
	return &socket{UnixListener: u, place: place, info: info}, nil
}

// socket takes its file away when it is closed, and no other.
type socket struct {
	*net.UnixListener
	place string
	info  fs.FileInfo
	lock  *os.File
}

// Close stops listening.
func (s *socket) Close() error {
	err := s.UnixListener.Close()
	if s.lock == nil {
		return err
	}
	if now, e := os.Lstat(s.place); e == nil && os.SameFile(now, s.info) {
		err = errors.Join(err, os.Remove(s.place))
	}
	err = errors.Join(err, s.lock.Close())
	s.lock = nil
	return err
}

// openToOthers says through which folder others could put something in a file's place;
// "" for none.
func openToOthers(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Lstat(at)
		if err != nil {
			return "", err
		}
		if !info.IsDir() {
			return at + " is no folder", nil
		}
		mode, who := info.Mode(), owner(info)
		switch {
		case who != 0 && who != os.Geteuid():
			return at + " belongs to another user", nil
		// In a folder with the sticky bit others cannot rename what is ours; but they
		// can put something where we have nothing yet.
		case mode.Perm()&0o002 != 0 && (at == dir || mode&fs.ModeSticky == 0):
			return at + " can be written by everybody", nil
		}
		if at == filepath.Dir(at) {
			return "", nil
		}
	}
}

func owner(info fs.FileInfo) int {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}

func others(info fs.FileInfo) bool { return info.Mode().Perm()&0o007 != 0 }
