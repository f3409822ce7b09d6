package pki

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// documentNumbers is a set of document numbers as a deviation list spells them. A
// list may hold hundreds of thousands: they stay where they are in the list, and
// only their places are kept, in order, four bytes each.
type documentNumbers struct {
	der   []byte
	count int

	once   sync.Once
	places []uint32 // of each element in der, by the text of the number
}

const maxNumberLength = 64 // of one document number in a list, in characters

// readNumbers walks the elements once; nothing is copied.
func readNumbers(content cryptobyte.String) (*documentNumbers, error) {
	d := &documentNumbers{der: content}
	for s := content; len(s) > 0; d.count++ {
		var v cryptobyte.String
		var tag asn1.Tag
		if !s.ReadAnyASN1(&v, &tag) || byte(tag) != tagPrintable && byte(tag) != tagUTF8String && byte(tag) != tagIA5String || len(v) > maxNumberLength {
			return nil, malformed("documentNumbers")
		}
	}
	return d, nil
}

func (d *documentNumbers) len() int {
	if d == nil {
		return 0
	}
	return d.count
}

// at is the number at a place. Elements have one octet of length, by their bound.
func (d *documentNumbers) at(place uint32) string {
	return trimFiller(string(d.der[place+2 : place+2+uint32(d.der[place+1])]))
}

// has looks a number up; the first question puts the places in order.
func (d *documentNumbers) has(number string) bool {
	if number == "" {
		return false
	}
	d.once.Do(func() {
		d.places = make([]uint32, 0, d.count)
		for i := 0; i < len(d.der); i += 2 + int(d.der[i+1]) {
			d.places = append(d.places, uint32(i))
		}
		byNumber := func(a, b uint32) int { return strings.Compare(d.at(a), d.at(b)) }
		// DER sorts a SET OF by its encodings, which for numbers of one length is
		// this order already.
		if !slices.IsSortedFunc(d.places, byNumber) {
			slices.SortFunc(d.places, byNumber)
		}
	})
	_, found := slices.BinarySearchFunc(d.places, number, func(p uint32, n string) int { return strings.Compare(d.at(p), n) })
	return found
}
