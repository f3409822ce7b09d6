package main

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/apdu/pcsc"
)

func newReadersCmd(env *env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "readers",
		Short: "List the PC/SC readers, the cards in them and what they can carry",
		Long: `readers lists the PC/SC readers by name, the answer to reset of the card in
each, and the largest command and answer, in bytes, that the reader can carry.
Wherever a verb wants --reader R, R is a name from this list, a part of it that
fits one reader only, or the number in front of it.

A reader that does not say what it carries is listed with what every reader
carries, and with "assumed".

Example:
  chipid readers
  chipid readers --json

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitNoCard),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			readers, err := pcsc.Readers(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(env, readersDocument(readers))
			} else {
				printReaders(env, readers)
			}
			if err == nil && len(readers) == 0 {
				return exitError{status: exitNoCard, err: pcsc.ErrNoReader}
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// readersJSON is what `readers --json` prints. It changes by addition.
type readersJSON struct {
	Schema  string       `json:"schema"`
	Readers []readerJSON `json:"readers"`
}

type readerJSON struct {
	Index int    `json:"index"`
	Name  string `json:"name"`
	// State is empty, card, mute or unknown.
	State string `json:"state"`
	Card  bool   `json:"card"`
	ATR   string `json:"atr,omitempty"`
	InUse bool   `json:"in_use"`
	// MaxCommand and MaxResponse are bytes of whole APDUs.
	MaxCommand  int  `json:"max_command"`
	MaxResponse int  `json:"max_response"`
	Extended    bool `json:"extended_length"`
	// Stated: the reader says so itself.
	Stated  bool   `json:"limits_stated"`
	Problem string `json:"problem,omitempty"`
}

func readersDocument(readers []pcsc.Info) readersJSON {
	doc := readersJSON{Schema: "chipid.readers/1", Readers: []readerJSON{}}
	for _, r := range readers {
		j := readerJSON{
			Index: r.Index, Name: r.Name, State: readerState(r), Card: r.Card, InUse: r.InUse,
			ATR:        strings.ToUpper(hex.EncodeToString(r.ATR)),
			MaxCommand: r.Limits.MaxCommand, MaxResponse: r.Limits.MaxResponse,
			Extended: r.Limits.Extended(), Stated: r.Limits.Stated,
		}
		if r.Problem != nil {
			j.Problem = r.Problem.Error()
		}
		doc.Readers = append(doc.Readers, j)
	}
	return doc
}

// readerState is the state in a word of the JSON.
func readerState(r pcsc.Info) string {
	switch {
	case r.Problem != nil:
		return "unknown"
	case r.Mute:
		return "mute"
	case r.Card:
		return "card"
	}
	return "empty"
}

func printReaders(env *env, readers []pcsc.Info) {
	if len(readers) == 0 {
		return
	}
	t := newTable(env.Stdout)
	t.row(env.tr("No", "Số"), env.tr("Reader", "Đầu đọc"), env.tr("Card", "Thẻ"), "ATR", env.tr("Carries, bytes", "Tải được, byte"))
	for _, r := range readers {
		carries := fmt.Sprintf("%d / %d", r.Limits.MaxCommand, r.Limits.MaxResponse)
		if !r.Limits.Stated {
			carries += env.tr(" (assumed)", " (giả định)")
		}
		t.row(r.Index, r.Name, readerStateText(env, r), strings.ToUpper(hex.EncodeToString(r.ATR)), carries)
	}
	t.flush()
}

func readerStateText(env *env, r pcsc.Info) string {
	text := map[string]string{
		"empty":   env.tr("no card", "không có thẻ"),
		"card":    env.tr("card", "có thẻ"),
		"mute":    env.tr("card does not answer", "thẻ không trả lời"),
		"unknown": env.tr("unknown", "không rõ"),
	}[readerState(r)]
	if r.InUse {
		text += env.tr(", in use", ", đang được dùng")
	}
	return text
}
