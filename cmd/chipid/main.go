package main

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// graceTime is how long an interrupted command may clean up. The slowest thing
// to stop is a pcscd of one's own, in under a second.
const graceTime = 5 * time.Second

// finishes is set by a verb that after the first signal finishes what it has begun,
// however long that takes: a card in a printer. A second signal ends it all the same.
var finishes atomic.Bool

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks every step to end and clean up; after it the
	// default disposition is back, so that a second one ends at once.
	context.AfterFunc(ctx, stop)
	// A step that waits for somebody who does not come, at a pipe or a
	// terminal, cannot end by itself.
	context.AfterFunc(ctx, func() {
		time.Sleep(graceTime)
		if !finishes.Load() {
			os.Exit(exitFault)
		}
	})
	os.Exit(run(ctx, newEnv(), os.Args[1:]))
}
