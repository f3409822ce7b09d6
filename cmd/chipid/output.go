package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// printJSON writes v to stdout, indented.
func printJSON(env *env, v any) error {
	enc := json.NewEncoder(env.Stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// table aligns columns.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer) table { return table{tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)} }

func (t table) row(cells ...any) {
	text := make([]string, len(cells))
	for i, c := range cells {
		text[i] = fmt.Sprint(c)
	}
	fmt.Fprintln(t.w, strings.Join(text, "\t"))
}

func (t table) flush() { _ = t.w.Flush() }

// progress shows long work: a bar on a terminal, a line for each finished piece
// elsewhere. It writes to stderr.
type progress struct {
	env   *env
	pool  *mpb.Progress
	mu    sync.Mutex
	bar   *mpb.Bar
	stage string
	done  int
}

func newProgress(env *env) *progress {
	p := &progress{env: env, done: -1}
	if terminal(env.Stderr) {
		p.pool = mpb.New(mpb.WithOutput(env.Stderr), mpb.WithWidth(64))
	}
	return p
}

// set says that done of total pieces are finished, and what is being done now.
func (p *progress) set(stage string, done, total int) {
	p.mu.Lock()
	p.stage = stage
	if p.pool == nil {
		changed := done != p.done && done > 0
		p.done = done
		p.mu.Unlock()
		if changed {
			p.env.talk("%d/%d", done, total)
		}
		return
	}
	if p.bar == nil && total > 0 {
		p.bar = p.pool.AddBar(int64(total),
			mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.CountersNoUnit("%3d/%d ")),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
				p.mu.Lock()
				defer p.mu.Unlock()
				return " " + p.stage
			})))
	}
	bar := p.bar
	p.mu.Unlock()
	if bar != nil {
		bar.SetCurrent(int64(done))
	}
}

// bytes is set for work that is counted in bytes, of one file after another:
// elsewhere than on a terminal only finished files are worth a line.
func (p *progress) bytes(file string, done, total int) {
	if p.pool == nil {
		if total > 0 && done == total {
			p.env.talk("%s: %d", file, total)
		}
		return
	}
	p.mu.Lock()
	if p.bar != nil && p.stage != file {
		p.bar.Abort(true)
		p.bar = nil
	}
	p.mu.Unlock()
	p.set(file, done, total)
}

// close takes the bar away.
func (p *progress) close() {
	if p.pool == nil {
		return
	}
	if p.bar != nil {
		p.bar.Abort(true)
	}
	p.pool.Wait()
}
