package sod

import (
	"bytes"
	"errors"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// frame is an object in DER without its signature value, which is the last of the last
// fields all the way down: what comes before it is encoded once, while the object is
// prepared, and only lengths remain when the signature is there.
type frame struct {
	levels []level // outermost first
}

// level is one constructed field: its tag, and its content up to its last field.
type level struct {
	tag    tlv.Tag
	before []byte
}

// maxLevels bounds the depth of a frame; a SignedData's signature is six deep.
const maxLevels = 8

// newFrame takes the signature off an object that was encoded with signature as its
// value, and makes sure that it can be put back.
func newFrame(der, signature []byte) (*frame, error) {
	last := tlv.Encode(0x04, signature)
	f := &frame{}
	for rest := der; !bytes.Equal(rest, last); {
		n, after, err := tlv.Parse(rest)
		if err != nil || len(after) > 0 || !n.Constructed() || len(f.levels) == maxLevels {
			return nil, errors.New("the signature is not the last field of the object")
		}
		fields, err := n.Children()
		if err != nil || len(fields) == 0 {
			return nil, errors.New("the signature is not the last field of the object")
		}
		rest = fields[len(fields)-1].Raw
		f.levels = append(f.levels, level{n.Tag, n.Value[:len(n.Value)-len(rest)]})
	}
	if !bytes.Equal(f.with(signature), der) {
		return nil, errors.New("the object is not in DER")
	}
	return f, nil
}

// with is the object with this signature.
func (f *frame) with(signature []byte) []byte {
	headers := make([][]byte, len(f.levels))
	header := tlv.EncodeLength(len(signature))
	size := 1 + len(header) + len(signature)
	for i := len(f.levels) - 1; i >= 0; i-- {
		l := f.levels[i]
		headers[i] = append([]byte{byte(l.tag)}, tlv.EncodeLength(len(l.before)+size)...)
		size += len(headers[i]) + len(l.before)
	}
	out := make([]byte, 0, size)
	for i, l := range f.levels {
		out = append(append(out, headers[i]...), l.before...)
	}
	return append(append(append(out, 0x04), header...), signature...)
}
