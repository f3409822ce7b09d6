package chip

import (
	"bytes"
	"fmt"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

func parseHostileFault(name, at, value string) (Fault, error) {
	switch name {
	case "bomb":
		id, ok := lds.FileByName(value)
		if !ok {
			return nil, fmt.Errorf("no file is called %q", value)
		}
		return &bombFault{file: id.Name}, nil
	case "loop":
		n, err := number(at, 1, 1<<30)
		return &loopFault{n: n}, err
	case "nonce":
		return &paceFault{tag: tagNonce, change: flipped}, nil
	}
	f := &paceFault{tag: tagMapChip}
	if name == "key" {
		f.tag = tagKeyChip
	}
	switch change, ok := badPoints[value]; {
	case ok:
		f.change = change
	case value == "minus-one":
		f.change = f.minusOne
	case value == "subgroup":
		f.change = f.smallOrder
	default:
		return nil, fmt.Errorf("%q is no point; off-curve, infinity, zero, one, minus-one, subgroup", value)
	}
	return f, nil
}

// bombFault shows a file that declares more than any chip holds.
type bombFault struct{ file string }

func (f *bombFault) Command(int, []byte) Effect { return Effect{} }
func (f *bombFault) Answer(int, []byte) Effect  { return Effect{} }

func (f *bombFault) File(name string, content []byte) []byte {
	if name != f.file || len(content) == 0 {
		return content
	}
	return append([]byte{content[0], 0x84, 0xFF, 0xFF, 0xFF, 0xFA}, content[1:]...)
}

// loopFault announces data for ever.
type loopFault struct{ n int }

func (f *loopFault) Command(n int, _ []byte) Effect {
	if n < f.n {
		return Effect{}
	}
	return Effect{Answer: []byte{0x00, 0x61, 0x01}}
}

func (f *loopFault) Answer(int, []byte) Effect            { return Effect{} }
func (f *loopFault) File(_ string, content []byte) []byte { return content }

// Objects of PACE: DO 84 of MSE:Set AT (4.4.4.1), and what the chip sends in
// GENERAL AUTHENTICATE (Doc 9303-11 (8th
// ed.), 4.4.4.2).
const (
	tagDomain  tlv.Tag = 0x84 // of MSE:Set AT, from the terminal
	tagDynamic tlv.Tag = 0x7C
	tagNonce   tlv.Tag = 0x80
	tagMapChip tlv.Tag = 0x82
	tagKeyChip tlv.Tag = 0x84
)

// paceFault changes an object that the chip sends in PACE.
type paceFault struct {
	tag     tlv.Tag
	change  func([]byte) []byte
	general bool          // the command under way is GENERAL AUTHENTICATE in plain
	group   *domain.Group // of the parameters that the terminal has named, nil if it is none
}

func (f *paceFault) Command(_ int, command []byte) Effect {
	cmd, err := apdu.ParseCommand(command)
	f.general = err == nil && cmd.INS == 0x86 && cmd.CLA&apdu.ClassSM == 0
	if id, ok := tlv.First(cmd.Data, tagDomain); err == nil && cmd.INS == 0x22 && ok && len(id.Value) == 1 {
		f.group = nil
		if d, err := domain.Standard(int(id.Value[0])); err == nil {
			f.group = d.Group()
		}
	}
	return Effect{}
}

// minusOne is the element of order 2; on a curve there is none, and b stays.
func (f *paceFault) minusOne(b []byte) []byte {
	if f.group == nil {
		return b
	}
	p := f.group.P()
	return p.Sub(p, big.NewInt(1)).FillBytes(make([]byte, f.group.Len()))
}

// smallOrder is an element whose order is a small odd prime, where the group has
// one outside its subgroup; else minusOne.
func (f *paceFault) smallOrder(b []byte) []byte {
	if f.group == nil {
		return b
	}
	p := f.group.P()
	order := new(big.Int).Sub(p, big.NewInt(1))
	for r := int64(3); r < 10_000; r += 2 {
		n, rest := new(big.Int).QuoRem(order, big.NewInt(r), new(big.Int))
		if rest.Sign() != 0 || !big.NewInt(r).ProbablyPrime(0) {
			continue
		}
		for h := int64(2); h < 20; h++ {
			if y := new(big.Int).Exp(big.NewInt(h), n, p); y.Cmp(big.NewInt(1)) != 0 {
				return y.FillBytes(make([]byte, f.group.Len()))
			}
		}
	}
	return f.minusOne(b)
}

func (f *paceFault) Answer(_ int, answer []byte) Effect {
	if !f.general || len(answer) < 2 {
		return Effect{}
	}
	data, sw := answer[:len(answer)-2], answer[len(answer)-2:]
	outer, _, err := tlv.Parse(data)
	if err != nil || outer.Tag != tagDynamic {
		return Effect{}
	}
	n, ok := tlv.First(outer.Value, f.tag)
	if !ok {
		return Effect{}
	}
	changed := tlv.Encode(tagDynamic, tlv.Encode(f.tag, f.change(n.Value)))
	return Effect{Answer: append(changed, sw...)}
}

func (f *paceFault) File(_ string, content []byte) []byte { return content }

// badPoints make public keys that no terminal may go on with.
var badPoints = map[string]func([]byte) []byte{
	"off-curve": flipped,
	"infinity":  func([]byte) []byte { return []byte{0x00} },
	"zero": func(b []byte) []byte {
		out := make([]byte, len(b))
		if len(b) > 0 && b[0] == 0x04 && len(b)%2 == 1 {
			out[0] = 0x04
		}
		return out
	},
	"one": func(b []byte) []byte {
		out := make([]byte, len(b))
		if len(b) > 0 {
			out[len(b)-1] = 1
		}
		return out
	},
}

// flipped changes the last bit.
func flipped(b []byte) []byte {
	out := bytes.Clone(b)
	if len(out) > 0 {
		out[len(out)-1] ^= 0x01
	}
	return out
}
