package applet

import (
	"bytes"
	"context"
	"crypto"
	"crypto/aes"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// chipidGP drives a GlobalPlatform card with the project's own eMRTD applet:
// SCP03 with the issuer security domain, INSTALL [for personalization], STORE
// DATA with the DGIs of dgi.go, PUT KEY, SET STATUS.
type chipidGP struct{}

// Name implements [Driver].
func (chipidGP) Name() string { return "chipid-gp" }

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err) // a constant of this package
	}
	return b
}

var emrtdAID = mustHex(EMRTDAID)

// Probe implements [Driver]: SELECT of the applet shows its label and state
// while it is blank, the issuer security domain its production data.
func (chipidGP) Probe(ctx context.Context, ch apdu.Sender, _ []byte) (Found, error) {
	r, err := ch.Send(ctx, apdu.Command{INS: 0xA4, P1: 0x04, Data: emrtdAID, Ne: apdu.MaxShortNe})
	if err != nil {
		return Found{}, fmt.Errorf("applet: probe: %w", err)
	}
	if r.SW != apdu.OK {
		return Found{}, nil
	}
	found := Found{State: appletState(r.Data), Mine: true}
	if found.State == Unknown {
		// A personalized applet shows its AID alone, like any other eMRTD:
		// whose it is cannot be told, and it is no blank.
		return Found{}, nil
	}
	cplc, err := blankCPLC(ctx, ch)
	if err != nil {
		return Found{}, err
	}
	if cplc != nil {
		found.Serial = cplc.Raw[10:18]
	}
	return found, nil
}

// blankCPLC reads the production data; nil where the card has none.
func blankCPLC(ctx context.Context, ch apdu.Sender) (*gp.CPLC, error) {
	var status apdu.Status
	_, err := gp.SelectISD(ctx, ch, mustHex(ISDAID))
	if errors.As(err, &status) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("applet: probe: %w", err)
	}
	cplc, err := gp.GetCPLC(ctx, ch)
	if errors.As(err, &status) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("applet: probe: %w", err)
	}
	return cplc, nil
}

// appletState reads the FCI of the applet (docs/chip-dgi.md).
func appletState(fci []byte) State {
	top, rest, err := tlv.Parse(fci)
	if err != nil || len(rest) != 0 || top.Tag != 0x6F {
		return Unknown
	}
	own, ok := top.First(0xA5)
	if !ok {
		return Unknown
	}
	label, _ := own.First(TagLabel)
	version, _ := own.First(TagMapVersion)
	state, ok := own.First(TagState)
	if string(label.Value) != EMRTDLabel || !bytes.Equal(version.Value, []byte{DGIMapVersion}) || !ok || len(state.Value) != 2 {
		return Unknown
	}
	switch {
	case state.Value[0] == AppletSelectable && state.Value[1] == ProgressNone:
		return Untouched
	case state.Value[0] == AppletPersonalized:
		return Personalized
	default:
		return Begun
	}
}

// Open implements [Driver].
func (chipidGP) Open(ctx context.Context, ch apdu.Sender, keys Keys) (Session, error) {
	if _, err := gp.SelectISD(ctx, ch, mustHex(ISDAID)); err != nil {
		return nil, fmt.Errorf("applet: %w", err)
	}
	h, err := gp.Begin(ctx, ch, gp.Options{})
	if err != nil {
		return nil, fmt.Errorf("applet: %w", err)
	}
	static, err := keys.Static(ctx, h.KDD, h.KVN)
	if err != nil {
		return nil, fmt.Errorf("applet: card keys: %w", err)
	}
	secure, err := h.Authenticate(ctx, static)
	if errors.Is(err, gp.ErrCryptogram) {
		return nil, fmt.Errorf("%w: %w", ErrKeys, err)
	}
	if err != nil {
		return nil, fmt.Errorf("applet: %w", err)
	}
	if err := gp.InstallForPersonalization(ctx, secure, emrtdAID); err != nil {
		return nil, fmt.Errorf("applet: %w", err)
	}
	s := &gpSession{ch: secure, keys: keys, static: static, kdd: h.KDD, kvn: h.KVN}
	if l, ok := ch.(interface{ MaxCommand() int }); ok {
		s.carries = l.MaxCommand()
	}
	return s, nil
}

// gpSession is an open secure channel; STORE DATA goes to the applet.
type gpSession struct {
	ch     *gp.Channel
	keys   Keys
	static gp.StaticKeys
	kdd    []byte
	kvn    byte
	block  int // number of the next STORE DATA block
	// carries is the largest C-APDU that the reader carries; 0 if it does not say.
	carries int
}

// Serial implements [Session]: the last eight bytes of the diversification
// data are date, serial and batch of the chip.
func (s *gpSession) Serial() []byte { return append([]byte(nil), s.kdd[len(s.kdd)-8:]...) }

// Close implements [Session].
func (s *gpSession) Close() error {
	s.ch.Close()
	return s.keys.Close()
}

// GenerateKeys implements [Session].
func (s *gpSession) GenerateKeys(ctx context.Context, plan KeyPlan) (*PublicKeys, error) {
	if len(plan.ChipAuth) > MaxCAKeys {
		return nil, fmt.Errorf("%w: %d chip authentication keys, at most %d", ErrImage, len(plan.ChipAuth), MaxCAKeys)
	}
	keys := &PublicKeys{}
	for _, k := range plan.ChipAuth {
		value, err := caTemplate(k)
		if err != nil {
			return nil, err
		}
		pub, err := s.generate(ctx, DGIGenerateCA, value)
		if err != nil {
			return nil, fmt.Errorf("applet: chip authentication key: %w", err)
		}
		keys.ChipAuth = append(keys.ChipAuth, pub)
	}
	if plan.ActiveAuth != nil {
		value, err := aaTemplate(*plan.ActiveAuth)
		if err != nil {
			return nil, err
		}
		pub, err := s.generate(ctx, DGIGenerateAA, value)
		if err != nil {
			return nil, fmt.Errorf("applet: active authentication key: %w", err)
		}
		keys.ActiveAuth = pub
	}
	return keys, nil
}

// generate sends one DGI that asks for a key, alone in its block, and reads
// the public half out of the answer.
func (s *gpSession) generate(ctx context.Context, id uint16, value []byte) (crypto.PublicKey, error) {
	plan, err := gp.PlanStoreData([]gp.DGI{{ID: id, Value: value}}, gp.StoreOptions{MaxData: s.ch.MaxData(), More: true, FirstBlock: s.block})
	if err != nil {
		return nil, err
	}
	if len(plan) != 1 {
		return nil, fmt.Errorf("%w: key template of %d blocks", ErrImage, len(plan))
	}
	cmd := plan[0]
	cmd.P1 |= StoreResponse
	cmd.Ne = apdu.MaxShortNe // a longer answer comes by GET RESPONSE
	b, err := apdu.Do(ctx, s.ch, cmd)
	if err != nil {
		return nil, err
	}
	s.block++
	return parsePublicKey(b)
}

// Personalize implements [Session].
func (s *gpSession) Personalize(ctx context.Context, image Image) error {
	groups, err := s.groups(ctx, image)
	if err != nil {
		return err
	}
	s.ch.Extend(min(image.MaxCommand, s.carries))
	o := gp.StoreOptions{MaxData: s.ch.MaxData(), FirstBlock: s.block, WrapBlocks: true}
	if image.Progress != nil {
		total := 0
		for _, f := range image.Files {
			total += len(f.Bytes)
		}
		o.Progress = func(done, planned int) { image.Progress(total*done/max(planned, 1), total) }
	}
	if _, err := gp.StoreData(ctx, s.ch, groups, o); err != nil {
		return fmt.Errorf("applet: write: %w", err)
	}
	return s.lock(ctx)
}

// lock replaces the card keys and closes card and applet for writing.
func (s *gpSession) lock(ctx context.Context) error {
	r, err := s.keys.Replacement(ctx)
	if err != nil {
		return fmt.Errorf("applet: new card keys: %w", err)
	}
	err = gp.PutKey(ctx, s.ch, s.static, gp.PutKeyParams{
		Replace: s.kvn, KVN: r.KVN, KID: 1, KeyURIs: []string{r.ENC, r.MAC, r.DEK}, KeyLen: r.Len,
	})
	if err != nil {
		return fmt.Errorf("applet: replace keys: %w", err)
	}
	if err := gp.SetApplicationStatus(ctx, s.ch, emrtdAID, AppletPersonalized); err != nil {
		return fmt.Errorf("applet: lock the applet: %w", err)
	}
	if err := gp.SetCardStatus(ctx, s.ch, CardSecured); err != nil {
		return fmt.Errorf("applet: lock the card: %w", err)
	}
	return nil
}

// groups is the image as DGIs, in the order of docs/chip-dgi.md.
func (s *gpSession) groups(ctx context.Context, image Image) ([]gp.DGI, error) {
	var groups []gp.DGI
	add := func(id uint16, value ...[]byte) {
		groups = append(groups, gp.DGI{ID: id, Value: bytes.Join(value, nil)})
	}
	add(DGIConfiguration, configuration(image))
	if len(image.PACE) > MaxPACE {
		return nil, fmt.Errorf("%w: %d sets of PACE parameters, at most %d", ErrImage, len(image.PACE), MaxPACE)
	}
	for _, p := range image.PACE {
		oid, err := oidValue(p.Protocol)
		if err != nil {
			return nil, err
		}
		add(DGIPACE, tlv.Encode(TagProtocol, oid), tlv.Encode(TagParameterID, []byte{byte(p.ParameterID)}))
	}
	for _, secret := range []struct {
		id    uint16
		value []byte
	}{{DGIMRZ, image.MRZ.Bytes()}, {DGICAN, image.CAN.Bytes()}} {
		if len(secret.value) == 0 {
			continue
		}
		g, err := s.secretDGI(ctx, secret.id, secret.value)
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	digest := sha256.New()
	if len(image.Files) > MaxFiles {
		return nil, fmt.Errorf("%w: %d files, at most %d", ErrImage, len(image.Files), MaxFiles)
	}
	for _, f := range image.Files {
		if len(f.Bytes) == 0 || len(f.Bytes) > MaxFileSize {
			return nil, fmt.Errorf("%w: %s has %d bytes, 1 to %d", ErrImage, f.Name, len(f.Bytes), MaxFileSize)
		}
		inMF := f.MF && !image.NoMF
		create, content, df := DGICreateFile, DGIFileContent, byte(1)
		if inMF {
			create, content, df = DGICreateFileMF, DGIFileContentMF, 0
		}
		size := []byte{byte(len(f.Bytes) >> 16), byte(len(f.Bytes) >> 8), byte(len(f.Bytes))}
		fid := []byte{byte(f.FID >> 8), byte(f.FID)}
		fcp, err := controlParameters(f, fid, size)
		if err != nil {
			return nil, err
		}
		add(create, fcp)
		for offset := 0; offset < len(f.Bytes); offset += maxContent {
			end := min(offset+maxContent, len(f.Bytes))
			add(content, fid, []byte{byte(offset >> 16), byte(offset >> 8), byte(offset)}, f.Bytes[offset:end])
		}
		digest.Write([]byte{df})
		digest.Write(fid)
		digest.Write(size)
		digest.Write(f.Bytes)
	}
	if !image.Date.IsZero() {
		add(DGIDate, unpackedDate(image))
	}
	if len(image.CVCA) > 0 {
		points, err := trustPoints(image)
		if err != nil {
			return nil, err
		}
		add(DGITrustPoints, points)
	}
	add(DGIFinalize, digest.Sum(nil))
	return groups, nil
}

// maxContent is how many bytes of a file one DGI carries: its length field has
// two bytes, and five of its value name the file and the offset.
const maxContent = 0xF000

// secretDGI encrypts a secret under Key-DEK where the keys can do that, and
// leaves it to the channel's own encryption where they cannot (docs/chip-dgi.md
// allows both).
func (s *gpSession) secretDGI(ctx context.Context, id uint16, value []byte) (gp.DGI, error) {
	if _, ok := s.static.(gp.DataEncrypter); ok {
		// The applet always takes a padding away, so a whole block of it is
		// added where the value fills its blocks.
		padded := mac.Pad80(value, aes.BlockSize)
		defer clear(padded)
		g, err := gp.EncryptDGI(ctx, s.static, id, padded)
		if err != nil {
			return gp.DGI{}, fmt.Errorf("applet: %w", err)
		}
		return g, nil
	}
	return gp.DGI{ID: id, Value: value}, nil
}

func configuration(image Image) []byte {
	var flags, mechanisms byte
	if image.NoMF {
		flags |= FlagNoMF
	}
	if image.BAC {
		mechanisms |= MechanismBAC
	}
	if image.PACEMRZ {
		mechanisms |= MechanismPACEMRZ
	}
	if image.PACECAN {
		mechanisms |= MechanismPACECAN
	}
	return bytes.Join([][]byte{
		tlv.Encode(TagFlags, []byte{flags}),
		tlv.Encode(TagMechanisms, []byte{mechanisms}),
	}, nil)
}

var readConditions = map[Read]byte{
	ReadByNobody: ReadNever, ReadByAnyone: ReadAlways, ReadAfterPACE: ReadAccess, ReadWithRights: ReadTerminal,
}

// controlParameters is the FCP template of one file (ISO/IEC 7816-4:2020, 7.4.3).
func controlParameters(f ImageFile, fid, size []byte) ([]byte, error) {
	condition, ok := readConditions[f.Read]
	if !ok {
		return nil, fmt.Errorf("%w: %s has no read access", ErrImage, f.Name)
	}
	return tlv.Encode(TagFCP,
		tlv.Encode(TagFileSize, size),
		tlv.Encode(TagDescriptor, []byte{DescriptorTransparent}),
		tlv.Encode(TagFileID, fid),
		tlv.Encode(TagSFI, []byte{f.SFI << 3}),
		tlv.Encode(TagSecurity, []byte{ModeRead, condition}),
	), nil
}

// unpackedDate is YYMMDD, one digit a byte.
func unpackedDate(image Image) []byte {
	b := []byte(image.Date.Format("060102"))
	for i := range b {
		b[i] -= '0'
	}
	return b
}

// oidValue is the value of an object identifier, without tag and length.
func oidValue(oid asn1.ObjectIdentifier) ([]byte, error) {
	der, err := asn1.Marshal(oid)
	if err != nil {
		return nil, fmt.Errorf("%w: object identifier %v", ErrImage, oid)
	}
	n, _, err := tlv.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("%w: object identifier %v", ErrImage, oid)
	}
	return n.Value, nil
}
