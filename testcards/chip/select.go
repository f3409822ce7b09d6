package chip

import (
	"bytes"
	"encoding/hex"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

var (
	isdAID     = mustHex(applet.ISDAID)
	emrtdAID   = mustHex(applet.EMRTDAID)
	packageAID = mustHex(applet.EMRTDAID[:12]) // the applet's executable load file
)

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err) // a constant of ours
	}
	return b
}

const (
	insSelect = 0xA4
	fidMF     = 0x3F00
)

// isSelectName reports a SELECT by DF name.
func isSelectName(cmd apdu.Command) bool { return cmd.INS == insSelect && cmd.P1 == 0x04 }

// isSelectMF reports a SELECT of the master file (Doc 9303-10 (8th ed.),
// 3.6.1.1), by identifier or without one.
func isSelectMF(cmd apdu.Command) bool {
	return cmd.INS == insSelect && cmd.P1 == 0x00 && (len(cmd.Data) == 0 || bytes.Equal(cmd.Data, []byte{0x3F, 0x00}))
}

// named finds the application of a DF name, which may be cut short on the right
// (ISO/IEC 7816-4:2020, 11.2.2; GlobalPlatform Card Specification 2.3.1, 11.9).
func named(name []byte) application {
	switch {
	case len(name) == 0:
		return appISD
	case len(name) < 5 || len(name) > 16:
		return appNone
	case bytes.HasPrefix(emrtdAID, name):
		return appEMRTD
	case bytes.HasPrefix(isdAID, name):
		return appISD
	}
	return appNone
}

// checkSelectName judges P2: first or only occurrence, and FCI, FCP or nothing
// for an answer.
func checkSelectName(cmd apdu.Command) apdu.Status {
	switch {
	case cmd.P2&0xF0 != 0:
		return apdu.ErrWrongP1P2
	case cmd.P2&0x03 != 0:
		return apdu.ErrFileNotFound // there is no next and no previous one
	case cmd.P2&0x0C == 0x08:
		return apdu.ErrWrongP1P2
	}
	return apdu.OK
}

// selectName answers a plain SELECT by DF name.
func (c *Chip) selectName(cmd apdu.Command) apdu.Response {
	if sw := c.selectQuirk(cmd); sw != apdu.OK {
		return refuse(sw)
	}
	if sw := checkSelectName(cmd); sw != apdu.OK {
		return refuse(sw)
	}
	app := named(cmd.Data)
	if app == appNone {
		return refuse(apdu.ErrFileNotFound)
	}
	c.endSession()
	c.v.app, c.v.dir, c.v.ef = app, dirApp, -1
	if app == appISD {
		return c.fci(cmd, c.domainFCI())
	}
	return c.fci(cmd, c.appletFCI())
}

// selectNameProtected answers one under secure messaging: the application's own
// name keeps the session, and no other is to be had inside it.
func (c *Chip) selectNameProtected(cmd apdu.Command) apdu.Response {
	if sw := c.selectQuirk(cmd); sw != apdu.OK {
		return refuse(sw)
	}
	if sw := checkSelectName(cmd); sw != apdu.OK {
		return refuse(sw)
	}
	if named(cmd.Data) != appEMRTD {
		return refuse(apdu.ErrFileNotFound)
	}
	c.v.dir, c.v.ef = dirApp, -1
	return c.fci(cmd, c.appletFCI())
}

// fci answers with a template if P2 and Le ask for one.
func (c *Chip) fci(cmd apdu.Command, template []byte) apdu.Response {
	if cmd.P2&0x0C == 0x0C || cmd.Ne == 0 {
		return refuse(apdu.OK)
	}
	return apdu.Response{Data: template, SW: apdu.OK}
}

// appletFCI names the application; a blank says what it is, for a driver to
// probe.
func (c *Chip) appletFCI() []byte {
	name := tlv.Encode(0x84, emrtdAID)
	a := &c.st.Applet
	if a.personalized() {
		return tlv.Encode(0x6F, name)
	}
	return tlv.Encode(0x6F, name, tlv.Encode(0xA5,
		tlv.Encode(applet.TagLabel, []byte(applet.EMRTDLabel)),
		tlv.Encode(applet.TagState, []byte{a.LifeCycle, a.Progress}),
		tlv.Encode(applet.TagMapVersion, []byte{applet.DGIMapVersion}),
	))
}

// selectFile answers SELECT of the master file or of an EF (Doc 9303-10 (8th
// ed.), 3.6.1.1 and 3.6.2).
func (c *Chip) selectFile(cmd apdu.Command) apdu.Response {
	if cmd.P2&0xF3 != 0 {
		return refuse(apdu.ErrWrongP1P2)
	}
	switch {
	case isSelectMF(cmd):
		return c.selectMF(cmd)
	case cmd.P1 != 0x00 && cmd.P1 != 0x02:
		return refuse(apdu.ErrFuncNotSupported)
	case len(cmd.Data) != 2:
		return refuse(apdu.ErrWrongLength)
	}
	i, sw := c.access(uint16(cmd.Data[0])<<8 | uint16(cmd.Data[1]))
	if sw != apdu.OK {
		return refuse(sw)
	}
	c.v.ef = i
	if cmd.P2&0x0C == 0x08 {
		return refuse(apdu.OK) // no file management data
	}
	tag := tlv.Tag(0x6F)
	if cmd.P2&0x0C == 0x04 {
		tag = applet.TagFCP
	}
	return c.fci(cmd, tlv.Encode(tag, c.fcp(i)))
}

func (c *Chip) selectMF(cmd apdu.Command) apdu.Response {
	if c.st.Applet.Flags&applet.FlagNoMF != 0 {
		return refuse(apdu.ErrINS) // as Vietnam's card does
	}
	c.v.dir, c.v.ef = dirMF, -1
	return c.fci(cmd, tlv.Encode(0x6F, tlv.Encode(applet.TagDescriptor, []byte{0x38}), tlv.Encode(applet.TagFileID, []byte{fidMF >> 8, fidMF & 0xFF})))
}

// fcp are the control parameters of a file (ISO/IEC 7816-4:2020, 7.4.3).
func (c *Chip) fcp(i int) []byte {
	f := &c.st.Applet.Files[i]
	size := []byte{byte(f.Size >> 8), byte(f.Size)}
	if f.Size > 0xFFFF {
		size = append([]byte{byte(f.Size >> 16)}, size...)
	}
	var out []byte
	out = append(out, tlv.Encode(applet.TagFileSize, size)...)
	out = append(out, tlv.Encode(applet.TagDescriptor, []byte{applet.DescriptorTransparent})...)
	out = append(out, tlv.Encode(applet.TagFileID, []byte{byte(f.FID >> 8), byte(f.FID)})...)
	out = append(out, tlv.Encode(applet.TagSFI, []byte{f.SFI << 3})...)
	return append(out, tlv.Encode(0x8A, []byte{0x05})...) // operational, activated
}

// access finds a file of the current directory that may be read now. What is
// not there looks like what is forbidden, as far as the file system of an
// eMRTD is concerned and access has not been granted; DG3 and DG4 ask for
// terminal authentication whether they are there or not.
func (c *Chip) access(fid uint16) (int, apdu.Status) {
	i := c.st.Applet.find(c.v.dir, fid)
	return c.permit(i, protectedFID(c.v.dir, fid), c.v.dir == dirApp && (fid == 0x0103 || fid == 0x0104))
}

func (c *Chip) accessSFI(sfi byte) (int, apdu.Status) {
	i := c.st.Applet.findSFI(c.v.dir, sfi)
	data := c.v.dir == dirApp && (sfi <= 0x10 || sfi >= 0x1D)
	return c.permit(i, data, c.v.dir == dirApp && (sfi == 3 || sfi == 4))
}

// protectedFID reports a file of the LDS1 application (Doc 9303-10 (8th ed.), 4.2).
func protectedFID(dir directory, fid uint16) bool {
	return dir == dirApp && (fid >= 0x0101 && fid <= 0x0110 || fid == 0x011D || fid == 0x011E)
}

func (c *Chip) permit(i int, data, terminal bool) (int, apdu.Status) {
	if i >= 0 && c.hidden(&c.st.Applet.Files[i]) {
		return -1, apdu.ErrFileNotFound
	}
	granted := c.v.session != nil && c.v.opened != pace.ReferencePUK // which opens nothing but the PIN
	switch {
	case i < 0 && data && !granted && c.st.Applet.Mechanisms != 0, i < 0 && terminal && !c.terminalDone() && c.st.Applet.Mechanisms != 0:
		return -1, apdu.ErrSecurityStatus
	case i < 0:
		return -1, apdu.ErrFileNotFound
	}
	switch c.st.Applet.Files[i].Rule {
	case applet.ReadAlways:
		return i, apdu.OK
	case applet.ReadAccess:
		if granted {
			return i, apdu.OK
		}
	case applet.ReadTerminal:
		if granted && c.terminalMayRead(&c.st.Applet.Files[i]) {
			return i, apdu.OK
		}
	}
	return -1, apdu.ErrSecurityStatus
}

// fileName is a file's name in the LDS, or empty.
func (a *appletState) fileName(f *file) string {
	if a.ownFile(f) {
		return lds.NameCVCA
	}
	for _, id := range lds.FileIDs() {
		if id.Name == lds.NameCVCA || id.FID != f.FID || id.MF != (f.Dir == dirMF) && !(id.MF && f.FID != 0x011D) {
			continue
		}
		return id.Name
	}
	return ""
}
