package gp

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// GetData reads a data object of the selected application (GPCS, 11.3), with
// its tag and length as the card sent them.
func GetData(ctx context.Context, s apdu.Sender, tag uint16) ([]byte, error) {
	b, err := apdu.Do(ctx, s, apdu.Command{CLA: 0x80, INS: 0xCA, P1: byte(tag >> 8), P2: byte(tag), Ne: apdu.MaxShortNe})
	if err != nil {
		return nil, fmt.Errorf("gp: GET DATA %04X: %w", tag, err)
	}
	return b, nil
}

// CPLC is the card production life cycle data, tag 9F7F: 42 bytes of who made
// and handled the chip. Dates are YDDD in BCD.
type CPLC struct {
	Raw []byte // the 42 bytes

	ICFabricator, ICType                    uint16
	OS, OSReleaseDate, OSReleaseLevel       uint16
	ICFabricationDate                       uint16
	ICSerial                                uint32
	ICBatch                                 uint16
	ModuleFabricator, ModulePackagingDate   uint16
	ICCManufacturer, ICEmbeddingDate        uint16
	PrePersonalizer, PrePersonalizationDate uint16
	PrePersonalizationEquipment             uint32
	Personalizer, PersonalizationDate       uint16
	PersonalizationEquipment                uint32
}

const cplcLen = 42

// SerialNumber identifies the chip: fabricator, fabrication date, batch and
// serial in hex. Two chips of one maker do not share it.
func (c *CPLC) SerialNumber() string {
	return hex.EncodeToString(c.Raw[0:2]) + hex.EncodeToString(c.Raw[10:12]) + hex.EncodeToString(c.Raw[16:18]) + hex.EncodeToString(c.Raw[12:16])
}

// ParseCPLC reads the answer of GET DATA 9F7F, with or without its tag.
func ParseCPLC(b []byte) (*CPLC, error) {
	if n, ok := tlv.First(b, 0x9F7F); ok {
		b = n.Value
	}
	if len(b) != cplcLen {
		return nil, fmt.Errorf("%w: CPLC of %d bytes", ErrAnswer, len(b))
	}
	raw := append([]byte(nil), b...)
	u16 := func() uint16 {
		v := uint16(b[0])<<8 | uint16(b[1])
		b = b[2:]
		return v
	}
	u32 := func() uint32 { return uint32(u16())<<16 | uint32(u16()) }
	// Fields in this order (GPCS 2.1.1, table 9-7 of the older annex; now
	// maker-defined, but cards keep it).
	c := &CPLC{Raw: raw}
	c.ICFabricator, c.ICType = u16(), u16()
	c.OS, c.OSReleaseDate, c.OSReleaseLevel = u16(), u16(), u16()
	c.ICFabricationDate = u16()
	c.ICSerial = u32()
	c.ICBatch = u16()
	c.ModuleFabricator, c.ModulePackagingDate = u16(), u16()
	c.ICCManufacturer, c.ICEmbeddingDate = u16(), u16()
	c.PrePersonalizer, c.PrePersonalizationDate = u16(), u16()
	c.PrePersonalizationEquipment = u32()
	c.Personalizer, c.PersonalizationDate = u16(), u16()
	c.PersonalizationEquipment = u32()
	return c, nil
}

// GetCPLC reads the card production life cycle data.
func GetCPLC(ctx context.Context, s apdu.Sender) (*CPLC, error) {
	b, err := GetData(ctx, s, 0x9F7F)
	if err != nil {
		return nil, err
	}
	return ParseCPLC(b)
}

// KeyInfo describes one key that a security domain holds.
type KeyInfo struct {
	KID, KVN byte
	Type     byte // KeyTypeAES, 80 DES, … ; FF: extended form, not resolved
	Len      int  // bytes
}

// GetKeyInformation reads the key information template, tag E0 (GPCS, H.2.1,
// 11.3.3.1): which key versions a card has, before any authentication.
func GetKeyInformation(ctx context.Context, s apdu.Sender) ([]KeyInfo, error) {
	b, err := GetData(ctx, s, 0x00E0)
	if err != nil {
		return nil, err
	}
	return ParseKeyInformation(b)
}

// ParseKeyInformation reads E0{C0{KID, KVN, type, length}…}; of a key with
// several components the first counts.
func ParseKeyInformation(b []byte) ([]KeyInfo, error) {
	t, ok := tlv.First(b, 0xE0)
	if !ok {
		return nil, fmt.Errorf("%w: no key information template", ErrAnswer)
	}
	nodes, err := t.Children()
	if err != nil {
		return nil, fmt.Errorf("%w: key information: %w", ErrAnswer, err)
	}
	var list []KeyInfo
	for _, n := range nodes {
		if n.Tag != 0xC0 {
			continue
		}
		v := n.Value
		if len(v) < 4 {
			return nil, fmt.Errorf("%w: key information of %d bytes", ErrAnswer, len(v))
		}
		k := KeyInfo{KID: v[0], KVN: v[1], Type: v[2], Len: int(v[3])}
		if k.Type == 0xFF { // extended: FF, type, two-byte length
			k.Len = 0
		}
		list = append(list, k)
	}
	return list, nil
}
