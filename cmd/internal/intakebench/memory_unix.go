//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory is the most that a process which has ended held, in bytes.
func peakMemory(p *os.ProcessState) (int64, bool) {
	use, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, false
	}
	unit := int64(1024) // Linux counts in KiB
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return int64(use.Maxrss) * unit, true
}
