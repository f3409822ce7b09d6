package openpace

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// ErrBroken: the peer has ended, or answers nonsense.
var ErrBroken = errors.New("openpace: peer does not answer")

// RefusedError is libeac's "no" to a step.
type RefusedError struct {
	Step, Reason string
}

func (e *RefusedError) Error() string { return "openpace: libeac refuses " + e.Step + ": " + e.Reason }

// Peer is a running libeac. It plays one run at a time, and one goroutine may
// use it at a time.
type Peer struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// Start runs a program that Build has made. It ends with ctx, or by Close. What
// libeac writes about its refusals is dropped: the answers have reasons.
func Start(ctx context.Context, program string) (*Peer, error) {
	cmd := exec.CommandContext(ctx, program)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("openpace: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("openpace: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("openpace: %w", err)
	}
	p := &Peer{cmd: cmd, in: in, out: bufio.NewReader(out)}
	if _, err := p.answer("start"); err != nil {
		_ = p.Close()
		var no *RefusedError
		if errors.As(err, &no) {
			return nil, fmt.Errorf("%w: %s", ErrUnavailable, no.Reason)
		}
		return nil, err
	}
	return p, nil
}

// Close ends the program.
func (p *Peer) Close() error {
	_ = p.in.Close()
	return p.cmd.Wait()
}

// ask makes one request. Arguments are words of the line protocol; see
// testdata/peer.c.
func (p *Peer) ask(verb string, args ...string) ([]byte, error) {
	line := strings.Join(append([]string{verb}, args...), " ")
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return p.answer(verb)
}

func (p *Peer) answer(step string) ([]byte, error) {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBroken, step, err)
	}
	word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	switch word {
	case "ok":
		b, err := hex.DecodeString(rest)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrBroken, step, err)
		}
		return b, nil
	case "no":
		return nil, &RefusedError{Step: step, Reason: rest}
	}
	return nil, fmt.Errorf("%w: %s: %q", ErrBroken, step, word)
}

// octets is an argument of the line protocol.
func octets(b []byte) string {
	if len(b) == 0 {
		return "-"
	}
	return hex.EncodeToString(b)
}

// Keys gives the session keys of the last run, to compare them in a test.
func (p *Peer) Keys() (enc, mac []byte, err error) {
	b, err := p.ask("keys")
	if err != nil {
		return nil, nil, err
	}
	return b[:len(b)/2], b[len(b)/2:], nil
}
