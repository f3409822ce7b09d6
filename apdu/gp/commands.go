package gp

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// ISD is the AID of the issuer security domain as most cards have it (GPCS,
// H.1.2).
var ISD = []byte{0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00}

func encodeTLV(tag tlv.Tag, value ...[]byte) []byte { return tlv.Encode(tag, value...) }

// SelectISD selects the issuer security domain and returns its AID. With aid
// nil it tries [ISD], then what the card selects by default (GPCS, 11.9).
func SelectISD(ctx context.Context, s apdu.Sender, aid []byte) ([]byte, error) {
	if aid != nil {
		return Select(ctx, s, aid)
	}
	got, err := Select(ctx, s, ISD)
	if errors.Is(err, apdu.ErrFileNotFound) {
		got, err = Select(ctx, s, nil)
	}
	return got, err
}

// Select selects an application by AID and returns the AID that the card
// names in its answer, or the one asked for where it names none. nil selects
// the default one.
func Select(ctx context.Context, s apdu.Sender, aid []byte) ([]byte, error) {
	b, err := apdu.Do(ctx, s, apdu.Command{INS: 0xA4, P1: 0x04, Data: aid, Ne: apdu.MaxShortNe})
	if err != nil {
		return nil, fmt.Errorf("gp: %w", err)
	}
	if fci, ok := tlv.First(b, 0x6F); ok { // GPCS, 11.9.3.1
		if n, ok := fci.First(0x84); ok && len(n.Value) > 0 {
			return n.Value, nil
		}
	}
	return aid, nil
}

func checkAID(aid []byte) error {
	if len(aid) < 5 || len(aid) > 16 { // ISO/IEC 7816-4, 12.2.3
		return fmt.Errorf("%w: AID of %d bytes", ErrEncoding, len(aid))
	}
	return nil
}

// lv writes one length byte and the value.
func lv(b []byte) []byte { return append([]byte{byte(len(b))}, b...) }

// InstallForPersonalization binds the STORE DATA commands that follow to an
// application of this security domain (GPCS, 11.5.2.3.6). The bond ends with
// the last block, the channel, a selection, or another INSTALL.
func InstallForPersonalization(ctx context.Context, s apdu.Sender, aid []byte) error {
	if err := checkAID(aid); err != nil {
		return err
	}
	data := append([]byte{0, 0}, lv(aid)...)
	data = append(data, 0, 0, 0)
	if _, err := apdu.Do(ctx, s, apdu.Command{CLA: 0x80, INS: 0xE6, P1: 0x20, Data: data, Ne: apdu.MaxShortNe}); err != nil {
		return fmt.Errorf("gp: for personalization: %w", err)
	}
	return nil
}

// Install is what INSTALL [for install and make selectable] needs.
type Install struct {
	Package, Module, Application []byte // AIDs
	Privileges                   []byte // 1 or 3 bytes; nil: none
	Parameters                   []byte // application specific, in C9
}

// InstallAndMakeSelectable creates an application from a loaded package
// (GPCS, 11.5.2.3.2).
func InstallAndMakeSelectable(ctx context.Context, s apdu.Sender, p Install) error {
	for _, aid := range [][]byte{p.Package, p.Module, p.Application} {
		if err := checkAID(aid); err != nil {
			return err
		}
	}
	priv := p.Privileges
	if priv == nil {
		priv = []byte{0}
	}
	params := encodeTLV(0xC9, p.Parameters)
	if len(params) > 0x7F || len(priv) != 1 && len(priv) != 3 {
		return fmt.Errorf("%w: install parameters of %d bytes, privileges of %d", ErrEncoding, len(params), len(priv))
	}
	var data []byte
	for _, f := range [][]byte{p.Package, p.Module, p.Application, priv, params, nil} {
		data = append(data, lv(f)...)
	}
	if _, err := apdu.Do(ctx, s, apdu.Command{CLA: 0x80, INS: 0xE6, P1: 0x0C, Data: data, Ne: apdu.MaxShortNe}); err != nil {
		return fmt.Errorf("gp: for install: %w", err)
	}
	return nil
}

// Life cycle states (GPCS, 11.1.1).
const (
	CardOpReady     = 0x01
	CardInitialized = 0x07
	CardSecured     = 0x0F
	CardLocked      = 0x7F
	CardTerminated  = 0xFF

	AppInstalled  = 0x03
	AppSelectable = 0x07
	AppLocked     = 0x80 // bit on top of the state
)

// SetCardStatus moves the card to a life cycle state, CardSecured say
// (GPCS, 11.10). Most moves cannot be taken back.
func SetCardStatus(ctx context.Context, s apdu.Sender, state byte) error {
	return setStatus(ctx, s, 0x80, state, nil)
}

// SetApplicationStatus moves an application or security domain to a life
// cycle state.
func SetApplicationStatus(ctx context.Context, s apdu.Sender, aid []byte, state byte) error {
	if err := checkAID(aid); err != nil {
		return err
	}
	return setStatus(ctx, s, 0x40, state, aid)
}

func setStatus(ctx context.Context, s apdu.Sender, what, state byte, aid []byte) error {
	if _, err := apdu.Do(ctx, s, apdu.Command{CLA: 0x80, INS: 0xF0, P1: what, P2: state, Data: aid}); err != nil {
		return fmt.Errorf("gp: %w", err)
	}
	return nil
}

// Scope says what GET STATUS lists (GPCS, table 11-33).
type Scope byte

// Scopes of GET STATUS.
const (
	ScopeISD          Scope = 0x80 // the issuer security domain, its state is the card's
	ScopeApplications Scope = 0x40 // applications and security domains
	ScopePackages     Scope = 0x20 // executable load files
	ScopeModules      Scope = 0x10 // executable load files and their modules
)

// Entry is one registry entry.
type Entry struct {
	AID        []byte
	State      byte
	Privileges []byte   // 1 or 3 bytes
	Modules    [][]byte // AIDs, with ScopeModules
}

// maxStatusRounds bounds a card that always says it has more.
const maxStatusRounds = 64

// GetStatus lists registry entries (GPCS, 11.4, response form E3). No entry is
// an empty list. Some cards do not know the command: apdu.ErrINS.
func GetStatus(ctx context.Context, s apdu.Sender, scope Scope) ([]Entry, error) {
	var all []byte
	cmd := apdu.Command{CLA: 0x80, INS: 0xF2, P1: byte(scope), P2: 0x02, Data: []byte{0x4F, 0x00}, Ne: apdu.MaxShortNe}
	for range maxStatusRounds {
		r, err := s.Send(ctx, cmd)
		if err != nil {
			return nil, fmt.Errorf("gp: GET STATUS: %w", err)
		}
		switch r.SW {
		case apdu.OK, 0x6310: // 6310: more data available
			all = append(all, r.Data...)
		case apdu.ErrNotFound, apdu.ErrFileNotFound:
			return nil, nil
		default:
			return nil, fmt.Errorf("gp: GET STATUS: %w", r.SW)
		}
		if r.SW == apdu.OK {
			return parseStatus(all)
		}
		cmd.P2 |= 0x01 // next occurrence
	}
	return nil, fmt.Errorf("%w: GET STATUS does not end", ErrAnswer)
}

func parseStatus(b []byte) ([]Entry, error) {
	nodes, err := tlv.ParseAll(b)
	if err != nil {
		return nil, fmt.Errorf("%w: GET STATUS: %w", ErrAnswer, err)
	}
	var list []Entry
	for _, n := range nodes {
		if n.Tag != 0xE3 {
			continue
		}
		fields, err := n.Children()
		if err != nil {
			return nil, fmt.Errorf("%w: GET STATUS: %w", ErrAnswer, err)
		}
		var e Entry
		for _, f := range fields {
			switch f.Tag {
			case 0x4F:
				e.AID = f.Value
			case 0x9F70:
				if len(f.Value) > 0 {
					e.State = f.Value[0]
				}
			case 0xC5:
				e.Privileges = f.Value
			case 0x84:
				e.Modules = append(e.Modules, f.Value)
			}
		}
		list = append(list, e)
	}
	return list, nil
}
