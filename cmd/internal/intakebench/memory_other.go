//go:build !unix

package main

import "os"

// peakMemory: the system does not tell.
func peakMemory(*os.ProcessState) (int64, bool) { return 0, false }
