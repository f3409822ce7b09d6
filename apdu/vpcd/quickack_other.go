//go:build !linux

package vpcd

import "net"

// quickACK does nothing where the socket option does not exist.
func quickACK(net.Conn) {}
