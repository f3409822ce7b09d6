package sod

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// PrepareCardSecurity decides and checks everything about an EF.CardSecurity and
// signs nothing, as Prepare does for EF.SOD (Doc 9303-10 (8th ed.), 3.11.4). access is
// EF.CardAccess as it will be on the chip; set is the SET of SecurityInfos, which
// must hold every entry of access and a key of chip authentication. Of o, Signer,
// SigningTime and Sign count.
func PrepareCardSecurity(access, set []byte, o Options) (*Token, []byte, error) {
	signing, at, err := o.signing()
	if err != nil {
		return nil, nil, err
	}
	open, devs, err := lds.ParseSecurityInfos(access)
	if err != nil || len(devs) > 0 {
		return nil, nil, fmt.Errorf("sod: prepare: EF.CardAccess is not in order")
	}
	infos, devs, err := lds.ParseSecurityInfos(set)
	if err != nil || len(devs) > 0 {
		return nil, nil, fmt.Errorf("sod: prepare: the SecurityInfos of EF.CardSecurity are not in order")
	}
	for _, item := range open.Items {
		if !slices.ContainsFunc(infos.Items, func(b []byte) bool { return bytes.Equal(item, b) }) {
			return nil, nil, fmt.Errorf("sod: prepare: EF.CardSecurity lacks an entry of EF.CardAccess")
		}
	}
	if len(infos.ChipAuthKeys) == 0 {
		return nil, nil, fmt.Errorf("sod: prepare: EF.CardSecurity holds no key of chip authentication")
	}
	return newToken(&Token{kind: kindCardSecurity, signer: o.Signer, signing: signing, content: slices.Clone(set), time: at})
}
