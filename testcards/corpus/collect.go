package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// maxFile bounds one file, in bytes.
const maxFile = 256 << 20

// object is one object of a file, as it came.
type object struct {
	name string
	der  []byte
}

// collection is what a directory holds, by kind and each thing once.
type collection struct {
	lists, deviationLists, sods, crls, certificates []object
	others                                          []string // files with nothing known in them
	seen                                            map[[32]byte]bool
}

func newCollection() *collection { return &collection{seen: map[[32]byte]bool{}} }

func (c *collection) readDir(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if info.Size() > maxFile {
			c.others = append(c.others, name+" (too large)")
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !c.file(name, b) {
			c.others = append(c.others, name)
		}
		return nil
	})
}

// file takes a file apart; false when nothing in it is known.
func (c *collection) file(name string, b []byte) (known bool) {
	switch {
	case isLDIF(b):
		for i, v := range ldifValues(b) {
			known = c.one(fmt.Sprintf("%s#%d", name, i+1), v) || known
		}
		return known
	case bytes.Contains(b[:min(len(b), 4096)], []byte("-----BEGIN ")):
		n := 0
		for rest := b; ; n++ {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				return known
			}
			known = c.one(fmt.Sprintf("%s#%d", name, n+1), block.Bytes) || known
		}
	case len(b) > 1 && b[0] == 0x30 && b[1] != 0x80:
		// One object, or several after one another.
		s, n := cryptobyte.String(b), 0
		for len(s) > 0 {
			var element cryptobyte.String
			if !s.ReadASN1Element(&element, asn1.SEQUENCE) {
				break
			}
			n++
			known = c.one(fmt.Sprintf("%s#%d", name, n), element) || known
		}
		if n > 0 {
			return known
		}
	}
	return c.one(name, b)
}

// one sorts one object in.
func (c *collection) one(name string, b []byte) bool {
	sum := sha256.Sum256(b)
	if c.seen[sum] {
		return true
	}
	into := c.kind(b)
	if into == nil {
		return false
	}
	c.seen[sum] = true
	*into = append(*into, object{name, b})
	return true
}

func (c *collection) kind(b []byte) *[]object {
	contains := func(oid string) bool { return bytes.Contains(b[:min(len(b), 256)], cms.MarshalOID(oid)) }
	switch {
	case len(b) < 2:
		return nil
	case b[0] == 0x77:
		return &c.sods
	case b[0] != 0x30:
		return nil
	case contains(cms.OIDSignedData):
		switch {
		case contains(cms.OIDMasterList):
			return &c.lists
		case contains(cms.OIDDeviationList):
			return &c.deviationLists
		case contains(cms.OIDLDSSecurityObject):
			return &c.sods
		case strings.Contains(string(b), string(cms.MarshalOID(cms.OIDLDSSecurityObject))):
			return &c.sods
		}
		return nil
	}
	// A CRL is told by its form; what is neither counts as a certificate that
	// cannot be read, so that it is not lost from the count.
	if _, err := pki.ParseCertificate(b); err != nil {
		if _, err := pki.ParseCRL(b); err == nil {
			return &c.crls
		}
	}
	return &c.certificates
}

// isLDIF tells LDIF by the first line that is no comment.
func isLDIF(b []byte) bool {
	for line := range bytes.Lines(b[:min(len(b), 1<<16)]) {
		line = bytes.ToLower(bytes.TrimSpace(line))
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		return bytes.HasPrefix(line, []byte("dn:")) || bytes.HasPrefix(line, []byte("version:"))
	}
	return false
}

// ldifValues are the values in base64 (RFC 2849), whatever their attribute.
func ldifValues(b []byte) [][]byte {
	var out [][]byte
	var value []byte
	open := false
	flush := func() {
		if open {
			if v, err := base64.StdEncoding.DecodeString(string(value)); err == nil {
				out = append(out, v)
			}
		}
		open, value = false, value[:0]
	}
	for line := range bytes.Lines(b) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) > 0 && line[0] == ' ' {
			if open {
				value = append(value, line[1:]...)
			}
			continue
		}
		flush()
		if _, v, found := bytes.Cut(line, []byte(":: ")); found {
			open, value = true, append(value, v...)
		}
	}
	flush()
	return out
}
