package main

import (
	"context"
	"fmt"
	"io"

	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// counter counts what passes between host and chip, by instruction.
type counter struct {
	*chip.Chip
	n  int
	by map[byte]int
}

func (c *counter) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	c.n++
	c.by[command[1]]++
	return c.Chip.Transmit(ctx, command)
}

// instructions are those of issuing, in their order.
var instructions = []struct {
	ins  byte
	name string
}{
	{0xA4, "SELECT"}, {0xCA, "GET DATA"}, {0x50, "INITIALIZE UPDATE"}, {0x82, "EXTERNAL AUTHENTICATE"}, {0xE6, "INSTALL"},
	{0xE2, "STORE DATA"}, {0xC0, "GET RESPONSE"}, {0xD8, "PUT KEY"}, {0xF0, "SET STATUS"},
}

// exchanges issues one card and counts, and says what the least number is.
func (w *world) exchanges(ctx context.Context, out io.Writer) (n, floor int, err error) {
	plan, err := issue.NewPlan(w.profile, w.records[0], w.portraits[0])
	if err != nil {
		return 0, 0, err
	}
	blank, err := chip.NewBlank(chip.Options{Master: w.transport, RSA: w.key, RetryDelay: -1})
	if err != nil {
		return 0, 0, err
	}
	c := &counter{Chip: blank, by: map[byte]int{}}
	made, err := w.issuer.Personalize(ctx, c, plan, issue.Options{})
	if err != nil {
		return 0, 0, err
	}
	size := 0
	for _, f := range made.Files {
		size += len(f.Bytes)
	}
	keys := len(w.profile.ChipAuth)
	if w.profile.ActiveAuth != nil {
		keys++
	}
	floor = least(size, keys, w.profile.Chip.MaxCommand)
	fmt.Fprintf(out, "issuing a card of %d bytes: %d exchanges, at least %d:", size, c.n, floor)
	for _, i := range instructions {
		fmt.Fprintf(out, " %d %s,", c.by[i.ins], i.name)
	}
	fmt.Fprint(out, "\n\n")
	return c.n, floor, nil
}

// least is the fewest exchanges that issue a card: SELECT of the applet to see that it
// is blank, SELECT of the issuer security domain, two commands to open SCP03, INSTALL,
// one command for each key that the chip makes, the bytes of the files in commands as
// long as the chip takes, PUT KEY, and SET STATUS for applet and card.
func least(size, keys, maxCommand int) int {
	// Header and Lc in front, C-MAC behind, encrypted in blocks with at least one
	// byte of padding.
	room := (maxCommand-7-8)/16*16 - 1
	return 1 + 1 + 2 + 1 + keys + (size+room-1)/room + 1 + 2
}
