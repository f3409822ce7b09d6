package main

import (
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// treeNode is a data object that is not decoded further.
type treeNode struct {
	Tag      string     `json:"tag"`
	Name     string     `json:"name,omitempty"`
	Length   int        `json:"length"`
	Value    string     `json:"value,omitempty"` // hexadecimal
	Text     string     `json:"text,omitempty"`  // of strings, object identifiers and small numbers
	Children []treeNode `json:"children,omitempty"`
}

const (
	maxTree      = 4096 // objects of one file
	maxTreeDepth = 16
	maxTreeValue = 256 // bytes of one value
	maxTreeText  = 256 // bytes of one text
)

// universal are the names of ASN.1 types in a tree (ISO/IEC 8824-1, 8.4).
var universal = map[tlv.Tag]string{
	0x01: "BOOLEAN", 0x02: "INTEGER", 0x03: "BIT STRING", 0x04: "OCTET STRING", 0x05: "NULL", 0x06: "OBJECT IDENTIFIER", 0x0A: "ENUMERATED",
	0x0C: "UTF8String", 0x12: "NumericString", 0x13: "PrintableString", 0x14: "T61String", 0x16: "IA5String", 0x17: "UTCTime",
	0x18: "GeneralizedTime", 0x1A: "VisibleString", 0x1E: "BMPString", 0x30: "SEQUENCE", 0x31: "SET",
}

// treeReader bounds a tree.
type treeReader struct {
	budget int
	name   func(tlv.Tag) string
}

// tree shows data objects; nothing happens when the bytes are none.
func (s *shown) tree(b []byte, name func(tlv.Tag) string) {
	r := treeReader{maxTree, name}
	nodes, ok := r.read(b, 0)
	if !ok || len(nodes) == 0 {
		return
	}
	s.Tree = append(s.Tree, nodes...)
	s.treeRows(nodes, 0)
}

func (r *treeReader) read(b []byte, depth int) (out []treeNode, ok bool) {
	for len(b) > 0 && r.budget > 0 {
		n, rest, err := tlv.Parse(b)
		if err != nil {
			return out, depth == 0 && len(out) > 0
		}
		r.budget--
		t := treeNode{Tag: n.Tag.String(), Name: r.name(n.Tag), Length: len(n.Value)}
		if n.Constructed() && depth < maxTreeDepth {
			if children, ok := r.read(n.Value, depth+1); ok {
				t.Children = children
			}
		}
		if t.Children == nil {
			t.Value, t.Text = hexCut(n.Value), nodeText(n)
		}
		out, b = append(out, t), rest
	}
	return out, true
}

// nodeText reads the values that read better as text.
func nodeText(n tlv.Node) string {
	switch n.Tag {
	case 0x06:
		var oid asn1.ObjectIdentifier
		if len(n.Value) <= 64 {
			if rest, err := asn1.Unmarshal(n.Raw, &oid); err == nil && len(rest) == 0 {
				return oid.String()
			}
		}
	case 0x02:
		if len(n.Value) > 0 && len(n.Value) <= 4 && n.Value[0]&0x80 == 0 {
			v := 0
			for _, c := range n.Value {
				v = v<<8 | int(c)
			}
			return fmt.Sprint(v)
		}
	case 0x0C, 0x12, 0x13, 0x16, 0x17, 0x18, 0x1A:
		return printableText(n.Value)
	}
	if n.Tag > 0xFF { // elements of the LDS, most of which are text
		return printableText(n.Value)
	}
	return ""
}

// printableText is a value that is text all through, else "".
func printableText(b []byte) string {
	if len(b) == 0 || len(b) > maxTreeText || !utf8.Valid(b) {
		return ""
	}
	if s := string(b); clean(s) == s {
		return s
	}
	return ""
}

func (s *shown) treeRows(tree []treeNode, depth int) {
	for _, n := range tree {
		label := strings.TrimSpace(n.Tag + " " + n.Name)
		switch {
		case n.Children != nil:
			s.add(depth, label, "")
		case n.Text != "":
			s.add(depth, label, n.Text)
		case n.Length == 0:
			s.add(depth, label, s.tr("empty", "rỗng"))
		default:
			s.add(depth, label, fmt.Sprintf("%d: %s", n.Length, n.Value))
		}
		s.treeRows(n.Children, depth+1)
	}
}

func hexCut(b []byte) string {
	if len(b) > maxTreeValue {
		return hexText(b[:maxTreeValue]) + "…"
	}
	return hexText(b)
}

func hexText(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }
