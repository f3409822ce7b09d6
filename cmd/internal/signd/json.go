package signd

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"
)

// Bounds of a request's JSON.
const (
	maxDepth   = 3  // the request, an object or list in it, its values
	maxMembers = 32 // of an object or list
)

// value is one value of JSON: a map[string]value, a []value, or what
// json.Decoder.Token gives of the others.
type value any

// readJSON reads one object strictly: names count as they are written and come once,
// nothing follows it, and it is bounded. encoding/json alone would take names in any
// case and the last of two.
func readJSON(b []byte) (map[string]value, error) {
	if !utf8.Valid(b) {
		return nil, refuse(http.StatusBadRequest, RuleJSON, "", "the body is not in UTF-8")
	}
	if !json.Valid(b) {
		return nil, refuse(http.StatusBadRequest, RuleJSON, "", "the body is no JSON")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	v, err := readValue(d, "", 0)
	var refused *Refusal
	if errors.As(err, &refused) {
		return nil, err
	}
	object, ok := v.(map[string]value)
	if err != nil || !ok {
		return nil, refuse(http.StatusBadRequest, RuleJSON, "", "the body is no JSON object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, refuse(http.StatusBadRequest, RuleJSON, "", "something follows the JSON object")
	}
	return object, nil
}

func readValue(d *json.Decoder, at string, depth int) (value, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	open, ok := t.(json.Delim)
	if !ok {
		return t, nil
	}
	if depth == maxDepth {
		return nil, refuse(http.StatusBadRequest, RuleDepth, at, "the request is nested too deep")
	}
	if open == '[' {
		list := []value{}
		for d.More() {
			if len(list) == maxMembers {
				return nil, refuse(http.StatusBadRequest, RuleDepth, at, "more than %d values", maxMembers)
			}
			v, err := readValue(d, at, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	}
	object := map[string]value{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, ok := t.(string)
		if !ok {
			return nil, errors.New("a name is no string")
		}
		if len(object) == maxMembers {
			return nil, refuse(http.StatusBadRequest, RuleDepth, at, "more than %d members", maxMembers)
		}
		if _, twice := object[name]; twice {
			// The name may be anything: only where it stands is told.
			return nil, refuse(http.StatusBadRequest, RuleDuplicate, at, "a name comes twice")
		}
		inner := at
		if depth == 0 && known[name] {
			inner = name
		}
		if object[name], err = readValue(d, inner, depth+1); err != nil {
			return nil, err
		}
	}
	_, err = d.Token()
	return object, err
}
