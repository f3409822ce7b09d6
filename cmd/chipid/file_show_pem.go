package main

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// maxPEM bounds the blocks of one PEM file.
const maxPEM = 4096

type pemBlock struct {
	data   []byte
	secret bool
}

// pemBlocks cuts a PEM file apart: text in front of the first block, as openssl
// writes it, and between blocks is passed over. A file without a block gives none.
func pemBlocks(b []byte) ([]pemBlock, error) {
	const begin = "-----BEGIN "
	at := bytes.Index(b, []byte(begin))
	if at < 0 || at > 0 && b[at-1] != '\n' || bytes.IndexByte(b[:at], 0) >= 0 {
		return nil, nil
	}
	var out []pemBlock
	for rest := b[at:]; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			if bytes.Contains(rest, []byte(begin)) {
				return out, errors.New("a PEM block that cannot be read")
			}
			return out, nil
		}
		if len(out) == maxPEM {
			return out, fmt.Errorf("more than %d PEM blocks", maxPEM)
		}
		out = append(out, pemBlock{block.Bytes, strings.Contains(block.Type, "PRIVATE KEY")})
	}
}

// privateKey recognizes the DER forms of private keys: PKCS #8 (RFC 5958), EC (RFC
// 5915), RSA (RFC 8017, App. A.1.2) and encrypted PKCS #8. What must not be printed
// must be told apart before anything is.
func privateKey(b []byte) bool {
	outer, _, err := tlv.Parse(b)
	if err != nil || outer.Tag != 0x30 {
		return false
	}
	parts, err := outer.Children()
	if err != nil || len(parts) < 2 {
		return false
	}
	tags := make([]tlv.Tag, len(parts))
	for i, p := range parts {
		tags[i] = p.Tag
	}
	is := func(want ...tlv.Tag) bool {
		for i, t := range want {
			if i >= len(tags) || tags[i] != t {
				return false
			}
		}
		return true
	}
	small := func(n tlv.Node) bool { return len(n.Value) == 1 && n.Value[0] <= 1 }
	algorithm := func(n tlv.Node) bool { _, ok := n.First(0x06); return ok }
	switch {
	case is(0x02, 0x30, 0x04):
		return small(parts[0]) && algorithm(parts[1])
	case is(0x02, 0x04):
		return small(parts[0])
	case is(0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02):
		return true
	case len(tags) == 6 && is(0x02, 0x02, 0x02, 0x02, 0x02, 0x02): // DSA, as OpenSSL writes it
		return small(parts[0])
	case len(tags) == 2 && is(0x30, 0x04):
		return algorithm(parts[0])
	}
	return false
}

// readShowFile reads a file to be shown: a list may be longer than any file of a
// chip.
func readShowFile(path string) ([]byte, error) {
	return lds.ReadBounded(path, cms.MaxSize, "name a file of a chip, a certificate or a list", "name a file with something in it")
}
