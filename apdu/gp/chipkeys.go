package gp

import (
	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// Statuses of PUT KEY (GPCS, table 11-75).
const (
	statusAlgorithm apdu.Status = 0x9484 // algorithm not supported
	statusKeyCheck  apdu.Status = 0x9485 // invalid key check value
)

// PutKey answers PUT KEY in the clear, as Process hands it over: AES keys
// under Key-DEK of the session, with check values, up to three from KID on
// (GPCS, 11.8; Amd D, 7.2). All keys of the command are put or none.
func (c *Chip) PutKey(cmd apdu.Command) apdu.Response {
	if c.Level() == 0 {
		return apdu.Response{SW: apdu.ErrSecurityStatus}
	}
	replace, kid, multiple := cmd.P1&0x7F, cmd.P2&0x7F, cmd.P2&0x80 != 0
	if cmd.P1&0x80 != 0 || kid < 1 || kid > 3 {
		return apdu.Response{SW: apdu.ErrWrongP1P2}
	}
	if len(cmd.Data) < 1 || cmd.Data[0] == 0 || cmd.Data[0] > 0x7F {
		return apdu.Response{SW: apdu.ErrWrongData}
	}
	kvn := cmd.Data[0]
	keys, kcvs, sw := c.parseKeyFields(cmd.Data[1:])
	if sw == apdu.OK && (multiple != (len(keys) > 1) || int(kid)+len(keys) > 4) {
		sw = apdu.ErrWrongData
	}
	if sw == apdu.OK {
		sw = c.install(replace, kvn, kid, keys)
	}
	if sw != apdu.OK {
		for _, k := range keys {
			k.Wipe()
		}
		return apdu.Response{SW: sw}
	}
	return apdu.Response{Data: append([]byte{kvn}, kcvs...), SW: apdu.OK}
}

// parseKeyFields reads and decrypts the key data fields and checks each check
// value.
func (c *Chip) parseKeyFields(b []byte) (keys []mac.Key, kcvs []byte, sw apdu.Status) {
	for len(b) > 0 {
		// 88 || len || inner length || ciphertext || 03 || KCV (Amd D, table 7-10)
		if b[0] != KeyTypeAES {
			return keys, nil, statusAlgorithm
		}
		if len(b) < 3 || b[1] != 0x11 && b[1] != 0x21 {
			return keys, nil, apdu.ErrWrongData
		}
		n, keyLen := int(b[1])-1, int(b[2])
		if len(b) < 3+n+1+mac.KCVLen || b[3+n] != mac.KCVLen ||
			!(n == 16 && keyLen == 16 || n == 32 && (keyLen == 24 || keyLen == 32)) {
			return keys, nil, apdu.ErrWrongData
		}
		plain, err := c.DecryptDEK(b[3 : 3+n])
		if err != nil {
			return keys, nil, apdu.ErrWrongData
		}
		kcv, err := mac.KCVAES(plain[:keyLen])
		if err != nil || !equal(kcv, b[4+n:4+n+mac.KCVLen]) {
			clear(plain)
			return keys, nil, statusKeyCheck
		}
		keys, kcvs = append(keys, mac.NewKey(plain[:keyLen])), append(kcvs, kcv...)
		clear(plain)
		b = b[4+n+mac.KCVLen:]
	}
	if len(keys) == 0 {
		return nil, nil, apdu.ErrWrongData
	}
	return keys, kcvs, apdu.OK
}

// install puts keys into a set: a new one (replace 00) or in place of version
// replace, which then bears version kvn.
func (c *Chip) install(replace, kvn, kid byte, keys []mac.Key) apdu.Status {
	if replace != kvn && c.Keys[kvn] != nil {
		return apdu.ErrWrongData
	}
	next := &KeySet{}
	if replace != 0 {
		old := c.Keys[replace]
		if old == nil {
			return apdu.ErrNotFound
		}
		*next = *old
	}
	for i, k := range keys {
		switch int(kid) + i {
		case 1:
			next.ENC = k
		case 2:
			next.MAC = k
		case 3:
			next.DEK = k
		}
	}
	if replace != 0 && !next.complete() {
		return apdu.ErrWrongData // keys of two lengths in one set (Amd D, 6.1)
	}
	if len(keys) == 3 {
		next.Counter = 0 // Amd D, 6.2.2.1
	}
	if c.Keys == nil {
		c.Keys = map[byte]*KeySet{}
	}
	if replace != 0 {
		delete(c.Keys, replace)
		if c.DefaultKVN == replace {
			c.DefaultKVN = kvn
		}
	}
	c.Keys[kvn] = next
	return apdu.OK
}

// KeyInformation returns the key information template that GET DATA 00E0
// answers (GPCS, H.2.1): E0{C0{KID, KVN, type, length}…} by version.
func (c *Chip) KeyInformation() []byte {
	var body []byte
	for v := 1; v <= 0x7F; v++ {
		set := c.Keys[byte(v)]
		if set == nil {
			continue
		}
		for i, k := range []mac.Key{set.ENC, set.MAC, set.DEK} {
			if k.Len() > 0 {
				body = append(body, 0xC0, 4, byte(i+1), byte(v), KeyTypeAES, byte(k.Len()))
			}
		}
	}
	return encodeTLV(0xE0, body)
}
