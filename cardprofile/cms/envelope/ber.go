package envelope

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Errors of opening.
var (
	ErrFormat      = errors.New("envelope: not a CMS enveloped object")
	ErrUnsupported = errors.New("envelope: encrypted in a way that is not supported")
	ErrRecipient   = errors.New("envelope: not encrypted to this key")
	ErrDamaged     = errors.New("envelope: damaged, or changed on its way")
)

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrFormat, what) }

// maxLevels bounds how deep constructed elements that are entered may nest.
const maxLevels = 12

// ber reads BER element by element without holding the object. Elements that are
// entered may have an indefinite length (X.690, 8.1.3.6); elements read whole may not.
type ber struct {
	r *bufio.Reader
	// left is what remains of each entered element, -1 for an indefinite length.
	left []int64
}

// take accounts for n bytes.
func (b *ber) take(n int64) error {
	for i, l := range b.left {
		if l < 0 {
			continue
		}
		if l < n {
			return malformed("an element is longer than what it lies in")
		}
		b.left[i] = l - n
	}
	return nil
}

func (b *ber) byte() (byte, error) {
	if err := b.take(1); err != nil {
		return 0, err
	}
	c, err := b.r.ReadByte()
	return c, ended(err)
}

// ended turns the end of the stream inside an element into what it is.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends too early", ErrDamaged)
	}
	return err
}

// header reads tag and length; -1 is an indefinite length.
func (b *ber) header() (tag byte, n int64, err error) {
	if tag, err = b.byte(); err != nil {
		return 0, 0, err
	}
	if tag&0x1f == 0x1f {
		return 0, 0, malformed("a tag of several bytes")
	}
	c, err := b.byte()
	if err != nil {
		return 0, 0, err
	}
	switch {
	case c < 0x80:
		return tag, int64(c), nil
	case c == 0x80:
		if tag&0x20 == 0 {
			return 0, 0, malformed("a primitive element of indefinite length")
		}
		return tag, -1, nil
	case c > 0x86:
		return 0, 0, malformed("a length of more than six bytes")
	}
	for range c & 0x7f {
		d, err := b.byte()
		if err != nil {
			return 0, 0, err
		}
		n = n<<8 | int64(d)
	}
	return tag, n, nil
}

// enter reads the header of a constructed element.
func (b *ber) enter(want byte) error {
	tag, n, err := b.header()
	if err != nil {
		return err
	}
	if tag != want {
		return malformed(fmt.Sprintf("tag %02X where %02X belongs", tag, want))
	}
	return b.push(n)
}

func (b *ber) push(n int64) error {
	if len(b.left) == maxLevels {
		return malformed("nested too deep")
	}
	b.left = append(b.left, n)
	return nil
}

// next is the tag of the next element of the entered one, 0 at its end.
func (b *ber) next() (byte, error) {
	if b.left[len(b.left)-1] == 0 {
		return 0, nil
	}
	p, err := b.r.Peek(1)
	if err != nil {
		return 0, ended(err)
	}
	return p[0], nil // the tag of the end of contents is 0
}

// leave ends the entered element.
func (b *ber) leave() error {
	last := len(b.left) - 1
	n := b.left[last]
	b.left = b.left[:last]
	switch {
	case n > 0:
		return malformed("more in an element than belongs there")
	case n == 0:
		return nil
	}
	for range 2 {
		c, err := b.byte()
		if err != nil {
			return err
		}
		if c != 0 {
			return malformed("more in an element than belongs there")
		}
	}
	return nil
}

// element reads a whole element of at most limit bytes.
func (b *ber) element(want byte, limit int64) ([]byte, error) {
	tag, n, err := b.header()
	switch {
	case err != nil:
		return nil, err
	case tag != want:
		return nil, malformed(fmt.Sprintf("tag %02X where %02X belongs", tag, want))
	case n < 0 || n > limit:
		return nil, malformed("an element of too many bytes, or of indefinite length where it may not be")
	}
	if err := b.take(n); err != nil {
		return nil, err
	}
	v := make([]byte, n)
	_, err = io.ReadFull(b.r, v)
	return v, ended(err)
}

// octets reads an OCTET STRING in pieces, implicitly tagged [0]: primitive, or
// constructed of primitive ones.
type octets struct {
	b     *ber
	chunk int64 // what is left of the present piece
	whole bool  // primitive
}

func newOctets(b *ber) (*octets, error) {
	tag, n, err := b.header()
	switch {
	case err != nil:
		return nil, err
	case tag == 0x80:
		return &octets{b: b, chunk: n, whole: true}, nil
	case tag == 0xa0:
		return &octets{b: b}, b.push(n)
	}
	return nil, malformed("there is no encrypted content in it")
}

// Read gives io.EOF where the string ends; the element has been left then.
func (o *octets) Read(p []byte) (int, error) {
	for o.chunk == 0 {
		if o.whole {
			return 0, io.EOF
		}
		tag, err := o.b.next()
		if err != nil {
			return 0, err
		}
		if tag == 0 {
			o.whole = true
			if err := o.b.leave(); err != nil {
				return 0, err
			}
			return 0, io.EOF
		}
		tag, n, err := o.b.header()
		if err != nil {
			return 0, err
		}
		if tag != 0x04 {
			return 0, malformed("encrypted content that is no octet string")
		}
		o.chunk = n
	}
	n, err := o.b.r.Read(p[:min(int64(len(p)), o.chunk)])
	if n > 0 {
		o.chunk -= int64(n)
		return n, o.b.take(int64(n))
	}
	return 0, ended(err)
}
