package vpcd

import "net"

// quickReader reads from the driver and has the kernel acknowledge each piece
// at once. The driver sends the length of a message and its body in two
// packets, and holds the second back until the first is acknowledged (Nagle);
// a delayed acknowledgement makes that 40 ms an exchange.
type quickReader struct {
	conn net.Conn
}

func (r *quickReader) Read(b []byte) (int, error) {
	// The setting does not last: the kernel falls back to delayed
	// acknowledgements by itself, so it is renewed on both sides of the read.
	quickACK(r.conn)
	n, err := r.conn.Read(b)
	quickACK(r.conn)
	return n, err
}
