package inspect

import (
	"hash"
	"io"

	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

// arrivals are the hashes of data groups, made while their bytes come in. EF.SOD is
// read before them and says with which function.
type arrivals struct {
	object *sod.SecurityObject
	sums   map[string]hash.Hash
}

// index reads the function out of EF.SOD, as soon as that is there. Whether it is
// signed does not matter yet: another function gives another hash.
func (x *inspection) index(raw []byte) {
	s, err := sod.Parse(raw)
	if err != nil {
		return
	}
	x.arrived = arrivals{object: s.Object, sums: map[string]hash.Hash{}}
	x.session.arriving = func(f emrtd.File) io.Writer {
		if id, ok := lds.FileByName(f.Name); !ok || id.Number() == 0 {
			return nil
		}
		h := s.Object.Hash.New()
		x.arrived.sums[f.Name] = h
		return h
	}
}

// sum is the hash of a file that was read to its end, nil for one that was not
// hashed on the way.
func (x *inspection) sum(name string) []byte {
	if h := x.arrived.sums[name]; h != nil {
		return h.Sum(nil)
	}
	return nil
}
