package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks every step to end and clean up; after it the
	// default disposition is back, so that a second one ends at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, newEnv(), os.Args[1:]))
}
