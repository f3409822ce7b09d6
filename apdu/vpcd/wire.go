package vpcd

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
)

// Controls of the wire: messages of one byte.
const (
	powerOff byte = 0x00
	powerOn  byte = 0x01
	reset    byte = 0x02
	getATR   byte = 0x04
)

// writeTimeout bounds how long an answer may wait for a driver that does not
// read.
const writeTimeout = 10 * time.Second

// cardError is an error of the card, as against one of the connection.
type cardError struct{ err error }

func (e *cardError) Error() string { return e.err.Error() }
func (e *cardError) Unwrap() error { return e.err }

// serveConn answers the driver at the other end of conn until the connection or
// ctx ends. A *cardError is the card's own failure.
func serveConn(ctx context.Context, conn net.Conn, card Card) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer conn.Close()
	// Pulling the card ends the read below; a driver that goes away ends a
	// Transmit that is under way.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()

	messages := make(chan []byte)
	var readErr error
	go func() {
		defer cancel()
		defer close(messages)
		r := quickReader{conn: conn}
		for {
			m, err := readMessage(&r)
			if err != nil {
				readErr = err
				return
			}
			select {
			case messages <- m:
			case <-ctx.Done():
				readErr = ctx.Err()
				return
			}
		}
	}()

	s := session{card: card}
	for m := range messages {
		answer, err := s.handle(ctx, m)
		if err != nil {
			if ctx.Err() != nil && !errors.Is(err, ErrProtocol) {
				return ctx.Err() // the card was pulled, it did not fail
			}
			return err
		}
		if answer == nil {
			continue
		}
		if err := writeMessage(conn, answer); err != nil {
			return err
		}
	}
	return readErr
}

// session is the card between insertion and removal.
type session struct {
	card Card
	atr  []byte
}

// handle gives the answer to one message, nil for none.
func (s *session) handle(ctx context.Context, m []byte) ([]byte, error) {
	if len(m) != 1 {
		return s.transmit(ctx, m)
	}
	switch m[0] {
	case powerOff:
		return nil, nil // the state goes with the next power-on
	case powerOn, reset:
		return nil, s.reset(ctx)
	case getATR:
		// pcscd asks this every 0.4 s to see whether the card is there, in the
		// middle of a session too: it must not disturb the card.
		if s.atr == nil {
			if err := s.reset(ctx); err != nil {
				return nil, err
			}
		}
		return s.atr, nil
	default:
		return nil, fmt.Errorf("%w: control %02X", ErrProtocol, m[0])
	}
}

func (s *session) reset(ctx context.Context) error {
	atr, err := s.card.Reset(ctx)
	if err != nil {
		return &cardError{fmt.Errorf("vpcd: reset the card: %w", err)}
	}
	if len(atr) < 2 || len(atr) > MaxATR {
		return &cardError{fmt.Errorf("vpcd: the card's ATR has %d bytes, 2 to %d are allowed", len(atr), MaxATR)}
	}
	s.atr = append([]byte(nil), atr...)
	return nil
}

func (s *session) transmit(ctx context.Context, command []byte) ([]byte, error) {
	if len(command) < 4 {
		return apdu.Response{SW: apdu.ErrWrongLength}.Encode(), nil
	}
	answer, err := s.card.Transmit(ctx, command)
	if err != nil {
		return nil, &cardError{fmt.Errorf("vpcd: %w", err)}
	}
	if len(answer) < 2 || len(answer) > MaxMessage {
		return nil, &cardError{fmt.Errorf("vpcd: the card's answer has %d bytes, 2 to %d can be carried", len(answer), MaxMessage)}
	}
	return answer, nil
}

// readMessage reads a length and as many bytes. A message has at least one
// byte. What is allocated is what has been announced: 65,535 bytes at most.
func readMessage(r io.Reader) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint16(head[:])
	if n == 0 {
		return nil, fmt.Errorf("%w: empty message", ErrProtocol)
	}
	m := make([]byte, n)
	if _, err := io.ReadFull(r, m); err != nil {
		return nil, err
	}
	return m, nil
}

// writeMessage sends length and body in one write: two would cost the driver's
// side a delayed acknowledgement, 40 ms an exchange.
func writeMessage(conn net.Conn, m []byte) error {
	if len(m) == 0 || len(m) > MaxMessage {
		return fmt.Errorf("%w: message of %d bytes", ErrProtocol, len(m))
	}
	b := make([]byte, 2, 2+len(m))
	binary.BigEndian.PutUint16(b, uint16(len(m)))
	b = append(b, m...)
	if err := conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := conn.Write(b)
	return err
}
