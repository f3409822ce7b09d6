package vpcd

import (
	"context"
	"io"
	"net"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
)

type okCard struct{}

func (okCard) Transmit(_ context.Context, b []byte) ([]byte, error) {
	if len(b) < 4 {
		panic("the card got what is no command")
	}
	return apdu.Response{SW: apdu.OK}.Encode(), nil
}

func (okCard) Reset(context.Context) ([]byte, error) { return []byte{0x3B, 0x00}, nil }

// FuzzServe lets the other side say anything and hang up.
func FuzzServe(f *testing.F) {
	f.Add([]byte{0, 1, 4, 0, 4, 0, 0xA4, 0, 0})
	f.Add([]byte{0, 0})
	f.Add([]byte{0xFF, 0xFF, 1, 2, 3})
	f.Add([]byte{0, 1, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		near, far := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, far) }()
		go func() {
			_, _ = far.Write(b)
			_ = far.Close()
		}()
		if err := serveConn(t.Context(), near, okCard{}); err == nil {
			t.Error("a connection ended without a reason")
		}
	})
}
