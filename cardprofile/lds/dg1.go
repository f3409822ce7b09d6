package lds

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
)

const tagMRZ tlv.Tag = 0x5F1F

// ParseDG1 reads DG1 (Doc 9303-10 (8th ed.), 4.7.1): the zone without line
// breaks, 90 characters (TD1), 72 (TD2) or 88 (TD3).
func ParseDG1(b []byte) (*mrz.MRZ, []cardprofile.Deviation, error) {
	n := &notes{where: "DG1"}
	node, err := open(b, 0x61, n, "dg1")
	if err != nil {
		return nil, n.list, err
	}
	zone, ok := node.First(tagMRZ)
	if !ok {
		return nil, n.list, malformed("DG1: no machine readable zone")
	}
	m, devs, err := mrz.ParseDG1(string(zone.Value))
	if err != nil {
		return nil, n.list, malformed("DG1: %w", err)
	}
	for _, d := range devs {
		d.Where = "DG1"
		n.list = append(n.list, d)
	}
	return m, n.list, nil
}

// EncodeDG1 writes DG1 around a zone that has no deviations.
func EncodeDG1(m *mrz.MRZ) ([]byte, error) {
	text := m.Text()
	if _, devs, err := mrz.ParseDG1(text); err != nil || len(devs) > 0 {
		return nil, unbuilt("DG1: the machine readable zone is not in order")
	}
	return tlv.Encode(0x61, tlv.Encode(tagMRZ, []byte(text))), nil
}
