package der

import "github.com/chipid-toolkit/chipid/apdu/tlv"

// Extension is one extension as it is written (RFC 5280, 4.1.2.9).
type Extension struct {
	ID       string
	Spelled  bool // critical is written out
	Critical bool
	Value    []byte // content of extnValue
}

// ReadExtensions reads the SEQUENCE OF Extension inside a wrapper such as [3].
func ReadExtensions(wrapper tlv.Node) ([]Extension, bool) {
	list, ok := Parts(wrapper.Value, Sequence)
	if !ok {
		return nil, false
	}
	return ReadExtensionList(list)
}

// ReadExtensionList reads the elements of a SEQUENCE OF Extension.
func ReadExtensionList(list []tlv.Node) ([]Extension, bool) {
	var out []Extension
	for _, e := range list {
		parts, ok := Parts(e.Raw, Sequence)
		if !ok || len(parts) < 2 || len(parts) > 3 {
			return nil, false
		}
		id, ok := OID(parts[0])
		if !ok {
			return nil, false
		}
		x := Extension{ID: id}
		if len(parts) == 3 {
			if parts[1].Tag != Boolean || len(parts[1].Value) != 1 {
				return nil, false
			}
			x.Spelled, x.Critical = true, parts[1].Value[0] != 0
		}
		last := parts[len(parts)-1]
		if last.Tag != OctetString {
			return nil, false
		}
		x.Value = last.Value
		out = append(out, x)
	}
	return out, true
}
