//go:build cgo

package pkcs11

import (
	"context"
	"fmt"
	"strings"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/hsm"
)

// InitToken makes a token in a free slot of the module and sets its user PIN. It never touches a token that is initialized already: one of
// the same label is an error. It returns the path of the module.
func InitToken(ctx context.Context, setup TokenSetup) (module string, err error) {
	doing := fmt.Sprintf("initialize token %q", setup.Label)
	if err := setup.check(); err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", &hsm.Fault{Doing: doing, Kind: hsm.ErrStopped, Cause: err}
	}
	path := setup.Module
	if path == "" {
		if path, err = FindSoftHSM(); err != nil {
			return "", err
		}
	}
	if setup.Dir != "" {
		if _, err := UseSoftHSMDir(setup.Dir); err != nil {
			return "", err
		}
	}
	modules.Lock()
	defer modules.Unlock()
	m, err := useModule(path)
	if err != nil {
		return "", err
	}
	defer m.leave()
	return path, fault(doing, m.initToken(doing, setup))
}

func (m *module) initToken(doing string, setup TokenSetup) error {
	slots, err := m.api.GetSlotList(true)
	if err != nil {
		return err
	}
	free, found := uint(0), false
	for _, s := range slots {
		ti, err := m.api.GetTokenInfo(s)
		if err != nil {
			continue
		}
		if ti.Flags&p11.CKF_TOKEN_INITIALIZED == 0 {
			if !found {
				free, found = s, true
			}
			continue
		}
		if strings.TrimRight(ti.Label, " \x00") == setup.Label {
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyExists, Detail: "a token of this label exists"}
		}
	}
	if !found {
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrTokenMissing, Detail: "the module has no token left that is not initialized"}
	}
	if err := m.api.InitToken(free, string(setup.SOPIN.Bytes()), setup.Label); err != nil {
		return err
	}
	// The slot may have another number now.
	slot, _, err := m.findToken(setup.Label, "")
	if err != nil {
		return err
	}
	s, err := m.api.OpenSession(slot, sessionFlags)
	if err != nil {
		return err
	}
	defer func() { _ = m.api.CloseSession(s) }()
	if err := m.api.Login(s, p11.CKU_SO, string(setup.SOPIN.Bytes())); err != nil {
		return err
	}
	defer func() { _ = m.api.Logout(s) }()
	return m.api.InitPIN(s, string(setup.UserPIN.Bytes()))
}
