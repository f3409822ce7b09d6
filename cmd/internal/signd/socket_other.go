//go:build !unix

package signd

import (
	"context"
	"io/fs"
	"net"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// ListenSocket is not there: files have no mode that keeps others out of a socket.
func ListenSocket(_ context.Context, path string) (net.Listener, error) {
	return nil, &cardprofile.InputError{File: path, Field: "--socket", Problem: "sockets are not kept private on this system", Fix: "use --listen with mutual TLS"}
}

func others(fs.FileInfo) bool { return false }
