package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is a kind of fault.
type Kind string

// class is a kind of moment.
type class string

const (
	atBegin     class = "begin"     // a transaction is about to begin
	atCommit    class = "commit"    // a transaction is about to be kept
	atCommitted class = "committed" // it is kept, and the line does not know it yet
	atPrinter   class = "printer"   // the printer is about to do something
	atPrinted   class = "printed"   // it has, and has not said so yet
	atChip      class = "chip"      // the chip is about to get a command
	atAnswered  class = "answered"  // it has done it, and the answer is not out yet
	atToken     class = "token"     // the token is about to be asked
	atHelp      class = "help"      // somebody comes to a station that halted
	atBins      class = "bins"      // somebody looks through the locked bins
)

// kindInfo is what there is to know about a kind of fault.
type kindInfo struct {
	kind  Kind
	at    []class
	means string
}

// kinds is what can go wrong, at which moments, and what it means.
var kinds = []kindInfo{
	{"kill", []class{atBegin, atCommit, atCommitted, atPrinter, atPrinted, atChip, atAnswered, atToken}, "the process is killed; it starts again some seconds later"},
	{"power", []class{atBegin, atCommit, atCommitted, atPrinter, atPrinted, atChip, atAnswered, atToken}, "the machine that runs the stations loses power, printers and readers with it; cards stay where they are"},
	{"freeze", []class{atBegin, atPrinter, atChip}, "the process stands still for up to a minute, longer than others wait for its word"},
	{"second", []class{atBegin}, "a second process is started for the same stations"},
	{"clock-back", []class{atBegin}, "the clock is set back by up to a day, and put right ten minutes later"},
	{"clock-forward", []class{atBegin}, "the clock is set forward by up to a day, and put right ten minutes later"},
	{"db-refuses", []class{atCommit}, "the database fails before it keeps the transaction"},
	{"db-silent", []class{atCommitted}, "the database keeps the transaction and the connection breaks: nobody is told"},
	{"db-down", []class{atBegin, atCommit}, "the database is away for up to half a minute"},
	{"token-gone", []class{atToken}, "the token is away for up to half a minute"},
	{"pulled", []class{atChip, atAnswered}, "the chip leaves the field for a moment"},
	{"mute", []class{atChip, atAnswered}, "the chip does not answer one command"},
	{"hung", []class{atChip}, "the chip answers nothing until it is powered anew"},
	{"dead", []class{atChip, atAnswered}, "the chip never answers again"},
	{"write-fails", []class{atChip}, "the chip answers 6581: its memory failed"},
	{"bad-keys", []class{atPrinter}, "the next blank has other keys than its maker said"},
	{"offline", []class{atPrinter}, "the printer is off line before it did anything"},
	{"offline-late", []class{atPrinted}, "the printer is off line after it did its work"},
	{"jam", []class{atPrinter}, "a card is jammed"},
	{"jam-late", []class{atPrinted}, "a card is jammed after the work was done"},
	{"ribbon", []class{atPrinter}, "the ribbon tears before a face is printed"},
	{"ribbon-late", []class{atPrinted}, "the ribbon ends while a face is printed: it is printed as far as anyone can tell"},
	{"lost-print", []class{atPrinter}, "the printer loses the job and says that it printed"},
	{"taken", []class{atPrinter, atPrinted, atChip}, "somebody opens the machine and takes the card out"},
	{"swapped", []class{atPrinter, atPrinted, atChip}, "somebody opens the machine and puts a blank in the card's place"},
	{"crossed", []class{atPrinter, atPrinted, atChip}, "somebody opens two machines and changes their cards"},
	{"gives-up", []class{atHelp}, "the operator gives the card up"},
	{"slow", []class{atHelp}, "the operator comes five minutes later"},
	{"wrong-scan", []class{atBins}, "somebody scans a good card as a reject"},
	{"twice", []class{atBins}, "somebody scans the same reject again"},
	{"alone", []class{atBins}, "one person confirms twice, in place of two, a reject that nobody saw"},
}

// Kinds are all kinds of fault, with what each means.
func Kinds() (list []Kind, means map[Kind]string) {
	means = map[Kind]string{}
	for _, k := range kinds {
		list, means[k.kind] = append(list, k.kind), k.means
	}
	return list, means
}

func (k Kind) strikes(at class) bool {
	for _, e := range kinds {
		if e.kind == k {
			return slices.Contains(e.at, at)
		}
	}
	return false
}

// Fault strikes once, at the first moment at which its kind can.
type Fault struct {
	Kind Kind
	// From is the moment from which on it may strike, counted from 1.
	From int
	// After, if set, is the transaction about to be kept, from which on it may
	// strike: "S1: probed"; with + behind it, once it is kept; or Then.
	After string
}

// Then is after the fault before it in the list.
const Then = "then"

// String is the fault as ParseFaults reads it: kind@from, kind@from/after.
func (f Fault) String() string {
	s := string(f.Kind) + "@" + strconv.Itoa(f.From)
	if f.After != "" {
		s += "/" + strings.ReplaceAll(f.After, " ", "_")
	}
	return s
}

// ParseDay reads a day as its String writes it.
func ParseDay(s string) (Day, error) {
	var d Day
	for _, word := range strings.Fields(s) {
		name, value, _ := strings.Cut(word, "=")
		var err error
		switch name {
		case "SEED":
			d.Seed, err = strconv.ParseUint(value, 10, 64)
		case "REQUESTS":
			d.Requests, err = strconv.Atoi(value)
		case "STATIONS":
			d.Stations, err = strconv.Atoi(value)
		case "PROCESSES":
			d.Processes, err = strconv.Atoi(value)
		case "FAULTS":
			d.Faults, err = ParseFaults(value)
		case "WEAK":
			d.Weak = Weakness(value)
		default:
			err = fmt.Errorf("sim: no word %q in a day", name)
		}
		if err != nil {
			return d, err
		}
	}
	if d.Requests < 1 || d.Stations < 1 || d.Processes < 1 || d.Processes > d.Stations {
		return d, fmt.Errorf("sim: a day has requests, stations, and as many processes at most")
	}
	return d, nil
}

// ParseFaults reads a list of faults, separated by commas.
func ParseFaults(s string) ([]Fault, error) {
	var list []Fault
	for part := range strings.SplitSeq(s, ",") {
		if part == "" {
			continue
		}
		kind, rest, ok := strings.Cut(part, "@")
		at, after, _ := strings.Cut(rest, "/")
		from, err := strconv.Atoi(at)
		known := slices.ContainsFunc(kinds, func(e kindInfo) bool { return e.kind == Kind(kind) })
		if !ok || err != nil || !known {
			return nil, fmt.Errorf("sim: no fault %q: KIND@MOMENT or KIND@MOMENT/AFTER", part)
		}
		list = append(list, Fault{Kind: Kind(kind), From: from, After: strings.ReplaceAll(after, "_", " ")})
	}
	return list, nil
}

// armed is a fault of a day.
type armed struct {
	Fault
	ready, struck bool
	draw          uint64 // what about it is left to chance
}

// upTo is a time between a tenth of most and most that belongs to the fault.
func (a *armed) upTo(most time.Duration) time.Duration {
	tenth := most / 10
	return tenth + time.Duration(a.draw%uint64(most-tenth))
}
