package demo

import (
	"crypto/rand"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/printer"
)

func randomKey(n int) (mac.Key, error) {
	b := make([]byte, n)
	defer clear(b)
	if _, err := rand.Read(b); err != nil {
		return mac.Key{}, err
	}
	return mac.NewKey(b), nil
}

var sides = []printer.Side{printer.Front, printer.Back}
