package lds

import (
	"encoding/binary"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

// ATRInfo is EF.ATR/INFO: what the chip says it can carry (Doc 9303-10 (8th
// ed.), 3.11.1).
type ATRInfo struct {
	Capabilities []byte // 47, three bytes; nil when absent
	// MaxCommand and MaxResponse are the largest APDUs in bytes, 0 when not
	// stated. Extended length may be used freely only when they are.
	MaxCommand, MaxResponse int
	Other                   []tlv.Node
}

// Chaining reports whether the chip takes command chaining.
func (a *ATRInfo) Chaining() bool { return len(a.Capabilities) == 3 && a.Capabilities[2]&0x80 != 0 }

// Extended reports whether the chip takes extended Lc and Le.
func (a *ATRInfo) Extended() bool { return len(a.Capabilities) == 3 && a.Capabilities[2]&0x40 != 0 }

const (
	tagCapabilities tlv.Tag = 0x47
	tagBuffers      tlv.Tag = 0x7F66
)

// ParseATRInfo reads EF.ATR/INFO. A leading category byte and padding behind the
// objects, which some chips have, are passed over with a deviation.
func ParseATRInfo(b []byte) (*ATRInfo, []cardprofile.Deviation, error) {
	n := &notes{where: "ATR/INFO"}
	if len(b) > 0 && (b[0] == 0x00 || b[0] == 0x80 || b[0] == 0x10) {
		n.add("atrinfo.category", "a category byte in front of the data objects")
		b = b[1:]
	}
	a := new(ATRInfo)
	objects := 0
	for len(b) > 0 && objects < 64 {
		if b[0] == 0x00 || b[0] == 0xFF {
			n.add("atrinfo.padding", "bytes behind the data objects")
			break
		}
		node, rest, err := tlv.Parse(b)
		if err != nil {
			if objects == 0 {
				return nil, n.list, malformed("ATR/INFO: %w", err)
			}
			n.add("atrinfo.padding", "bytes behind the data objects")
			break
		}
		objects++
		b = rest
		switch node.Tag {
		case tagCapabilities:
			a.Capabilities = node.Value
			if len(node.Value) != 3 {
				n.add("atrinfo.capabilities", "the card capabilities are not three bytes")
			}
		case tagBuffers:
			sizes, err := node.Children()
			if err != nil || len(sizes) < 2 || sizes[0].Tag != tagInteger || sizes[1].Tag != tagInteger {
				n.add("atrinfo.buffers", "the extended length information cannot be read")
				continue
			}
			a.MaxCommand, a.MaxResponse = size(sizes[0].Value), size(sizes[1].Value)
			if a.MaxCommand == 0 || a.MaxResponse == 0 {
				n.add("atrinfo.buffers", "the extended length information states no usable size")
				a.MaxCommand, a.MaxResponse = 0, 0
			}
		default:
			a.Other = append(a.Other, node)
		}
	}
	if objects == 0 {
		return nil, n.list, malformed("ATR/INFO: no data object")
	}
	return a, n.list, nil
}

// size reads a positive number; chips also write it without the leading zero.
func size(b []byte) int {
	if len(b) == 0 || len(b) > 4 {
		return 0
	}
	v := uint32(0)
	for _, c := range b {
		v = v<<8 | uint32(c)
	}
	if v > 1<<17 { // beyond any extended APDU
		return 0
	}
	return int(v)
}

// EncodeATRInfo writes EF.ATR/INFO for a chip with these buffers in bytes, which
// takes extended length and command chaining.
func EncodeATRInfo(maxCommand, maxResponse int) ([]byte, error) {
	if maxCommand < 5 || maxCommand > 1<<16+9 || maxResponse < 2 || maxResponse > 1<<16+2 {
		return nil, unbuilt("ATR/INFO: buffer sizes out of range")
	}
	// DF by full name, SFI; one-byte data units; chaining, extended fields, and
	// the statement of the buffers that follows.
	caps := []byte{0x84, 0x01, 0xE0}
	return append(tlv.Encode(tagCapabilities, caps), tlv.Encode(tagBuffers, integer(maxCommand), integer(maxResponse))...), nil
}

func integer(v int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(v))
	for len(b) > 1 && b[0] == 0 && b[1]&0x80 == 0 {
		b = b[1:]
	}
	return tlv.Encode(tagInteger, b)
}

// DIR is EF.DIR: the applications on the chip.
type DIR struct {
	AIDs [][]byte
}

// ParseDIR reads EF.DIR (Doc 9303-10 (8th ed.), 3.11.2).
func ParseDIR(b []byte) (*DIR, []cardprofile.Deviation, error) {
	n := &notes{where: "DIR"}
	d := new(DIR)
	for len(b) > 0 && len(d.AIDs) < 64 {
		if b[0] == 0x00 || b[0] == 0xFF {
			n.add("dir.padding", "bytes behind the application templates")
			break
		}
		node, rest, err := tlv.Parse(b)
		if err != nil {
			return nil, n.list, malformed("DIR: %w", err)
		}
		b = rest
		if node.Tag != 0x61 {
			n.add("dir.tag", "an element %s among the application templates", node.Tag)
			continue
		}
		aid, ok := node.First(0x4F)
		if !ok || len(aid.Value) < 5 || len(aid.Value) > 16 {
			n.add("dir.aid", "an application template without a usable identifier")
			continue
		}
		d.AIDs = append(d.AIDs, aid.Value)
	}
	if len(d.AIDs) == 0 {
		return nil, n.list, malformed("DIR: no application")
	}
	return d, n.list, nil
}

// EncodeDIR writes EF.DIR for these applications.
func EncodeDIR(aids ...[]byte) ([]byte, error) {
	var out []byte
	for _, a := range aids {
		if len(a) < 5 || len(a) > 16 {
			return nil, unbuilt("DIR: an application identifier of %d bytes", len(a))
		}
		out = append(out, tlv.Encode(0x61, tlv.Encode(0x4F, a))...)
	}
	if len(out) == 0 {
		return nil, unbuilt("DIR: no application")
	}
	return out, nil
}
