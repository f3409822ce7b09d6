package chip

import (
	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// readBinary answers READ BINARY with an even instruction (Doc 9303-10 (8th
// ed.), 3.6.3). Ne is what the answer may hold, asked what the terminal wants.
func (c *Chip) readBinary(cmd apdu.Command, asked int, extended bool) apdu.Response {
	if len(cmd.Data) != 0 || asked == 0 {
		return refuse(apdu.ErrWrongLength)
	}
	i, offset := c.v.ef, int(cmd.P1)<<8|int(cmd.P2)
	if cmd.P1&0x80 != 0 {
		sfi := cmd.P1 & 0x1F
		if cmd.P1&0x60 != 0 || sfi == 0 || sfi == 0x1F {
			return refuse(apdu.ErrWrongP1P2)
		}
		var sw apdu.Status
		if i, sw = c.accessSFI(sfi); sw != apdu.OK {
			return refuse(sw)
		}
		c.v.ef, offset = i, int(cmd.P2)
	}
	content, sw := c.content(i)
	switch {
	case sw != apdu.OK:
		return refuse(sw)
	case offset >= len(content):
		return refuse(apdu.ErrOffset)
	}
	rest := content[offset:]
	n := min(cmd.Ne, len(rest))
	return apdu.Response{Data: append([]byte(nil), rest[:n]...), SW: endStatus(asked, len(rest), extended)}
}

// readBinaryOdd answers READ BINARY with an odd instruction: the offset in DO
// 54, the data in DO 53 (Doc 9303-10 (8th ed.), 3.6.6, tables 6 and 7).
func (c *Chip) readBinaryOdd(cmd apdu.Command, asked int, extended bool) apdu.Response {
	if asked == 0 || len(cmd.Data) == 0 {
		return refuse(apdu.ErrWrongLength)
	}
	i := c.v.ef
	if p := uint16(cmd.P1)<<8 | uint16(cmd.P2); p != 0 {
		var sw apdu.Status
		if p <= 0x1E {
			i, sw = c.accessSFI(byte(p))
		} else {
			i, sw = c.access(p)
		}
		if sw != apdu.OK {
			return refuse(sw)
		}
		c.v.ef = i
	}
	do, rest, err := tlv.Parse(cmd.Data)
	if err != nil || len(rest) != 0 || do.Tag != 0x54 || len(do.Value) == 0 || len(do.Value) > 4 {
		return refuse(apdu.ErrWrongData)
	}
	offset := 0
	for _, b := range do.Value {
		offset = offset<<8 | int(b)
	}
	content, sw := c.content(i)
	switch {
	case sw != apdu.OK:
		return refuse(sw)
	case offset >= len(content):
		return refuse(apdu.ErrOffset)
	}
	left := content[offset:]
	n := discretionary(min(cmd.Ne, apdu.MaxExtendedNe), len(left))
	if n == 0 {
		return refuse(apdu.ErrWrongLength) // not even one byte and its header
	}
	// What the terminal asked for counts the header too.
	end := endStatus(asked, len(tlv.Encode(0x53, left)), extended)
	return apdu.Response{Data: tlv.Encode(0x53, left[:n]), SW: end}
}

// discretionary is how many of so many bytes a DO 53 of at most ne bytes holds.
func discretionary(ne, left int) int {
	for _, header := range []int{2, 3, 4} {
		n := min(ne-header, left)
		if n > 0 && 1+len(tlv.EncodeLength(n)) <= header {
			return n
		}
	}
	return 0
}

// endStatus is 6282 if exactly so many bytes were asked for and the file ends
// before (ISO/IEC 7816-4:2020, 11.3.3). Le of zeros asks for all there are.
func endStatus(asked, left int, extended bool) apdu.Status {
	all := asked == apdu.MaxExtendedNe || asked == apdu.MaxShortNe && !extended
	if asked > left && !all {
		return apdu.WarnEOF
	}
	return apdu.OK
}

// content is the selected file as a terminal reads it.
func (c *Chip) content(i int) ([]byte, apdu.Status) {
	if i < 0 {
		return nil, apdu.ErrNoCurrentEF
	}
	f := &c.st.Applet.Files[i]
	content := f.Content
	if len(c.faults) > 0 {
		name := c.st.Applet.fileName(f)
		for _, fault := range c.faults {
			content = fault.File(name, content)
		}
	}
	return content, apdu.OK
}
