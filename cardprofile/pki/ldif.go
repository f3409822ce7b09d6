package pki

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// ldifValue is one value of an LDIF record (RFC 2849).
type ldifValue struct {
	line    int    // where it begins
	name    string // of the attribute, lower case, without its options
	encoded bool   // the value is in base64
	text    []byte // as written, lines joined; valid until the next one is read
}

// ldifReader reads the values of an LDIF file one after another, in one pass.
type ldifReader struct {
	rest   []byte
	line   int
	joined []byte // of a folded line
	// deleting says that the values of this record, or of this part of a change, are
	// such as the file takes away.
	deleting, skipped bool
}

// isLDIF says whether data begins like LDIF: with a version or the name of an entry,
// behind comments and empty lines.
func isLDIF(data []byte) bool {
	r := &ldifReader{rest: bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))}
	for range 1000 {
		line, ok := r.logical()
		if !ok {
			return false
		}
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		name, _, found := bytes.Cut(line[:min(len(line), 64)], []byte(":"))
		return found && (bytes.EqualFold(name, []byte("version")) || bytes.EqualFold(name, []byte("dn")))
	}
	return false
}

// physical takes the next line, without its end.
func (r *ldifReader) physical() []byte {
	r.line++
	end := bytes.IndexByte(r.rest, '\n')
	line := r.rest
	if end >= 0 {
		line, r.rest = r.rest[:end], r.rest[end+1:]
	} else {
		r.rest = nil
	}
	return bytes.TrimSuffix(line, []byte("\r"))
}

// logical takes the next line with those that continue it: a line that begins with a
// space belongs to the one before it (RFC 2849, note 2).
func (r *ldifReader) logical() ([]byte, bool) {
	if len(r.rest) == 0 {
		return nil, false
	}
	line := r.physical()
	if len(r.rest) == 0 || r.rest[0] != ' ' {
		return line, true
	}
	r.joined = append(r.joined[:0], line...)
	for len(r.rest) > 0 && r.rest[0] == ' ' {
		r.joined = append(r.joined, r.physical()[1:]...)
	}
	return r.joined, true
}

// next returns the next value, false at the end of the file.
func (r *ldifReader) next() (ldifValue, bool, error) {
	for {
		at := r.line + 1
		line, ok := r.logical()
		switch {
		case !ok:
			return ldifValue{}, false, nil
		case len(line) == 0: // the end of a record
			r.deleting = false
			continue
		case line[0] == '#':
			continue
		case len(line) == 1 && line[0] == '-': // the end of one change of a record
			r.deleting = false
			continue
		}
		name, text, found := bytes.Cut(line, []byte(":"))
		if !found || len(name) == 0 || len(name) > 256 || !attributeName(name) {
			return ldifValue{}, false, fmt.Errorf("line %d: is no attribute of LDIF", at)
		}
		v := ldifValue{line: at}
		base, _, _ := strings.Cut(string(name), ";")
		v.name = strings.ToLower(base)
		switch {
		case len(text) > 0 && text[0] == ':':
			v.encoded, text = true, text[1:]
		case len(text) > 0 && text[0] == '<':
			// A list that names files to be read from this machine, or fetched, is no
			// list of certificates.
			return ldifValue{}, false, fmt.Errorf("line %d: the value of %s is a URL, and a trust store reads nothing but the file it is given", at, v.name)
		}
		v.text = bytes.TrimLeft(text, " ")
		switch v.name {
		case "changetype":
			r.deleting = !v.encoded && (bytes.EqualFold(v.text, []byte("delete")) || bytes.EqualFold(v.text, []byte("modrdn")) || bytes.EqualFold(v.text, []byte("moddn")))
			r.skipped = r.skipped || r.deleting
			continue
		case "delete":
			r.deleting, r.skipped = true, true
			continue
		case "add", "replace", "version", "dn":
			continue
		}
		if r.deleting {
			continue
		}
		return v, true, nil
	}
}

func attributeName(name []byte) bool {
	for _, c := range name {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == ';' || c == '.') {
			return false
		}
	}
	return true
}

// Attributes of directories of passports' certificates: those of the PKD of ICAO and
// of its older form, and the ones RFC 4523 defines.
var ldifKinds = map[string]string{
	"usercertificate": "certificate", "cacertificate": "certificate",
	"certificaterevocationlist": "crl", "authorityrevocationlist": "crl",
	"pkdmasterlistcontent": "list", "cscamasterlistdata": "list",
	"pkddeviationlistcontent": "list", "pkddeviationlist": "list", "deviationlistdata": "list", "cscadeviationlistdata": "list",
}

// readLDIF reads a file of directory entries. One that cannot be used is refused,
// and the rest is read: directories of the world have a few such.
func (b *batch) readLDIF(data []byte) error {
	r := &ldifReader{rest: bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))}
	b.loose = true
	defer func() { b.loose, b.where = false, "" }()
	for {
		v, ok, err := r.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		kind := ldifKinds[v.name]
		if kind == "" && v.signedData() {
			kind = "list" // whatever the directory calls it
		}
		if kind == "" {
			continue
		}
		if b.full() {
			return errManyObjects
		}
		b.where = fmt.Sprintf("line %d, ", v.line)
		der, err := v.decode()
		if err == nil {
			err = b.readLDIFValue(kind, der)
		}
		if errors.Is(err, errManyObjects) {
			return err
		}
		if err != nil {
			b.refuse("the value of "+v.name, fingerprint(der), err)
		}
	}
	if r.skipped {
		b.deviate(cardprofile.Deviation{Where: "LDIF", Rule: "ldif.delete",
			Text: "the file takes entries away from a directory; nothing is taken out of a trust store that way"})
	}
	return nil
}

func (b *batch) readLDIFValue(kind string, der []byte) error {
	switch kind {
	case "certificate":
		b.kind("certificates")
		return b.readCertificate(der, "")
	case "crl":
		return b.readCRL(der)
	}
	return b.readCMS(der)
}

// decode returns the bytes of a value in base64.
func (v *ldifValue) decode() ([]byte, error) {
	if !v.encoded {
		return nil, errors.New("is not in base64")
	}
	if len(v.text) > base64.StdEncoding.EncodedLen(maxPlain) {
		return nil, fmt.Errorf("has more than %d bytes", maxPlain)
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(v.text)))
	n, err := base64.StdEncoding.Decode(out, bytes.TrimRight(v.text, " "))
	if err != nil {
		return nil, errors.New("is not in base64")
	}
	return out[:n], nil
}

// signedData says whether the value begins like a ContentInfo with SignedData,
// without decoding more than that needs.
func (v *ldifValue) signedData() bool {
	if !v.encoded || len(v.text) < 28 {
		return false
	}
	var head [21]byte
	if _, err := base64.StdEncoding.Decode(head[:], v.text[:28]); err != nil || head[0] != 0x30 {
		return false
	}
	// Tag and length take two to six octets; the identifier follows.
	at := bytes.Index(head[:], []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02})
	return at >= 2 && at <= 6
}
