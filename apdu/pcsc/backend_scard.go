//go:build cgo || windows

package pcsc

import (
	"errors"
	"fmt"

	"github.com/ebfe/scard"
)

func systemLibrary() library { return scardLibrary{} }

type scardLibrary struct{}

func (scardLibrary) establish() (session, error) {
	// The library looks for its socket now, and never again.
	socket.Lock()
	socket.read = true
	socket.Unlock()
	var s *scardSession
	err := call(func() error {
		ctx, err := scard.EstablishContext()
		s = &scardSession{ctx: ctx}
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// call turns the library's errors into a code, and a panic of the binding on
// an answer it does not expect into an error.
func call(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("PC/SC library: unexpected answer: %v", r)
		}
	}()
	err = f()
	var e scard.Error
	if errors.As(err, &e) {
		return code(e)
	}
	return err
}

type scardSession struct {
	ctx *scard.Context
	statusWaiter
}

func (s *scardSession) listReaders() (names []string, err error) {
	err = call(func() error {
		var err error
		names, err = s.ctx.ListReaders()
		return err
	})
	if code, ok := err.(code); ok && code == codeNoReaders {
		return nil, nil
	}
	return names, err
}

func (s *scardSession) release() error {
	s.closeWaiter()
	return call(s.ctx.Release)
}

func (s *scardSession) connect(reader string, mode shareMode, p protocol) (handle, error) {
	var card *scard.Card
	err := call(func() error {
		var err error
		card, err = s.ctx.Connect(reader, scard.ShareMode(mode), scard.Protocol(p))
		return err
	})
	if err != nil {
		return nil, err
	}
	return &scardHandle{card}, nil
}

type scardHandle struct{ card *scard.Card }

func (h *scardHandle) protocol() protocol { return protocol(h.card.ActiveProtocol()) }

func (h *scardHandle) transmit(command []byte) (answer []byte, err error) {
	err = call(func() error {
		b, err := h.card.Transmit(command)
		// The binding's buffer is 64 KiB an exchange; keep what is used of it.
		answer = append([]byte(nil), b...)
		return err
	})
	return answer, err
}

func (h *scardHandle) reset(mode shareMode) error {
	return call(func() error {
		return h.card.Reconnect(scard.ShareMode(mode), scard.Protocol(protocolAny), scard.ResetCard)
	})
}

func (h *scardHandle) atr() (atr []byte, err error) {
	err = call(func() error {
		st, err := h.card.Status()
		if err == nil {
			atr = st.Atr
		}
		return err
	})
	return atr, err
}

func (h *scardHandle) control(control uint32, in []byte) (out []byte, err error) {
	err = call(func() error {
		var err error
		out, err = h.card.Control(control, in)
		return err
	})
	return out, err
}

func (h *scardHandle) attribute(id uint32) (value []byte, err error) {
	err = call(func() error {
		var err error
		value, err = h.card.GetAttrib(scard.Attrib(id))
		return err
	})
	return value, err
}

func (h *scardHandle) disconnect(resetCard bool) error {
	d := scard.LeaveCard
	if resetCard {
		d = scard.ResetCard
	}
	return call(func() error { return h.card.Disconnect(d) })
}
