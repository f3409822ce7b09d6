package ruletest

import (
	"bytes"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Node is one element that can be changed.
type Node struct {
	Tag      tlv.Tag
	Value    []byte // of a primitive element
	Children []*Node
	Raw      []byte // replaces everything else, for encodings that are wrong
}

// Parse takes one element apart, down to its leaves.
func Parse(tb testing.TB, b []byte) *Node {
	tb.Helper()
	n, rest, err := tlv.Parse(bytes.Clone(b))
	if err != nil || len(rest) > 0 {
		tb.Fatalf("ruletest: not one element: %v", err)
	}
	return tree(n)
}

func tree(n tlv.Node) *Node {
	out := &Node{Tag: n.Tag, Value: n.Value}
	if n.Constructed() {
		children, err := n.Children()
		if err == nil {
			for _, c := range children {
				out.Children = append(out.Children, tree(c))
			}
		}
	}
	return out
}

// New makes an element: primitive content, or children.
func New(tag tlv.Tag, value []byte, children ...*Node) *Node {
	return &Node{Tag: tag, Value: value, Children: children}
}

// Raw is an element as it is written.
func Raw(b []byte) *Node { return &Node{Raw: b} }

// Bytes puts the element together.
func (n *Node) Bytes() []byte {
	if n.Raw != nil {
		return n.Raw
	}
	if !n.Tag.Constructed() {
		return tlv.Encode(n.Tag, n.Value)
	}
	var parts [][]byte
	for _, c := range n.Children {
		parts = append(parts, c.Bytes())
	}
	return tlv.Encode(n.Tag, parts...)
}

// At follows indexes down.
func (n *Node) At(path ...int) *Node {
	for _, i := range path {
		n = n.Children[i]
	}
	return n
}

// Add puts children behind the others.
func (n *Node) Add(children ...*Node) { n.Children = append(n.Children, children...) }

// Insert puts a child before the one at i.
func (n *Node) Insert(i int, child *Node) {
	n.Children = append(n.Children[:i:i], append([]*Node{child}, n.Children[i:]...)...)
}

// Drop takes the child at i out.
func (n *Node) Drop(i int) { n.Children = append(n.Children[:i:i], n.Children[i+1:]...) }

// Find is the first child with this tag, nil when there is none.
func (n *Node) Find(tag tlv.Tag) *Node {
	for _, c := range n.Children {
		if c.Tag == tag {
			return c
		}
	}
	return nil
}

// Remove takes the first child with this tag out.
func (n *Node) Remove(tag tlv.Tag) {
	for i, c := range n.Children {
		if c.Tag == tag {
			n.Drop(i)
			return
		}
	}
}
