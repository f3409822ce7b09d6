package chip

import (
	"errors"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// placeOfCVCA is where EF.CVCA stands if nobody says otherwise.
func placeOfCVCA() file {
	id, _ := lds.FileByName(lds.NameCVCA)
	return file{FID: id.FID, SFI: id.SFI}
}

var errTrustPoints = errors.New("chip: malformed trust points")

// parseTrustPoints reads the value of DGITrustPoints.
func parseTrustPoints(value []byte) (place file, certificates []*cvc.Certificate, err error) {
	nodes, err := tlv.ParseAll(value)
	if err != nil {
		return place, nil, errTrustPoints
	}
	place = placeOfCVCA()
	if len(nodes) > 0 && nodes[0].Tag == applet.TagFileID {
		fid := nodes[0].Value
		if len(fid) != 2 {
			return place, nil, errTrustPoints
		}
		place = file{FID: uint16(fid[0])<<8 | uint16(fid[1])}
		nodes = nodes[1:]
		if len(nodes) > 0 && nodes[0].Tag == applet.TagSFI {
			sfi := nodes[0].Value
			if len(sfi) != 1 || sfi[0]&0x07 != 0 || sfi[0]>>3 > 30 {
				return place, nil, errTrustPoints
			}
			place.SFI = sfi[0] >> 3
			nodes = nodes[1:]
		}
	}
	if reservedFID(place.FID) {
		return place, nil, errTrustPoints
	}
	for _, n := range nodes {
		c, err := cvc.Parse(n.Raw)
		if err != nil {
			return place, nil, errTrustPoints
		}
		certificates = append(certificates, c)
	}
	if len(certificates) == 0 || len(certificates) > applet.MaxTrustPoints {
		return place, nil, errTrustPoints
	}
	return place, certificates, nil
}
