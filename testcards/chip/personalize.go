package chip

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
)

// storeData answers STORE DATA: the data groupings that a command completes
// take effect together, or none of them does.
func (c *Chip) storeData(cmd apdu.Command) apdu.Response {
	if !c.v.target {
		return refuse(apdu.ErrConditions)
	}
	groupings, err := c.v.assembler.Add(cmd)
	if err != nil {
		c.endPersonalization()
		return refuse(statusOf(err))
	}
	var answer []byte
	if len(groupings) > 0 {
		err = c.update(func(s *state) error {
			for _, d := range groupings {
				data, err := c.grouping(s, d, cmd.P1&applet.StoreResponse != 0)
				if err != nil {
					return err
				}
				answer = append(answer, data...)
			}
			return nil
		})
		if err == nil {
			err = c.reloadKeys()
		}
	}
	if err != nil {
		c.endPersonalization()
		return refuse(statusOf(err))
	}
	if c.v.assembler.Last() {
		c.endPersonalization()
	}
	return apdu.Response{Data: answer, SW: apdu.OK}
}

// grouping applies one data grouping to s. The error is an apdu.Status.
func (c *Chip) grouping(s *state, d gp.DGI, respond bool) ([]byte, error) {
	a := &s.Applet
	if a.Progress == applet.ProgressFinalized {
		return nil, apdu.ErrConditions // DGIFinalize is the last one
	}
	a.Progress = applet.ProgressBegun
	secret := d.ID == applet.DGIMRZ || d.ID == applet.DGICAN
	generates := d.ID == applet.DGIGenerateCA || d.ID == applet.DGIGenerateAA
	switch {
	case d.Encrypted && !secret:
		return nil, apdu.ErrWrongData
	case generates && !respond:
		return nil, apdu.ErrWrongP1P2 // the public key would be lost
	}
	value := d.Value
	if d.Encrypted {
		plain, err := c.v.domain.DecryptDEK(value)
		if err != nil {
			return nil, err
		}
		if value, err = mac.Unpad80(plain); err != nil {
			return nil, apdu.ErrWrongData
		}
	}
	switch d.ID {
	case applet.DGIConfiguration:
		return nil, a.configure(value)
	case applet.DGIPACE:
		return nil, a.addPACE(value)
	case applet.DGIMRZ:
		return nil, a.setMRZ(value)
	case applet.DGICAN:
		return nil, a.setCAN(value)
	case applet.DGICreateFile:
		return nil, a.createFile(dirApp, value)
	case applet.DGICreateFileMF:
		return nil, a.createFile(dirMF, value)
	case applet.DGIFileContent:
		return nil, a.writeFile(dirApp, value)
	case applet.DGIFileContentMF:
		return nil, a.writeFile(dirMF, value)
	case applet.DGIGenerateCA:
		return c.generateCA(a, value)
	case applet.DGIGenerateAA:
		return c.generateAA(a, value)
	case applet.DGITrustPoints:
		return nil, a.trustPoints(value)
	case applet.DGIDate:
		return nil, a.setDate(value)
	case applet.DGIFinalize:
		return nil, a.finalize(value)
	}
	return nil, apdu.ErrNotFound
}

// objects reads data objects, each tag once.
func objects(b []byte) (map[tlv.Tag][]byte, bool) {
	nodes, err := tlv.ParseAll(b)
	if err != nil {
		return nil, false
	}
	m := make(map[tlv.Tag][]byte, len(nodes))
	for _, n := range nodes {
		if _, twice := m[n.Tag]; twice {
			return nil, false
		}
		m[n.Tag] = n.Value
	}
	return m, true
}

// oneByte is the value of an object of one byte, or otherwise if it is absent.
func oneByte(v []byte, otherwise int) (int, bool) {
	switch {
	case v == nil:
		return otherwise, true
	case len(v) == 1:
		return int(v[0]), true
	}
	return 0, false
}

func (a *appletState) configure(value []byte) error {
	m, ok := objects(value)
	if !ok {
		return apdu.ErrWrongData
	}
	flags, ok1 := oneByte(m[applet.TagFlags], 0)
	mechanisms, ok2 := oneByte(m[applet.TagMechanisms], -1)
	tries, ok3 := oneByte(m[applet.TagCANTries], 0)
	const all = applet.MechanismBAC | applet.MechanismPACEMRZ | applet.MechanismPACECAN
	switch {
	case a.Configured:
		return apdu.ErrConditions
	case !ok1 || !ok2 || !ok3 || mechanisms < 0 || byte(mechanisms)&^all != 0 || byte(flags)&^applet.FlagNoMF != 0 || tries > 15:
		return apdu.ErrWrongData
	}
	a.Configured, a.Flags, a.Mechanisms, a.CANTries = true, byte(flags), byte(mechanisms), tries
	return nil
}

func (a *appletState) addPACE(value []byte) error {
	m, ok := objects(value)
	if !ok {
		return apdu.ErrWrongData
	}
	oid, ok := objectIdentifier(m[applet.TagProtocol])
	parameter, ok2 := oneByte(m[applet.TagParameterID], -1)
	if !ok || !ok2 || parameter < 0 {
		return apdu.ErrWrongData
	}
	if len(a.PACE) == applet.MaxPACE {
		return apdu.ErrNotEnoughSpace
	}
	p := pace.Params{OID: oid, ParameterID: parameter}
	if err := p.Check(); err != nil {
		return apdu.ErrWrongData
	}
	for _, set := range a.PACE {
		if set.Protocol == oid.String() && set.Parameter == parameter {
			return apdu.ErrConditions
		}
	}
	a.PACE = append(a.PACE, paceSet{Protocol: oid.String(), Parameter: parameter})
	return nil
}

// objectIdentifier reads the value of an object identifier, without tag 06.
func objectIdentifier(value []byte) (asn1.ObjectIdentifier, bool) {
	var oid asn1.ObjectIdentifier
	if len(value) == 0 || len(value) > 32 {
		return nil, false
	}
	rest, err := asn1.Unmarshal(tlv.Encode(0x06, value), &oid)
	return oid, err == nil && len(rest) == 0
}

// setMRZ takes the MRZ information: document number (9 characters, or more in a
// TD1 document), birth and expiry with their check digits, 24 characters or
// more.
func (a *appletState) setMRZ(value []byte) error {
	switch {
	case a.MRZ != "":
		return apdu.ErrConditions
	case len(value) < 24 || len(value) > 40 || bytes.ContainsFunc(value, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && r != '<'
	}):
		return apdu.ErrWrongData
	}
	a.MRZ = string(value)
	return nil
}

func (a *appletState) setCAN(value []byte) error {
	switch {
	case a.CAN != "":
		return apdu.ErrConditions
	case len(value) < 4 || len(value) > 16 || !digits(value):
		return apdu.ErrWrongData
	}
	a.CAN = string(value)
	return nil
}

func digits(b []byte) bool {
	return !bytes.ContainsFunc(b, func(r rune) bool { return r < '0' || r > '9' })
}

// setDate takes a date as TR-03110-3 v2.2, D.2.1.3 codes it.
func (a *appletState) setDate(value []byte) error {
	if len(value) != 6 {
		return apdu.ErrWrongData
	}
	if a.Trust != nil {
		return apdu.ErrConditions // their current date has begun with it
	}
	date := make([]byte, 6)
	for i, b := range value {
		if b > 9 {
			return apdu.ErrWrongData
		}
		date[i] = '0' + b
	}
	a.Date = string(date)
	return nil
}

func (a *appletState) createFile(dir directory, value []byte) error {
	template, rest, err := tlv.Parse(value)
	if err != nil || len(rest) != 0 || template.Tag != applet.TagFCP {
		return apdu.ErrWrongData
	}
	m, ok := objects(template.Value)
	if !ok {
		return apdu.ErrWrongData
	}
	f, ok := parseFCP(m)
	switch {
	case !ok:
		return apdu.ErrWrongData
	case a.find(dir, f.FID) >= 0 || f.SFI != 0 && a.findSFI(dir, f.SFI) >= 0:
		return apdu.ErrFileExists
	case len(a.Files) == applet.MaxFiles:
		return apdu.ErrNotEnoughSpace
	}
	f.Dir = dir
	a.Files = append(a.Files, f)
	return nil
}

func parseFCP(m map[tlv.Tag][]byte) (f file, ok bool) {
	size, fid, sfi := m[applet.TagFileSize], m[applet.TagFileID], m[applet.TagSFI]
	security := m[applet.TagSecurity]
	if len(size) < 2 || len(size) > 3 || len(fid) != 2 || len(sfi) > 1 ||
		!bytes.Equal(m[applet.TagDescriptor], []byte{applet.DescriptorTransparent}) ||
		len(security) != 2 || security[0] != applet.ModeRead {
		return f, false
	}
	for _, b := range size {
		f.Size = f.Size<<8 | int(b)
	}
	f.FID = uint16(fid[0])<<8 | uint16(fid[1])
	if len(sfi) == 1 {
		f.SFI = sfi[0] >> 3
		if sfi[0]&0x07 != 0 || f.SFI > 30 {
			return f, false
		}
	}
	f.Rule = security[1]
	switch f.Rule {
	case applet.ReadAlways, applet.ReadAccess, applet.ReadTerminal, applet.ReadNever:
	default:
		return f, false
	}
	return f, f.Size > 0 && f.Size <= applet.MaxFileSize && !reservedFID(f.FID)
}

// reservedFID reports identifiers that no file has (ISO/IEC 7816-4:2020, 7.2.2).
func reservedFID(fid uint16) bool { return fid == fidMF || fid == 0x3FFF || fid == 0xFFFF || fid == 0 }

// writeFile appends to a file: FID(2) || offset(3) || bytes.
func (a *appletState) writeFile(dir directory, value []byte) error {
	if len(value) < 6 {
		return apdu.ErrWrongData
	}
	i := a.find(dir, uint16(value[0])<<8|uint16(value[1]))
	if i < 0 {
		return apdu.ErrFileNotFound
	}
	f := &a.Files[i]
	if a.ownFile(f) {
		return apdu.ErrConditions
	}
	offset, data := int(value[2])<<16|int(value[3])<<8|int(value[4]), value[5:]
	switch {
	case offset+len(data) > f.Size:
		return apdu.ErrNotEnoughSpace
	case offset != len(f.Content):
		return apdu.ErrConditions // no gap, nothing twice
	}
	f.Content = append(append(make([]byte, 0, offset+len(data)), f.Content...), data...)
	return nil
}

// finalize closes the data if nothing is missing.
func (a *appletState) finalize(value []byte) error {
	if !a.complete() {
		return apdu.ErrConditions
	}
	switch len(value) {
	case 0:
	case sha256.Size:
		if !bytes.Equal(value, a.digest()) {
			return apdu.ErrWrongData
		}
	default:
		return apdu.ErrWrongData
	}
	k, err := newKeyring(a)
	if err == nil {
		_, err = buildProtocols(a, k, owner{})
	}
	if err != nil {
		return apdu.ErrConditions
	}
	a.Progress = applet.ProgressFinalized
	return nil
}

// digest is what DGIFinalize may carry: proof that what is stored is what was
// sent.
func (a *appletState) digest() []byte {
	h := sha256.New()
	for i := range a.Files {
		f := &a.Files[i]
		if a.ownFile(f) {
			continue
		}
		h.Write([]byte{byte(f.Dir), byte(f.FID >> 8), byte(f.FID), byte(f.Size >> 16), byte(f.Size >> 8), byte(f.Size)})
		h.Write(f.Content)
	}
	return h.Sum(nil)
}

// complete reports whether a document can be made of the data: the files that
// Doc 9303-10 (8th ed.), 4.1, makes mandatory, every file whole, a password for
// every mechanism, and a key wherever a file promises one.
func (a *appletState) complete() bool {
	for i := range a.Files {
		if len(a.Files[i].Content) != a.Files[i].Size {
			return false
		}
		if a.Files[i].Dir == dirMF && a.Flags&applet.FlagNoMF != 0 {
			return false
		}
	}
	has := func(dir directory, fid uint16) bool { return a.find(dir, fid) >= 0 }
	for _, fid := range []uint16{0x011E, 0x0101, 0x0102, 0x011D} { // EF.COM, DG1, DG2, EF.SOD
		if !has(dirApp, fid) {
			return false
		}
	}
	byPACE := a.Mechanisms&(applet.MechanismPACEMRZ|applet.MechanismPACECAN) != 0
	byMRZ := a.Mechanisms&(applet.MechanismBAC|applet.MechanismPACEMRZ) != 0
	switch {
	case !a.Configured:
	case byMRZ && a.MRZ == "":
	case a.Mechanisms&applet.MechanismPACECAN != 0 && a.CAN == "":
	case byPACE != (len(a.PACE) > 0):
	case byPACE && !has(dirMF, 0x011C) && !has(dirApp, 0x011C): // EF.CardAccess
	case (a.AA != nil) != has(dirApp, 0x010F): // DG15
	case len(a.CA) > 0 && !has(dirApp, 0x010E): // DG14
	case a.Trust != nil && len(a.CA) == 0: // Doc 9303-11 (8th ed.), 7.1
	case a.Date == "":
	default:
		return true
	}
	return false
}
