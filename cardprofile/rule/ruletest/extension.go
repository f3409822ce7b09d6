package ruletest

import (
	"bytes"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Extensions is the SEQUENCE OF Extension of a certificate or a CRL: the list
// inside the wrapper.
type Extensions struct{ List *Node }

func (x Extensions) index(id string) int {
	want := cms.MarshalOID(id)
	for i, e := range x.List.Children {
		if e.Raw == nil && bytes.Equal(e.At(0).Bytes(), want) {
			return i
		}
	}
	return -1
}

// Without takes an extension out.
func (x Extensions) Without(id string) {
	if i := x.index(id); i >= 0 {
		x.List.Drop(i)
	}
}

// Set puts an extension in place of the one there was, or behind the others. value
// is the content of extnValue.
func (x Extensions) Set(id string, critical bool, value []byte) {
	e := New(0x30, nil, Raw(cms.MarshalOID(id)))
	if critical {
		e.Add(New(0x01, []byte{0xff}))
	}
	e.Add(New(0x04, value))
	e.Children[0] = &Node{Tag: 0x06, Value: cms.MarshalOID(id)[2:]}
	if i := x.index(id); i >= 0 {
		x.List.Children[i] = e
		return
	}
	x.List.Add(e)
}

// Value is the content of an extension's extnValue, nil when it is absent.
func (x Extensions) Value(id string) []byte {
	i := x.index(id)
	if i < 0 {
		return nil
	}
	e := x.List.Children[i]
	return e.At(len(e.Children) - 1).Value
}

// Critical changes the criticality of an extension that is there.
func (x Extensions) Critical(id string, critical bool) { x.Set(id, critical, x.Value(id)) }

// SpellFalse writes the default of critical out.
func (x Extensions) SpellFalse(id string) {
	x.List.Children[x.index(id)].Insert(1, New(0x01, []byte{0}))
}
