package card_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/printer/line/card"
)

var update = flag.Bool("update", false, "write docs/line-states.md anew")

const statesFile = "../../../docs/line-states.md"

// docs/line-states.md is made from the table that the store obeys.
func TestStatesDocument(t *testing.T) {
	want := statesDocument()
	if *update {
		if err := os.WriteFile(statesFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(statesFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/line-states.md is not what the table says: go test ./printer/line/card -run TestStatesDocument -update")
	}
}

func statesDocument() string {
	var b strings.Builder
	b.WriteString(`# What may become of a blank

A state is written before the step that leads out of it begins: what it says has happened, what comes after it may have. This page is made from the table
that the store obeys (printer/line/card):

	go test ./printer/line/card -run TestStatesDocument -update

*Another card*: whether a second card for the same request may be begun. *Used again*: whether the blank may be drawn again.

| state | written before it | its own record says | a crash in it means | a restart | account | another card | used again | may become |
|---|---|---|---|---|---|---|---|---|
`)
	for _, i := range card.States() {
		next := make([]string, len(i.Next))
		for n, s := range i.Next {
			next[n] = string(s)
		}
		again := "no"
		if i.State == card.Untouched {
			again = "yes"
		}
		another := "no"
		if !i.Live {
			another = "yes"
		}
		fmt.Fprintf(&b, "| **%s** | %s | %s | %s | %s | %s | %s | %s | %s |\n",
			i.State, i.Before, i.After, i.Crash, i.Recovery, i.Account, another, again, strings.Join(next, ", "))
	}
	return b.String()
}
