package signd

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
)

// Request is a request for an EF.SOD.
type Request struct {
	// ID is the request's id: the same id with the same content gets the same bytes.
	ID string
	signer.Request
	// Content tells requests of one id apart: SHA-256 of all that was asked, the data
	// groups in it as hashes.
	Content [sha256.Size]byte

	spki [][]byte // of ChipKeys
}

// known are the members of a request.
var known = map[string]bool{"requestId": true, "profile": true, "ldsVersion": true, "unicodeVersion": true, "digestAlgorithm": true,
	"dataGroups": true, "hashes": true, "com": true, "cardAccess": true, "document": true, "chipKeys": true}

// idForm is a request id: a UUID, or whatever else a line counts by. A number alone
// would be taken for a document number, which logs must not hold.
var idForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$`)

var hashes = map[string]crypto.Hash{"SHA-224": crypto.SHA224, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}

// ParseRequest reads a request strictly. Every error is a *Refusal. The request that
// comes with one holds the id where that could be read.
func ParseRequest(body []byte) (*Request, error) {
	r := &Request{}
	object, err := readJSON(body)
	if err != nil {
		return r, err
	}
	for name := range object {
		if !known[name] {
			return r, refuse(http.StatusBadRequest, RuleUnknown, "", "there is a member that is not known")
		}
	}
	id, err := text(object, "requestId")
	switch {
	case err != nil:
		return r, err
	case id == "":
		return r, refuse(http.StatusBadRequest, RuleMissing, "requestId", "it is missing")
	case !idForm.MatchString(id):
		return r, refuse(http.StatusBadRequest, RuleID, "requestId", "8 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit, such as a UUID")
	case strings.Trim(id, "0123456789._-") == "":
		return r, refuse(http.StatusBadRequest, RuleID, "requestId", "a number alone may be somebody's; give a UUID")
	}
	r.ID = id
	for _, read := range []func(map[string]value) error{r.versions, r.groups, r.groupHashes, r.beside, r.document, r.chipKeys} {
		if err := read(object); err != nil {
			return r, err
		}
	}
	if len(r.Groups)+len(r.Hashes) == 0 {
		return r, refuse(http.StatusBadRequest, RuleMissing, "dataGroups", "give dataGroups, hashes, or some of each")
	}
	if len(r.Hashes) > 0 && r.Hash == 0 {
		return r, refuse(http.StatusBadRequest, RuleMissing, "digestAlgorithm", "it must be given beside hashes")
	}
	r.Content = r.content()
	return r, nil
}

// builtIn are the profiles that a request may name: those of the program alone, since
// a path would be a way into the service's files. They are read once.
var builtIn = sync.OnceValue(func() map[string]*cardprofile.Profile {
	out := map[string]*cardprofile.Profile{}
	for _, id := range cardprofile.List() {
		if p, err := cardprofile.Load(id); err == nil {
			out[id] = p
		}
	}
	return out
})

// text is a member that is a string; "" where it is missing.
func text(object map[string]value, name string) (string, error) {
	v, there := object[name]
	s, ok := v.(string)
	if there && (!ok || s == "") {
		return "", refuse(http.StatusBadRequest, RuleValue, name, "it is no string that says something")
	}
	return s, nil
}

// binary is base64 of the standard alphabet, with padding and nothing else in it.
func binaryOf(v value, field string) ([]byte, error) {
	s, ok := v.(string)
	if ok && s != "" && !strings.ContainsAny(s, "\r\n") {
		if b, err := base64.StdEncoding.Strict().DecodeString(s); err == nil {
			return b, nil
		}
	}
	return nil, refuse(http.StatusBadRequest, RuleValue, field, "it is no base64")
}

func (r *Request) versions(object map[string]value) error {
	var in [4]string
	for i, name := range []string{"profile", "ldsVersion", "unicodeVersion", "digestAlgorithm"} {
		var err error
		if in[i], err = text(object, name); err != nil {
			return err
		}
	}
	profile, version, unicode, digest := in[0], in[1], in[2], in[3]
	if profile != "" {
		p := builtIn()[profile]
		if p == nil {
			return refuse(http.StatusBadRequest, RuleValue, "profile", "there is no such profile")
		}
		r.NoExpiry, r.LDSVersion, r.Hash = p.Document.NoExpiry, "0107", hashes[p.SOD.Digest]
		if p.SOD.Version == 1 {
			r.LDSVersion = "0108"
		}
	}
	switch version {
	case "":
	case "1.7", "0107":
		r.LDSVersion = "0107"
	case "1.8", "0108":
		r.LDSVersion = "0108"
	default:
		return refuse(http.StatusBadRequest, RuleValue, "ldsVersion", "it is 1.7 or 1.8")
	}
	if r.LDSVersion == "" {
		return refuse(http.StatusBadRequest, RuleMissing, "ldsVersion", "give it, or a profile that says it")
	}
	r.UnicodeVersion = "040000"
	if unicode != "" {
		if len(unicode) != 6 || strings.Trim(unicode, "0123456789") != "" || r.LDSVersion == "0107" && unicode != "040000" {
			return refuse(http.StatusBadRequest, RuleValue, "unicodeVersion", "it is six digits, with LDS 1.8")
		}
		r.UnicodeVersion = unicode
	}
	if digest != "" {
		h, ok := hashes[digest]
		if !ok {
			return refuse(http.StatusBadRequest, RuleValue, "digestAlgorithm", "it is SHA-224, SHA-256, SHA-384 or SHA-512 (Doc 9303-12, 4.1.6.4)")
		}
		r.Hash = h
	}
	return nil
}

// numbered walks an object whose names are the numbers of data groups, in order.
func numbered(object map[string]value, name string, each func(n int, field string, v value) error) error {
	v, there := object[name]
	if !there {
		return nil
	}
	groups, ok := v.(map[string]value)
	if !ok {
		return refuse(http.StatusBadRequest, RuleValue, name, "it is no object of data groups by number")
	}
	count := 0
	for n := 1; n <= 16; n++ {
		v, there := groups[strconv.Itoa(n)]
		if !there {
			continue
		}
		count++
		if err := each(n, name+"."+strconv.Itoa(n), v); err != nil {
			return err
		}
	}
	if count < len(groups) {
		return refuse(http.StatusBadRequest, RuleValue, name, "data groups are named 1 to 16")
	}
	return nil
}

func (r *Request) groups(object map[string]value) error {
	return numbered(object, "dataGroups", func(n int, field string, v value) error {
		b, err := binaryOf(v, field)
		r.Groups = append(r.Groups, lds.File{Name: fmt.Sprintf("EF.DG%d", n), Bytes: b})
		return err
	})
}

func (r *Request) groupHashes(object map[string]value) error {
	return numbered(object, "hashes", func(n int, field string, v value) error {
		s, _ := v.(string)
		b, err := hex.DecodeString(s)
		if err != nil || len(b) == 0 {
			return refuse(http.StatusBadRequest, RuleValue, field, "it is no hexadecimal")
		}
		r.Hashes = append(r.Hashes, sod.GroupHash{Number: n, Hash: b})
		return nil
	})
}

func (r *Request) beside(object map[string]value) error {
	for _, f := range []struct{ member, file string }{{"com", lds.NameCOM}, {"cardAccess", "EF.CardAccess"}} {
		v, there := object[f.member]
		if !there {
			continue
		}
		b, err := binaryOf(v, f.member)
		if err != nil {
			return err
		}
		r.Beside = append(r.Beside, lds.File{Name: f.file, Bytes: b})
	}
	return nil
}

var (
	codeForm  = regexp.MustCompile(`^[A-Z][A-Z<]?$`)
	stateForm = regexp.MustCompile(`^[A-Z]{1,3}<{0,2}$`)
)

// document is what is said of the document where DG1 comes as a hash.
func (r *Request) document(object map[string]value) error {
	v, there := object["document"]
	if !there {
		return nil
	}
	in, ok := v.(map[string]value)
	if !ok {
		return refuse(http.StatusBadRequest, RuleValue, "document", "it is no object")
	}
	for name := range in {
		if name != "code" && name != "issuingState" && name != "expiry" {
			return refuse(http.StatusBadRequest, RuleUnknown, "document", "there is a member that is not known")
		}
	}
	code, _ := in["code"].(string)
	state, _ := in["issuingState"].(string)
	expiry, _ := in["expiry"].(string)
	if !codeForm.MatchString(code) {
		return refuse(http.StatusBadRequest, RuleValue, "document.code", "it is the document code of the zone, such as ID or P<")
	}
	if !stateForm.MatchString(state) || len(state) > 3 {
		return refuse(http.StatusBadRequest, RuleValue, "document.issuingState", "it is the issuing State of the zone, such as VNM")
	}
	r.Stated = &signer.Stated{Code: code, State: state}
	if expiry == "none" {
		r.Stated.Never = true
		return nil
	}
	d, err := cardprofile.ParseDate(expiry)
	if err != nil || !d.Valid() {
		return refuse(http.StatusBadRequest, RuleValue, "document.expiry", "it is a date such as 2036-11-23, or none")
	}
	r.Stated.Expiry = d
	return nil
}

// maxChipKeys bounds the keys of a chip.
const maxChipKeys = 8

func (r *Request) chipKeys(object map[string]value) error {
	v, there := object["chipKeys"]
	if !there {
		return nil
	}
	list, ok := v.([]value)
	if !ok || len(list) > maxChipKeys {
		return refuse(http.StatusBadRequest, RuleValue, "chipKeys", "it is a list of %d keys at most", maxChipKeys)
	}
	r.ChipKeys = []crypto.PublicKey{} // an empty list says that the chip has none
	for _, v := range list {
		b, err := binaryOf(v, "chipKeys")
		if err != nil {
			return err
		}
		k := publicKey(b)
		if k == nil {
			return refuse(http.StatusBadRequest, RuleValue, "chipKeys", "a key is no SubjectPublicKeyInfo that can be read")
		}
		r.ChipKeys, r.spki = append(r.ChipKeys, k), append(r.spki, b)
	}
	return nil
}

// maxKey bounds a SubjectPublicKeyInfo: finite field groups are the largest.
const maxKey = 4 << 10

// publicKey reads a SubjectPublicKeyInfo as DG15 and DG14 are read, since it is
// compared with theirs; nil for one that cannot be.
func publicKey(spki []byte) crypto.PublicKey {
	n, rest, err := tlv.Parse(spki)
	if err != nil || len(rest) > 0 || n.Tag != 0x30 || len(spki) > maxKey {
		return nil
	}
	if k, _, err := lds.ParseDG15(tlv.Encode(0x6f, spki)); err == nil && k.Public != nil {
		return k.Public
	}
	// id-PK-DH (Doc 9303-11 (8th ed.), 9.2.6)
	oid := tlv.Encode(0x06, []byte{0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x01, 0x01})
	infos, _, err := lds.ParseDG14(tlv.Encode(0x6e, tlv.Encode(0x31, tlv.Encode(0x30, oid, spki))))
	if err != nil || len(infos.ChipAuthKeys) != 1 {
		return nil
	}
	return infos.ChipAuthKeys[0].Public
}

// content is the digest of all that was asked.
func (r *Request) content() [sha256.Size]byte {
	h := sha256.New()
	put := func(parts ...[]byte) {
		for _, p := range parts {
			h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p)))) //nolint:gosec // the body is bounded
			h.Write(p)
		}
	}
	put([]byte("chipid sign request 1"), []byte(r.LDSVersion), []byte(r.UnicodeVersion), []byte(r.NoExpiry), []byte{byte(r.Hash)})
	put([]byte{byte(len(r.Groups)), byte(len(r.Beside)), byte(len(r.Hashes))})
	for _, f := range slices.Concat(r.Groups, r.Beside) {
		sum := sha256.Sum256(f.Bytes)
		put([]byte(f.Name), sum[:])
	}
	for _, g := range r.Hashes {
		put([]byte{byte(g.Number)}, g.Hash)
	}
	if r.Stated != nil {
		put([]byte("document"), []byte(r.Stated.Code), []byte(r.Stated.State), []byte(r.Stated.Expiry.String()), []byte(strconv.FormatBool(r.Stated.Never)))
	}
	if r.ChipKeys != nil {
		put(append([][]byte{[]byte("chip keys")}, r.spki...)...)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
