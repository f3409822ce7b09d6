package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: corpus DIR")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(1)
	}
}

// run reads a directory and prints the table.
func run(dir string, w io.Writer) error {
	c := newCollection()
	if err := c.readDir(dir); err != nil {
		return err
	}
	return c.judge().print(w)
}
