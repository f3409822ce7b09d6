//go:build !linux

package signd

import "net"

// peerOf is not told on this system.
func peerOf(*net.UnixConn) string { return "socket" }
