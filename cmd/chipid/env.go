package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// env is what a verb may touch of the world around it.
type env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Lang is "vi" or "en"; it concerns text for people only, JSON is never
	// translated.
	Lang string
}

func newEnv() *env {
	return &env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Lang: language(os.Getenv)}
}

// language follows the order of POSIX: LC_ALL, LC_MESSAGES, LANG.
func language(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if strings.HasPrefix(strings.ToLower(v), "vi") {
				return "vi"
			}
			return "en"
		}
	}
	return "en"
}

// tr picks the text in the language of the person.
func (e *env) tr(en, vi string) string {
	if e.Lang == "vi" {
		return vi
	}
	return en
}

// talk writes a line to stderr.
func (e *env) talk(format string, args ...any) {
	fmt.Fprintf(e.Stderr, format+"\n", args...)
}

// terminal reports whether w is a terminal that a person looks at.
func terminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}
