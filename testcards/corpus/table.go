package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// named is how many examples stand behind a reason.
const named = 3

func (r *results) print(w io.Writer) error {
	out := &printer{w: w}
	out.line("%-44s %8s %8s %8s %8s", "", "found", "parsed", "verified", "flagged")
	row := func(name string, c count, parsed, flagged bool) {
		cell := func(n int, has bool) string {
			if !has {
				return ""
			}
			return fmt.Sprint(n)
		}
		out.line("%-44s %8d %8s %8d %8s", name, c.total, cell(c.parsed, parsed), c.verified, cell(c.flagged, flagged))
	}
	row("master lists, by their own signature", r.lists, true, true)
	row("deviation lists, by their own signature", r.deviationLists, true, true)
	row("certificates, by some key of the corpus", r.certificates, true, true)
	row("  self-signed, by their own key", r.self, false, false)
	row("  Document Signers and list signers", r.signers, false, false)
	row("CRLs, by some key of the corpus", r.crls, true, false)
	row("security objects, sod.signature passed", r.sods, true, false)
	row("  sod.chain passed, of these", r.chained, false, false)
	row("  sod.validity passed today, of these", r.valid, false, false)
	for _, s := range []struct {
		title string
		count
	}{{"master lists", r.lists}, {"deviation lists", r.deviationLists}, {"certificates", r.certificates}, {"CRLs", r.crls},
		{"sod.signature", r.sods}, {"sod.chain", r.chained}, {"sod.validity", r.valid}} {
		if len(s.reasons) == 0 {
			continue
		}
		out.line("\nNot so, %s:", s.title)
		for _, reason := range byNumber(s.reasons) {
			names := s.reasons[reason]
			slices.Sort(names)
			more := ""
			if len(names) > named {
				more = ", …"
			}
			out.line("%6d  %s\n        %s", len(names), reason, strings.Join(names[:min(named, len(names))], ", ")+more)
		}
	}
	if len(r.deviations) > 0 {
		out.line("\nDeviations, by the number of objects that have them:")
		rules := map[string][]string{}
		for rule, n := range r.deviations {
			rules[rule] = make([]string, n)
		}
		for _, rule := range byNumber(rules) {
			out.line("%6d  %s", len(rules[rule]), rule)
		}
	}
	if len(r.others) > 0 {
		out.line("\nNothing known in: %s", strings.Join(r.others, ", "))
	}
	return out.err
}

// byNumber sorts keys by how many there are of each, most first.
func byNumber(m map[string][]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := len(m[b]) - len(m[a]); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return keys
}

// printer keeps the first error of writing.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
