package lds

import (
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Errors of reading and building; all match errors.Is.
var (
	ErrMalformed = errors.New("lds: malformed file")
	ErrBuild     = errors.New("lds: the file cannot be built")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}

func unbuilt(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrBuild}, args...)...)
}

// notes collects the deviations of one file.
type notes struct {
	where string
	list  []cardprofile.Deviation
}

func (n *notes) add(rule, format string, args ...any) {
	n.list = append(n.list, cardprofile.Deviation{Where: n.where, Rule: "lds." + rule, Text: fmt.Sprintf(format, args...)})
}

// groupNotes collects the deviations of data group n, with the middle part of
// their rules.
func groupNotes(n int) (*notes, string) {
	return &notes{where: fmt.Sprintf("DG%d", n)}, fmt.Sprintf("dg%d", n)
}

// minimal notes a length inside the file that is not in its shortest form.
func (n *notes) minimal(node tlv.Node, rule string) {
	if !node.Minimal() {
		n.add(rule+".length", "the length of %s is not in its shortest form", node.Tag)
	}
}

// count reads the number of instances, one byte.
func (n *notes) count(node tlv.Node, rule string) int {
	if len(node.Value) != 1 {
		n.add(rule+".count", "the number of instances is not one byte")
		return NotStated
	}
	return int(node.Value[0])
}

// open reads the outer template of a file. Bytes behind it, and a length that
// is not written in the fewest bytes, are deviations.
func open(b []byte, want tlv.Tag, n *notes, rule string) (tlv.Node, error) {
	node, rest, err := tlv.Parse(b)
	if err != nil {
		return tlv.Node{}, malformed("%s: %w", n.where, err)
	}
	if node.Tag != want {
		return tlv.Node{}, malformed("%s: tag %s instead of %s", n.where, node.Tag, want)
	}
	if len(rest) > 0 {
		n.add(rule+".trailing", "%d bytes after the end of the content", len(rest))
	}
	if !node.Minimal() {
		n.add(rule+".length", "the outer length is not in its shortest form")
	}
	return node, nil
}
