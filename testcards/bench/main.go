package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// figure is one number that runs are compared by.
type figure struct {
	name  string
	value float64
	unit  string
}

// subject measures one thing: it writes a report for people to w and returns its
// figures.
type subject func(ctx context.Context, w io.Writer) ([]figure, error)

var subjects = []subject{reading, trusting, verifying}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer) error {
	var all []figure
	for _, measure := range subjects {
		figures, err := measure(ctx, w)
		if err != nil {
			return err
		}
		all = append(all, figures...)
	}
	for _, f := range all {
		if _, err := fmt.Fprintf(w, "figure %s %g %s\n", f.name, f.value, f.unit); err != nil {
			return err
		}
	}
	return nil
}
