package chip

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// A Fault makes something go wrong. Exchanges count from 1, from the moment the
// Chip was made, over resets. A fault that has nothing to do answers with the
// zero Effect, or the content as it is. It is called by one goroutine at a
// time.
type Fault interface {
	// Command is asked before the chip sees a command. An Answer is given in
	// the chip's place, which then has not seen the command and has lost its
	// session.
	Command(n int, command []byte) Effect
	// Answer is asked when the chip has answered. Whatever the command
	// changed is durable then.
	Answer(n int, answer []byte) Effect
	// File is asked for the content of a file as a terminal reads it.
	File(name string, content []byte) []byte
}

// Effect is what a [Fault] does to an exchange.
type Effect struct {
	Pull   bool          // the card leaves the field: no answer
	Back   time.Duration // for how long, at least
	Answer []byte        // in place of the true one; nil leaves it
	Delay  time.Duration // before the answer goes out
}

// FaultGrammar is the syntax of ParseFaults, for help texts.
const FaultGrammar = `SPEC is a list of faults, separated by commas. N counts exchanges from 1.
  pull@N[+MS]            the card leaves the field before it sees command N (back after MS milliseconds)
  cut@N[+MS]             the card leaves the field when command N is done, before its answer is out
  naked@N=SW             command N is not seen; the answer is SW without protection, and the session is lost
  mac@N                  answer N has a wrong checksum (its last byte but the status word is changed)
  replay@N               answer N is answer N-1 once more
  delay=MS, delay@N=MS   every answer, or answer N, comes MS milliseconds late
  tamper=FILE:OFFSET     the byte at OFFSET of FILE, such as EF.DG2, is read with every bit changed
  truncate=FILE:SIZE     FILE ends after SIZE bytes
  bomb=FILE              the header of FILE declares 4 GB
  loop@N                 answer N and all after it announce more data with 61xx, without end
  nonce                  the encrypted nonce of PACE is changed
  map=POINT, key=POINT   the chip's public key in the mapping or agreement of PACE is POINT:
                         off-curve, infinity, zero; in groups of integers also one,
                         minus-one (order 2) and subgroup (another small order)`

// ParseFaults reads a list of faults as [FaultGrammar] has it.
func ParseFaults(spec string) ([]Fault, error) {
	var list []Fault
	for part := range strings.SplitSeq(spec, ",") {
		f, err := parseFault(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("fault %q: %w", part, err)
		}
		list = append(list, f)
	}
	return list, nil
}

func parseFault(s string) (Fault, error) {
	head, value, valued := strings.Cut(s, "=")
	name, at, placed := strings.Cut(head, "@")
	switch name {
	case "tamper", "truncate":
		if placed || !valued {
			return nil, fmt.Errorf("write %s=FILE:NUMBER", name)
		}
		return parseFileFault(name, value)
	case "delay":
		ms, err := number(value, 1, 600_000)
		if err != nil {
			return nil, err
		}
		f := &exchangeFault{kind: name, delay: time.Duration(ms) * time.Millisecond}
		if placed {
			f.n, err = number(at, 1, 1<<30)
		}
		return f, err
	case "pull", "cut", "mac", "replay", "naked":
		return parseExchangeFault(name, at, value, valued)
	case "bomb", "loop", "nonce", "map", "key":
		return parseHostileFault(name, at, value)
	}
	return nil, fmt.Errorf("unknown; one of %s", strings.Join(faultNames(), ", "))
}

func faultNames() []string {
	names := []string{"pull", "cut", "naked", "mac", "replay", "delay", "tamper", "truncate", "bomb", "loop", "nonce", "map", "key"}
	sort.Strings(names)
	return names
}

func parseExchangeFault(name, at, value string, valued bool) (Fault, error) {
	f := &exchangeFault{kind: name}
	place, back, delayed := strings.Cut(at, "+")
	var err error
	if f.n, err = number(place, 1, 1<<30); err != nil {
		return nil, err
	}
	if delayed {
		if name != "pull" && name != "cut" {
			return nil, fmt.Errorf("%s takes no +MS", name)
		}
		ms, err := number(back, 0, 600_000)
		if err != nil {
			return nil, err
		}
		f.delay = time.Duration(ms) * time.Millisecond
	}
	if valued != (name == "naked") {
		return nil, fmt.Errorf("write %s@N, or naked@N=SW", name)
	}
	if name == "naked" {
		sw, err := strconv.ParseUint(value, 16, 16)
		if err != nil || len(value) != 4 {
			return nil, fmt.Errorf("%q is no status word of four hexadecimal digits", value)
		}
		f.status = uint16(sw)
	}
	return f, nil
}

func parseFileFault(name, value string) (Fault, error) {
	fileName, num, ok := strings.Cut(value, ":")
	if !ok {
		return nil, fmt.Errorf("write %s=FILE:NUMBER", name)
	}
	id, ok := lds.FileByName(fileName)
	if !ok {
		return nil, fmt.Errorf("no file is called %q", fileName)
	}
	n, err := number(num, 0, 1<<24)
	if err != nil {
		return nil, err
	}
	return &fileFault{file: id.Name, number: n, truncate: name == "truncate"}, nil
}

func number(s string, least, most int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%q is no number from %d to %d", s, least, most)
	}
	return n, nil
}

// exchangeFault does something to one exchange, or to all (n 0).
type exchangeFault struct {
	kind   string
	n      int
	status uint16
	delay  time.Duration
	last   []byte
}

func (f *exchangeFault) Command(n int, _ []byte) Effect {
	if n != f.n {
		return Effect{}
	}
	switch f.kind {
	case "pull":
		return Effect{Pull: true, Back: f.delay}
	case "naked":
		return Effect{Answer: binary.BigEndian.AppendUint16(nil, f.status)}
	}
	return Effect{}
}

func (f *exchangeFault) Answer(n int, answer []byte) Effect {
	defer func() { f.last = bytes.Clone(answer) }()
	if n != f.n && f.n != 0 {
		return Effect{}
	}
	switch f.kind {
	case "cut":
		return Effect{Pull: true, Back: f.delay}
	case "delay":
		return Effect{Delay: f.delay}
	case "replay":
		return Effect{Answer: f.last}
	case "mac":
		// The checksum 8E 08 … is the last object of a protected answer, and
		// the last eight bytes of one under SCP03.
		out := bytes.Clone(answer)
		if len(out) > 2 {
			out[len(out)-3] ^= 0x01
		}
		return Effect{Answer: out}
	}
	return Effect{}
}

func (f *exchangeFault) File(_ string, content []byte) []byte { return content }

// fileFault shows a file otherwise than it is.
type fileFault struct {
	file     string
	number   int
	truncate bool
}

func (f *fileFault) Command(int, []byte) Effect { return Effect{} }
func (f *fileFault) Answer(int, []byte) Effect  { return Effect{} }

func (f *fileFault) File(name string, content []byte) []byte {
	switch {
	case name != f.file || f.number >= len(content):
		return content
	case f.truncate:
		return content[:f.number]
	default:
		out := bytes.Clone(content)
		out[f.number] ^= 0xFF
		return out
	}
}
