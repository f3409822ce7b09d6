package applet

import (
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// trustPoints is the value of DGITrustPoints. What a chip would refuse, or what
// no terminal could ever use, is refused before anything is written.
func trustPoints(image Image) ([]byte, error) {
	if len(image.CVCA) > MaxTrustPoints {
		return nil, fmt.Errorf("%w: %d trust points, at most %d", ErrImage, len(image.CVCA), MaxTrustPoints)
	}
	if image.Date.IsZero() {
		return nil, fmt.Errorf("%w: trust points without a day of personalization", ErrImage)
	}
	today, err := cvc.DateOf(image.Date)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrImage, err)
	}
	var value []byte
	if f := image.CVCAFile; f.FID != 0 {
		value = append(value, tlv.Encode(TagFileID, []byte{byte(f.FID >> 8), byte(f.FID)})...)
		if f.SFI != 0 {
			value = append(value, tlv.Encode(TagSFI, []byte{f.SFI << 3})...)
		}
	}
	var keys []cvc.Key
	for _, c := range image.CVCA {
		k, err := cvc.Root(c)
		if err != nil {
			return nil, fmt.Errorf("%w: trust point: %w", ErrImage, err)
		}
		if c.Expiration.Before(today) {
			return nil, fmt.Errorf("%w: trust point %v expired on %v", ErrImage, c.CHR, c.Expiration)
		}
		keys = append(keys, k)
		value = append(value, c.Raw...)
	}
	store, err := cvc.NewStore(today, keys...)
	if err == nil {
		_, err = cvc.EncodeEFCVCA(store.References()...)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: trust points: %w", ErrImage, err)
	}
	return value, nil
}
