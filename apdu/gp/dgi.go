package gp

import (
	"encoding/binary"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
)

// DGI is one data grouping of STORE DATA (GPCS, 11.11.2.3; Amd A, 4.10.2).
type DGI struct {
	ID    uint16
	Value []byte // at most 65,535 bytes; as sent, so ciphertext if Encrypted
	// Encrypted: the value is encrypted under Key-DEK, and P1 of the STORE
	// DATA says so.
	Encrypted bool
}

// maxDGI is the longest value that the length field can declare.
const maxDGI = 0xFFFF

// Encode writes id(2) || length || value; the length is one byte up to FE,
// else FF and two bytes.
func (d DGI) Encode() ([]byte, error) {
	if len(d.Value) > maxDGI {
		return nil, fmt.Errorf("%w: DGI %04X has %d bytes, at most %d", ErrTooLong, d.ID, len(d.Value), maxDGI)
	}
	b := binary.BigEndian.AppendUint16(make([]byte, 0, 5+len(d.Value)), d.ID)
	if len(d.Value) < 0xFF {
		b = append(b, byte(len(d.Value)))
	} else {
		b = append(b, 0xFF, byte(len(d.Value)>>8), byte(len(d.Value)))
	}
	return append(b, d.Value...), nil
}

// dgiHeader reads the header; ok is false while bytes are missing.
func dgiHeader(b []byte) (id uint16, headerLen, valueLen int, ok bool) {
	switch {
	case len(b) < 3:
	case b[2] != 0xFF:
		return binary.BigEndian.Uint16(b), 3, int(b[2]), true
	case len(b) >= 5:
		return binary.BigEndian.Uint16(b), 5, int(binary.BigEndian.Uint16(b[3:])), true
	}
	return 0, 0, 0, false
}

// ParseDGIs reads whole data groupings one after the other. The values are
// parts of b.
func ParseDGIs(b []byte) ([]DGI, error) {
	var list []DGI
	for len(b) > 0 {
		id, h, l, ok := dgiHeader(b)
		if !ok || l > len(b)-h {
			return nil, fmt.Errorf("%w: data grouping cut short", ErrAnswer)
		}
		list = append(list, DGI{ID: id, Value: b[h : h+l : h+l]})
		b = b[h+l:]
	}
	return list, nil
}

// P1 of STORE DATA (GPCS, table 11-88).
const (
	storeLast      = 0x80
	storeEncrypted = 0x60
	storeAppDep    = 0x20
	storeDGI       = 0x08
	storeFormat    = 0x18
)

// Assembler puts data groupings together again on a chip, from the STORE DATA
// commands they came in. The zero value is ready; End it at reset, when the
// application is deselected, and when the secure channel ends.
type Assembler struct {
	// WrapBlocks lets block numbers go on with 00 after FF.
	WrapBlocks bool

	buf  []byte
	flag byte // P1's encryption bits of the grouping begun
	next int  // block number expected
	last bool
}

// Add takes one STORE DATA in the clear and returns the data groupings that it
// completes, their values copied. The error is an apdu.Status: 6A86 for a
// wrong block number or format, 6985 after the last block, 6A80 for a last
// block that leaves a grouping incomplete. After an error begin again.
func (a *Assembler) Add(cmd apdu.Command) ([]DGI, error) {
	list, sw := a.add(cmd)
	if sw != apdu.OK {
		a.End()
		return nil, sw
	}
	return list, nil
}

func (a *Assembler) add(cmd apdu.Command) ([]DGI, apdu.Status) {
	if a.last {
		return nil, apdu.ErrConditions
	}
	if cmd.P1&storeFormat != storeDGI {
		return nil, apdu.ErrWrongP1P2
	}
	if int(cmd.P2) != a.next&0xFF || a.next > 0xFF && !a.WrapBlocks {
		return nil, apdu.ErrWrongP1P2
	}
	flag := cmd.P1 & storeEncrypted
	if flag == 0x40 { // RFU
		return nil, apdu.ErrWrongP1P2
	}
	if len(a.buf) > 0 && flag != a.flag {
		return nil, apdu.ErrWrongData
	}
	a.next++
	a.flag = flag
	a.buf = append(a.buf, cmd.Data...)
	var list []DGI
	for {
		id, h, l, ok := dgiHeader(a.buf)
		if !ok || len(a.buf)-h < l {
			break
		}
		list = append(list, DGI{ID: id, Value: append([]byte(nil), a.buf[h:h+l]...), Encrypted: flag == storeEncrypted})
		a.buf = a.buf[h+l:]
	}
	if cmd.P1&storeLast != 0 {
		if len(a.buf) != 0 {
			return nil, apdu.ErrWrongData
		}
		a.last = true
	}
	return list, apdu.OK
}

// Last reports whether the last block has come.
func (a *Assembler) Last() bool { return a.last }

// Begun reports whether blocks have come.
func (a *Assembler) Begun() bool { return a.next > 0 }

// End forgets everything.
func (a *Assembler) End() {
	clear(a.buf)
	*a = Assembler{WrapBlocks: a.WrapBlocks}
}
