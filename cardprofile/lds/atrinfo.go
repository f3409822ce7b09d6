package lds

import (
	"encoding/binary"
	"math/bits"

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
func (a *ATRInfo) Chaining() bool { return a.Card().Chaining }

// Extended reports whether the chip takes extended Lc and Le.
func (a *ATRInfo) Extended() bool { return a.Card().Extended }

// CardCapabilities are the bits of DO 47. Doc 9303-10 (8th ed.), table 29 speaks
// of those that its comments name; the others are ISO/IEC 7816-4's (2013,
// 8.1.1.2.7) and the chip maker's to set.
type CardCapabilities struct {
	// First software function: how files are found.
	ByFullName    bool `json:"df_by_full_name"` // Doc 9303
	ByPartialName bool `json:"df_by_partial_name"`
	ByPath        bool `json:"df_by_path"`
	ByFileID      bool `json:"df_by_file_id"`
	Implicit      bool `json:"df_implicit"`
	ShortFileID   bool `json:"short_file_id"` // Doc 9303
	RecordNumber  bool `json:"record_number"` // Doc 9303
	RecordID      bool `json:"record_id"`
	// Second: how data are coded.
	TLVFiles     bool `json:"tlv_files"`
	Write        int  `json:"write_behaviour"` // 0 once, 1 proprietary, 2 OR, 3 AND
	TagFF        bool `json:"tag_ff"`
	UnitQuartets int  `json:"data_unit_quartets"` // Doc 9303: 2, one byte
	// Third: what commands may be.
	Chaining         bool `json:"command_chaining"` // Doc 9303
	Extended         bool `json:"extended_length"`  // Doc 9303
	ExtendedInfo     bool `json:"extended_info"`    // Doc 9303: EF.ATR/INFO states the lengths
	ChannelsByCard   bool `json:"channels_by_card"`
	ChannelsByReader bool `json:"channels_by_reader"`
	Channels         int  `json:"channels"` // logical channels, 8 for 8 or more
}

// Card reads DO 47; without a usable one everything is unsupported.
func (a *ATRInfo) Card() CardCapabilities {
	if len(a.Capabilities) != 3 {
		return CardCapabilities{}
	}
	first, second, third := a.Capabilities[0], a.Capabilities[1], a.Capabilities[2]
	bit := func(b byte, n int) bool { return b&(1<<(n-1)) != 0 }
	return CardCapabilities{
		ByFullName: bit(first, 8), ByPartialName: bit(first, 7), ByPath: bit(first, 6), ByFileID: bit(first, 5), Implicit: bit(first, 4),
		ShortFileID: bit(first, 3), RecordNumber: bit(first, 2), RecordID: bit(first, 1),
		TLVFiles: bit(second, 8), Write: int(second >> 5 & 3), TagFF: bit(second, 5), UnitQuartets: 1 << (second & 0x0F),
		Chaining: bit(third, 8), Extended: bit(third, 7), ExtendedInfo: bit(third, 6),
		ChannelsByCard: bit(third, 5), ChannelsByReader: bit(third, 4), Channels: int(third&7) + 1,
	}
}

// Encode writes the capabilities as the three bytes of DO 47.
func (c CardCapabilities) Encode() ([]byte, error) {
	if c.Write < 0 || c.Write > 3 || c.UnitQuartets < 1 || c.UnitQuartets > 1<<15 || bits.OnesCount(uint(c.UnitQuartets)) != 1 || c.Channels < 1 || c.Channels > 8 {
		return nil, unbuilt("ATR/INFO: card capabilities out of range")
	}
	pack := func(flags ...bool) (b byte) { // b8 first
		for i, f := range flags {
			if f {
				b |= 0x80 >> i
			}
		}
		return b
	}
	return []byte{
		pack(c.ByFullName, c.ByPartialName, c.ByPath, c.ByFileID, c.Implicit, c.ShortFileID, c.RecordNumber, c.RecordID),
		pack(c.TLVFiles, c.Write&2 != 0, c.Write&1 != 0, c.TagFF) | byte(bits.TrailingZeros(uint(c.UnitQuartets))),
		pack(c.Chaining, c.Extended, c.ExtendedInfo, c.ChannelsByCard, c.ChannelsByReader) | byte(c.Channels-1),
	}, nil
}

// atrObjects are further data objects that EF.ATR/INFO may hold (ISO/IEC 7816-4,
// 2013, 8.1.1.2 and 12.2.2; 7816-6). DO E0 is an older way to state buffers.
var atrObjects = map[tlv.Tag]string{
	0x41: "country code", 0x42: "issuer identification number", 0x43: "card service data", 0x44: "initial access data",
	0x45: "card issuer's data", 0x46: "pre-issuing data", 0x48: "status information", 0x4F: "application identifier",
	0x5F52: "historical bytes", 0x78: "tag allocation authority", 0xE0: "buffer sizes",
}

// ATRObjectName names one of Other, "" for one that is not known.
func ATRObjectName(t tlv.Tag) string { return atrObjects[t] }

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
		a.object(node, n)
	}
	if objects == 0 {
		return nil, n.list, malformed("ATR/INFO: no data object")
	}
	if objects == 64 && len(b) > 0 {
		n.add("atrinfo.padding", "more than %d data objects", objects)
	}
	a.check(n)
	return a, n.list, nil
}

func (a *ATRInfo) object(node tlv.Node, n *notes) {
	n.minimal(node, "atrinfo")
	switch node.Tag {
	case tagCapabilities:
		if a.Capabilities != nil {
			n.add("atrinfo.twice", "the card capabilities are there twice; the last ones count")
		}
		a.Capabilities = node.Value
		if len(node.Value) != 3 {
			n.add("atrinfo.capabilities", "the card capabilities are not three bytes")
		}
	case tagBuffers:
		if a.MaxCommand != 0 {
			n.add("atrinfo.twice", "the extended length information is there twice; the last one counts")
		}
		a.MaxCommand, a.MaxResponse = 0, 0
		sizes, err := node.Children()
		if err != nil || len(sizes) < 2 || sizes[0].Tag != tagInteger || sizes[1].Tag != tagInteger {
			n.add("atrinfo.buffers", "the extended length information cannot be read")
			return
		}
		a.MaxCommand, a.MaxResponse = size(sizes[0].Value), size(sizes[1].Value)
		if a.MaxCommand == 0 || a.MaxResponse == 0 {
			n.add("atrinfo.buffers", "the extended length information states no usable size")
			a.MaxCommand, a.MaxResponse = 0, 0
		}
		if len(sizes) > 2 || sizes[0].Value[0]&0x80 != 0 || sizes[1].Value[0]&0x80 != 0 {
			n.add("atrinfo.buffers", "the extended length information is not two positive INTEGERs")
		}
	default:
		a.Other = append(a.Other, node)
	}
}

// check holds the statements against each other.
func (a *ATRInfo) check(n *notes) {
	c, stated := a.Card(), a.MaxCommand != 0
	switch {
	case len(a.Capabilities) != 3:
		if a.Capabilities == nil && stated {
			n.add("atrinfo.capabilities", "buffers are stated, and no card capabilities")
		}
		return
	case c.UnitQuartets != 2:
		n.add("atrinfo.unit", "the data unit is not one byte")
	}
	if c.ExtendedInfo != stated || stated && !c.Extended {
		n.add("atrinfo.extended", "card capabilities and extended length information do not go together")
	}
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
	// DF by full name, SFI; one-byte data units; chaining, extended fields, and
	// the statement of the buffers that follows.
	return (&ATRInfo{Capabilities: []byte{0x84, 0x01, 0xE0}, MaxCommand: maxCommand, MaxResponse: maxResponse}).Encode()
}

// Encode writes EF.ATR/INFO: card capabilities, extended length information where
// it is stated, other objects. Statements that do not go together are refused.
func (a *ATRInfo) Encode() ([]byte, error) {
	if len(a.Capabilities) != 3 {
		return nil, unbuilt("ATR/INFO: the card capabilities are not three bytes")
	}
	out := tlv.Encode(tagCapabilities, a.Capabilities)
	if a.MaxCommand != 0 || a.MaxResponse != 0 {
		if a.MaxCommand < 5 || a.MaxCommand > 1<<16+9 || a.MaxResponse < 2 || a.MaxResponse > 1<<16+2 {
			return nil, unbuilt("ATR/INFO: buffer sizes out of range")
		}
		out = append(out, tlv.Encode(tagBuffers, integer(a.MaxCommand), integer(a.MaxResponse))...)
	}
	for _, o := range a.Other {
		if o.Tag == tagCapabilities || o.Tag == tagBuffers {
			return nil, unbuilt("ATR/INFO: object %s twice", o.Tag)
		}
		out = append(out, tlv.Encode(o.Tag, o.Value)...)
	}
	if _, devs, err := ParseATRInfo(out); err != nil || len(devs) > 0 {
		return nil, unbuilt("ATR/INFO: its statements do not go together")
	}
	return out, nil
}

func integer(v int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(v))
	for len(b) > 1 && b[0] == 0 && b[1]&0x80 == 0 {
		b = b[1:]
	}
	return tlv.Encode(tagInteger, b)
}
