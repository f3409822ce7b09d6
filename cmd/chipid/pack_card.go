package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer/line/intake"
	"github.com/chipid-toolkit/chipid/printer/line/pack"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// scanned is how a card is named: by flags, or by what a scanner writes to stdin.
type scanned struct {
	deciding
	card, chip, keys string
	asJSON           bool
}

func (s *scanned) register(cmd *cobra.Command) {
	s.deciding.register(cmd)
	fs := cmd.Flags()
	fs.StringVar(&s.card, "card", "", "the line's own number of the card")
	fs.StringVar(&s.chip, "chip", "", "serial number of the chip, hexadecimal")
	fs.StringVar(&s.keys, "keys", "", "keys file; its digest: finds cards by their QR code or document number")
	fs.BoolVar(&s.asJSON, "json", false, "print JSON, one object a line")
	cmd.MarkFlagsMutuallyExclusive("card", "chip")
}

// scanHelp is what a verb's help says of scanning.
const scanHelp = `A card is named by --card or --chip. Without them each line of stdin is one: the text
of its QR code, its document number, or "chip HEX" or "card N". QR codes and document
numbers are personal data: they are looked up by a digest under the token's key (--keys),
never written down.`

// each gives every card that is named to f. What f refuses is told, and the next is
// taken; the exit status is 5 then.
func (s *scanned) each(ctx context.Context, env *env, f func(*pack.Packer, pack.Code) (store.Card, string, error)) error {
	return s.packer(ctx, func(p *pack.Packer) error {
		if s.card != "" || s.chip != "" {
			code, err := s.flags()
			if err != nil {
				return err
			}
			c, note, err := f(p, code)
			if err != nil {
				return err
			}
			return s.tell(env, c, note, nil)
		}
		var ring hsm.Keyring
		var digest hsm.KeyRef
		if s.keys != "" {
			keys, err := keyflags.Load(s.keys)
			if err != nil {
				return err
			}
			if digest = keys.Digest; digest == "" {
				return usagef("%s: digest: is missing: cards are found by it", s.keys)
			}
			if ring, err = keys.Open(ctx, env.pinPrompt()); err != nil {
				return err
			}
			defer ring.Close()
		}
		refused := false
		lines := bufio.NewScanner(io.LimitReader(env.Stdin, 64<<20))
		lines.Buffer(make([]byte, 0, 4096), 8192)
		for lines.Scan() {
			text := strings.TrimSpace(lines.Text())
			if text == "" {
				continue
			}
			code, err := codeOf(ctx, ring, digest, text)
			var c store.Card
			var note string
			if err == nil {
				c, note, err = f(p, code)
			}
			var exit exitError
			if wrapped := packError(err); err != nil && !errors.Is(err, pack.ErrPerson) && (errors.As(wrapped, &exit) && exit.status == exitFailed || errors.Is(err, errCode)) {
				refused = true
			} else if err != nil {
				return err
			}
			if err := s.tell(env, c, note, err); err != nil {
				return err
			}
		}
		if err := lines.Err(); err != nil {
			return usagef("stdin: a line is longer than a code can be")
		}
		if refused {
			return exitError{status: exitFailed}
		}
		return nil
	})
}

func (s *scanned) flags() (pack.Code, error) {
	if s.chip != "" {
		if pack.NormalSerial(s.chip) == "" {
			return pack.Code{}, usagef("--chip: is no serial number in hexadecimal")
		}
		return pack.Code{Serial: s.chip}, nil
	}
	id, err := pack.ParseCard(s.card)
	if err != nil {
		return pack.Code{}, usagef("--card: %v", err)
	}
	return pack.Code{Card: id}, nil
}

// errCode is for a line that names no card. The line is not repeated: it may be personal
// data.
var errCode = errors.New("the line is no code of a card")

// codeOf reads one line of a scanner.
func codeOf(ctx context.Context, ring hsm.Keyring, ref hsm.KeyRef, text string) (pack.Code, error) {
	if rest, ok := strings.CutPrefix(text, "chip "); ok {
		if pack.NormalSerial(rest) == "" {
			return pack.Code{}, errCode
		}
		return pack.Code{Serial: rest}, nil
	}
	if rest, ok := strings.CutPrefix(text, "card "); ok {
		id, err := pack.ParseCard(rest)
		if err != nil {
			return pack.Code{}, errCode
		}
		return pack.Code{Card: id}, nil
	}
	number := text
	if strings.Contains(text, "|") {
		qr, err := citizen.ParseQR(text)
		if err != nil {
			return pack.Code{}, errCode
		}
		number = qr.Number
	}
	if len(number) > 30 {
		return pack.Code{}, errCode
	}
	if ring == nil {
		return pack.Code{}, usagef("--keys: a QR code or document number is found by a digest under the token's key; name the keys file")
	}
	digest, err := intake.NumberDigest(ctx, ring, ref, number)
	return pack.Code{Digest: digest}, err
}

func (s *scanned) tell(env *env, c store.Card, note string, refused error) error {
	outcome, reason := "done", ""
	if refused != nil {
		outcome, reason = "refused", refused.Error()
	}
	if s.asJSON {
		return json.NewEncoder(env.Stdout).Encode(struct {
			Schema  string `json:"schema"`
			Outcome string `json:"outcome"`
			Card    int64  `json:"card,omitempty"`
			State   string `json:"state,omitempty"`
			Box     string `json:"box,omitempty"`
			Note    string `json:"note,omitempty"`
			Reason  string `json:"reason,omitempty"`
		}{"chipid.pack/1", outcome, c.ID, string(c.State), c.Box, note, reason})
	}
	if refused != nil {
		fmt.Fprintf(env.Stdout, env.tr("REFUSED: %v\n", "TỪ CHỐI: %v\n"), refused)
		return nil
	}
	if note != "" {
		note = ", " + note
	}
	fmt.Fprintf(env.Stdout, env.tr("card %d: %s%s\n", "thẻ %d: %s%s\n"), c.ID, c.State, note)
	return nil
}

func newPackScanCmd(env *env) *cobra.Command {
	var s scanned
	var again bool
	cmd := &cobra.Command{
		Use:   "scan BOX",
		Short: "Put cards into an open box, each by a scan",
		Long: `scan puts cards into an open box. It refuses a card that is not good, is of another
batch, lot or office than the box, or lies in a box already; the refusal is noted in the
audit log. --again lets in cards that an office gave back in good order.

` + scanHelp + `

Example:
  chipid pack scan B000001 --keys keys.yaml --by lan < /dev/ttyACM0
  chipid pack scan B000001 --chip 0400A1B2C3 --by lan

Exit statuses: 5 when a card was refused.
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed, exitHSM),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := boxArgument(args[0])
			if err != nil {
				return err
			}
			return s.each(cmd.Context(), env, func(p *pack.Packer, code pack.Code) (store.Card, string, error) {
				c, n, err := p.Scan(cmd.Context(), id, code, again, s.person())
				return c, fmt.Sprintf(env.tr("%d in %s", "%d trong %s"), n, c.Box), err
			})
		},
	}
	s.register(cmd)
	cmd.Flags().BoolVar(&again, "again", false, "let in cards that an office gave back in good order")
	return cmd
}

func newPackRemoveCmd(env *env) *cobra.Command {
	var s scanned
	cmd := &cobra.Command{
		Use:   "remove",
		Short: "Take cards out of their boxes",
		Long: `remove takes a packed card out of its box: it is a good card again. A sealed box is open
then, and has to be sealed anew.

` + scanHelp + `

Example:
  chipid pack remove --card 17 --by lan

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed, exitHSM),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.each(cmd.Context(), env, func(p *pack.Packer, code pack.Code) (store.Card, string, error) {
				c, err := p.Remove(cmd.Context(), code, s.person())
				return c, "", err
			})
		},
	}
	s.register(cmd)
	return cmd
}

func newPackReturnCmd(env *env) *cobra.Command {
	var s scanned
	var damaged bool
	cmd := &cobra.Command{
		Use:   "return",
		Short: "Take cards back that an office sent",
		Long: `return notes cards that an office sent back. One in good order can be packed again
(scan --again). --damaged sends it to the rejects: once it is confirmed in the locked bin
(chipid line confirm) its request is open again, and another card is made. A card that was
lost and is found goes to the rejects too: nobody knows where it was.

` + scanHelp + `

Example:
  chipid pack return --card 17 --damaged --by lan

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed, exitHSM),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.each(cmd.Context(), env, func(p *pack.Packer, code pack.Code) (store.Card, string, error) {
				c, err := p.Return(cmd.Context(), code, damaged, s.person())
				return c, "", err
			})
		},
	}
	s.register(cmd)
	cmd.Flags().BoolVar(&damaged, "damaged", false, "the card goes to the rejects")
	return cmd
}

func newPackLostCmd(env *env) *cobra.Command {
	var s scanned
	var remake bool
	var into string
	cmd := &cobra.Command{
		Use:   "lost",
		Short: "Say that a card is not to be found (two people), or ask for another one",
		Long: `lost notes that a card was searched for and is not to be found. Two people say so. A lost
card may turn up and is perfect: its request stays done, and nothing is made by itself.

--remake asks for another card in place of a lost one, as a request of its own of the
kind remake that names the one it replaces; so it does for a card that came back damaged
after its batch was closed, once it is confirmed in the locked bin. It needs --keys, which open the holder's data;
--batch names an open batch for it, by default the one the lost card was made in.

` + scanHelp + `

Example:
  chipid pack lost --card 17 --by lan
  chipid pack lost --card 17 --by minh
  chipid pack lost --card 17 --remake --batch A-2026-12 --keys keys.yaml --by minh

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed, exitHSM),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if remake {
				return s.remake(ctx, env, into)
			}
			return s.each(ctx, env, func(p *pack.Packer, code pack.Code) (store.Card, string, error) {
				c, done, err := p.Lost(ctx, code, s.person())
				note := ""
				if !done && err == nil {
					note = env.tr("noted; a second person has to say the same", "đã ghi; cần người thứ hai xác nhận")
				}
				return c, note, err
			})
		},
	}
	s.register(cmd)
	cmd.Flags().BoolVar(&remake, "remake", false, "ask for another card in its place")
	cmd.Flags().StringVar(&into, "batch", "", "open batch that the other card is made in")
	return cmd
}

// remake asks for another card in place of a lost one.
func (s *scanned) remake(ctx context.Context, env *env, into string) error {
	if s.card == "" || s.keys == "" {
		return usagef("--remake: needs --card and --keys")
	}
	code, err := s.flags()
	if err != nil {
		return err
	}
	keys, ring, err := lineKeys(ctx, env, s.keys)
	if err != nil {
		return err
	}
	defer ring.Close()
	return s.packer(ctx, func(p *pack.Packer) error {
		q, err := queue.Open(ctx, p.Store, queue.Config{Process: "office"})
		if err != nil {
			return err
		}
		m := pack.Remaker{Store: p.Store, Queue: q, Keys: ring, Seal: keys.Seal}
		r, err := m.Remake(ctx, code.Card, into, s.person())
		if err != nil {
			return err
		}
		if s.asJSON {
			return printJSON(env, struct {
				Schema   string `json:"schema"`
				Request  int64  `json:"request"`
				Replaces int64  `json:"replaces"`
				Batch    int64  `json:"batch"`
			}{"chipid.pack.remake/1", r.ID, r.Replaces, r.BatchID})
		}
		fmt.Fprintf(env.Stdout, env.tr("request %d replaces request %d\n", "yêu cầu %d thay cho yêu cầu %d\n"), r.ID, r.Replaces)
		return nil
	})
}
