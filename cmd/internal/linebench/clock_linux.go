package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// measurable: processor time can be told by thread.
const measurable = true

func threadID() int { return unix.Gettid() }

func clock(id int32) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(id, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// cpuOf is the processor time that a thread of this process has used. Its clock is
// numbered as the kernel does it: CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED.
func cpuOf(thread int) time.Duration {
	return clock(int32(^thread)<<3 | 6) //nolint:gosec // thread ids have 22 bits
}

// cpuOfAll is the processor time of the whole process.
func cpuOfAll() time.Duration { return clock(unix.CLOCK_PROCESS_CPUTIME_ID) }

// wall is real time: time.Now is modelled.
func wall() time.Duration { return clock(unix.CLOCK_MONOTONIC) }
