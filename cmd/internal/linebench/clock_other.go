//go:build !linux

package main

import "time"

const measurable = false

func threadID() int { return 0 }

func cpuOf(int) time.Duration { return 0 }

func cpuOfAll() time.Duration { return 0 }

func wall() time.Duration { return 0 }
