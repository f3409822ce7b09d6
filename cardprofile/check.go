package cardprofile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"
)

// checker collects the first problem of a file and finds its line.
type checker struct {
	file string
	text []byte
	err  *InputError
}

// fail records the first problem. at is the YAML path of the value, such as
// "$.access.can.digits".
func (c *checker) fail(at, problem, fix string) {
	if c.err != nil {
		return
	}
	c.err = &InputError{File: c.file, Line: lineOf(c.text, at), Field: strings.TrimPrefix(at, "$."), Problem: problem, Fix: fix}
}

func (c *checker) oneOf(at, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		problem := "not a value that is known here"
		if value == "" {
			problem = "missing"
		}
		c.fail(at, problem, "use one of "+strings.Join(allowed, ", "))
	}
}

func (c *checker) between(at string, value, low, high int) {
	if value < low || value > high {
		c.fail(at, fmt.Sprintf("must be %d to %d", low, high), "correct the number")
	}
}

func (c *checker) result() error {
	if c.err == nil {
		return nil
	}
	return c.err
}

// lineOf finds the line of a value, or of the nearest parent that is there.
func lineOf(text []byte, at string) (line int) {
	defer func() { // as in decode
		if recover() != nil {
			line = 0
		}
	}()
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return 0
	}
	for at != "$" && at != "" {
		if p, err := yaml.PathString(at); err == nil {
			if node, err := p.FilterFile(file); err == nil && node != nil {
				if t := node.GetToken(); t != nil && t.Position != nil {
					return t.Position.Line
				}
			}
		}
		cut := strings.LastIndexAny(at, ".[")
		if cut < 0 {
			break
		}
		at = at[:cut]
	}
	return 1
}

var (
	idForm      = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,62}$`)
	stateForm   = regexp.MustCompile(`^[A-Z]{1,3}$`)
	countryForm = regexp.MustCompile(`^[A-Z]{2}$`)
	colourForm  = regexp.MustCompile(`^#([0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$`)
	versionForm = regexp.MustCompile(`^[0-9]{4}$`)
	unicodeForm = regexp.MustCompile(`^[0-9]{6}$`)
)

// recordRules are the ids of the rules in cardprofile/rule, so that a mistyped
// one is not passed over. A test there keeps both lists the same.
var recordRules = []string{
	"record.required", "record.name", "record.number", "record.number.match", "record.former_number", "record.text",
	"record.dates", "record.expiry", "record.mrz", "record.portrait", "record.duplicate",
}

// RuleIDs are the ids that a profile's rules may switch on or off.
func RuleIDs() []string { return slices.Clone(recordRules) }

var reads = []string{ReadAlways, ReadAccess, ReadEAC}

func (p *Profile) check(text []byte) error {
	c := &checker{file: p.Source, text: text}
	p.checkIdentity(c)
	p.checkFiles(c)
	p.checkAccess(c)
	p.checkKeys(c)
	p.checkIssue(c)
	return c.result()
}

func (p *Profile) checkIdentity(c *checker) {
	if !idForm.MatchString(p.ID) {
		c.fail("$.id", "must be lower-case letters, digits and hyphens", "give the profile an id")
	}
	if p.Title.VI == "" && p.Title.EN == "" {
		c.fail("$.title", "missing", "give a title in vi, en or both")
	}
	if p.IssuingState != "" && !stateForm.MatchString(p.IssuingState) {
		c.fail("$.issuing_state", "must be the one to three letters of Doc 9303-3", "write it as in the MRZ")
	}
	if p.Country != "" && !countryForm.MatchString(p.Country) {
		c.fail("$.country", "must be two capital letters", "write the ISO 3166-1 code")
	}
	c.oneOf("$.document.mrz", p.Document.MRZ, "TD1", "TD2", "TD3")
	c.oneOf("$.document.mrz_rule", p.Document.MRZRule, "icao", "vn-12")
	if p.Document.MRZRule == "vn-12" && p.Document.MRZ != "TD1" {
		c.fail("$.document.mrz_rule", "vn-12 is a rule for TD1", "use icao")
	}
	if n := len(p.Document.Code); n < 1 || n > 2 {
		c.fail("$.document.code", "must be one or two letters", "write it as in the MRZ")
	}
	if p.Document.NoExpiry != "" && (len(p.Document.NoExpiry) != 6 || strings.Trim(p.Document.NoExpiry, "0123456789") != "") {
		c.fail("$.document.no_expiry", "must be six digits", "write it in quotes, as in the MRZ")
	}
	if !versionForm.MatchString(p.LDS.Version) {
		c.fail("$.lds.version", "must be four digits", `write it in quotes, such as "0107"`)
	}
	if !unicodeForm.MatchString(p.LDS.Unicode) {
		c.fail("$.lds.unicode", "must be six digits", `write it in quotes, such as "040000"`)
	}
}

func (p *Profile) checkFiles(c *checker) {
	if _, ok := p.AID("LDS1"); !ok {
		c.fail("$.applications", "no application LDS1", "name the LDS1 application and its aid")
	}
	for i, a := range p.Applications {
		if len(a.AID) < 5 || len(a.AID) > 16 {
			c.fail(fmt.Sprintf("$.applications[%d].aid", i), "must be 5 to 16 bytes", "correct the aid") // ISO/IEC 7816-4, 12.2.3
		}
	}
	seen := map[string]bool{}
	for i, f := range p.Files {
		at := fmt.Sprintf("$.files[%d]", i)
		if f.Name == "" || seen[f.Name+f.Where] {
			c.fail(at+".name", "missing, or twice in the list", "name each file once")
		}
		seen[f.Name+f.Where] = true
		c.oneOf(at+".where", f.Where, WhereMF, WhereApplication)
		c.oneOf(at+".read", f.Read, reads...)
		c.between(at+".sfi", int(f.SFI), 0, 30)
		if f.FID == 0 {
			c.fail(at+".fid", "missing", "write it as 0x011C")
		}
	}
	last := 0
	for i, d := range p.DataGroups {
		at := fmt.Sprintf("$.data_groups[%d]", i)
		c.between(at+".number", d.Number, 1, 16)
		if d.Number <= last {
			c.fail(at+".number", "out of order", "list the data groups in ascending order, each once")
		}
		last = d.Number
		c.oneOf(at+".source", d.Source, "mrz", "face", "fingers", "irises", "vn-dg13", "security-infos", "aa-key")
		if biometric := d.Source == "face" || d.Source == "fingers" || d.Source == "irises"; biometric && d.Encoding != "" {
			c.oneOf(at+".encoding", d.Encoding, "iso19794", "iso39794")
		} else if d.Encoding != "" {
			c.fail(at+".encoding", "is for faces, fingers and irises", "leave it out")
		}
		c.oneOf(at+".read", d.Read, reads...)
	}
	for _, n := range []int{1, 2} { // mandatory, Doc 9303-10 (8th ed.), 4.1
		if d, ok := p.DG(n); !ok || d.Optional {
			c.fail("$.data_groups", fmt.Sprintf("DG%d is mandatory", n), "add it")
		}
	}
}

func (p *Profile) checkAccess(c *checker) {
	for i, w := range p.Access.Passwords {
		c.oneOf(fmt.Sprintf("$.access.passwords[%d]", i), w, "mrz", "can", "pin", "puk")
	}
	if len(p.Access.Passwords) == 0 {
		c.fail("$.access.passwords", "missing", "name at least mrz")
	}
	if len(p.Access.PACE) == 0 && !p.Access.BAC {
		c.fail("$.access", "neither pace nor bac", "name at least one way in")
	}
	for i, x := range p.Access.PACE {
		at := fmt.Sprintf("$.access.pace[%d]", i)
		if len(x.Protocol) != 11 {
			c.fail(at+".protocol", "not the object identifier of a PACE protocol", "see Doc 9303-11, 9.2.1")
		}
		c.between(at+".parameter_id", x.ParameterID, 0, 31)
		c.between(at+".version", x.Version, 1, 2)
	}
	if p.Allows("can") {
		c.oneOf("$.access.can.from", p.Access.CAN.From, "number", "random")
		c.between("$.access.can.digits", p.Access.CAN.Digits, 6, 12)
	}
}

func (p *Profile) checkKeys(c *checker) {
	for i, x := range p.ChipAuth {
		at := fmt.Sprintf("$.chip_authentication[%d]", i)
		if len(x.Protocol) != 11 && len(x.Protocol) != 10 {
			c.fail(at+".protocol", "not the object identifier of a chip authentication protocol", "see Doc 9303-11, 9.2.5")
		}
		c.between(at+".version", x.Version, 1, 3)
		if x.Curve == "" {
			c.fail(at+".curve", "missing", "name the curve, such as brainpoolP256r1")
		}
	}
	if a := p.ActiveAuth; a != nil {
		c.oneOf("$.active_authentication.algorithm", a.Algorithm, "RSA", "ECDSA")
		c.oneOf("$.active_authentication.hash", a.Hash, "SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512")
		switch {
		case a.Algorithm == "RSA":
			c.between("$.active_authentication.bits", a.Bits, 1024, 4096)
		case a.Curve == "":
			c.fail("$.active_authentication.curve", "missing", "name the curve")
		case a.Hash == "SHA-1": // Doc 9303-11 (8th ed.), 6.1: not with ECDSA
			c.fail("$.active_authentication.hash", "SHA-1 may not be used with ECDSA", "use SHA-256")
		}
	}
	if p.TerminalAuth != nil {
		p.checkTrustPoint(c)
	}
	_, has14 := p.DG(14)
	if needs := len(p.ChipAuth) > 0 || len(p.Access.PACE) > 0; needs && !has14 {
		c.fail("$.data_groups", "no DG14 although PACE or chip authentication is used", "add DG14")
	}
	if _, has15 := p.DG(15); has15 != (p.ActiveAuth != nil) {
		c.fail("$.data_groups", "DG15 and active_authentication go together", "name both or neither")
	}
}

// checkTrustPoint: cards with a trust point need a place for EF.CVCA, and a way to
// authenticate themselves before a terminal does (Doc 9303-11 (8th ed.), 7.1 and
// appendix K.2).
func (p *Profile) checkTrustPoint(c *checker) {
	const at = "$.terminal_authentication"
	if !p.TerminalAuth.TrustPoint {
		return
	}
	if p.TerminalAuth.Version != 1 {
		c.fail(at+".version", "trust points belong to version 1", "write 1, or leave trust_point out")
	}
	if len(p.ChipAuth) == 0 {
		c.fail(at+".trust_point", "there is no chip authentication for terminals to come after", "add chip_authentication")
	}
	const name, standard = "EF.CVCA", 0x011C
	own := slices.IndexFunc(p.Files, func(f File) bool { return f.Name == name })
	switch {
	case own >= 0 && p.Files[own].Where != WhereApplication:
		c.fail("$.files", name+" stands in the application", "write where: application")
	case own >= 0 && p.Files[own].Read != ReadAccess:
		c.fail("$.files", name+" is read after PACE or BAC", "write read: access")
	case own < 0 && slices.ContainsFunc(p.Files, func(f File) bool { return f.Where == WhereApplication && f.FID == standard }):
		c.fail("$.files", name+" has another file in its place", "list it with identifiers of its own")
	}
}

func (p *Profile) checkIssue(c *checker) {
	c.oneOf("$.sod.digest", p.SOD.Digest, "SHA-224", "SHA-256", "SHA-384", "SHA-512")
	c.between("$.sod.version", p.SOD.Version, 0, 1)
	for i, f := range p.Portrait.Formats {
		c.oneOf(fmt.Sprintf("$.portrait.formats[%d]", i), f, "jpeg", "jp2")
	}
	c.between("$.portrait.max_bytes", p.Portrait.MaxBytes, 1, 1<<20)
	c.between("$.portrait.max_width", p.Portrait.MaxWidth, 1, 1<<13)
	c.between("$.portrait.max_height", p.Portrait.MaxHeight, 1, 1<<13)
	c.oneOf("$.chip.card_access_in", p.Chip.CardAccessIn, WhereMF, WhereApplication)
	c.oneOf("$.expiry.rule", p.Expiry.Rule, "vn-age-marks", "years", "record")
	if p.Expiry.Rule == "vn-age-marks" && (len(p.Expiry.Marks) == 0 || !slices.IsSorted(p.Expiry.Marks)) {
		c.fail("$.expiry.marks", "must be ages in ascending order", "list the ages")
	}
	if p.Expiry.Rule == "years" {
		c.between("$.expiry.years", p.Expiry.Years, 1, 50)
	}
	for id := range p.Rules {
		c.oneOf("$.rules", id, recordRules...)
	}
	c.oneOf("$.qr.format", p.QR.Format, "none", "pipe")
	if p.QR.Format == "pipe" && len(p.QR.Fields) == 0 {
		c.fail("$.qr.fields", "missing", "list the fields in their order")
	}
}

func (f *Faces) check(text []byte) error {
	c := &checker{file: f.Source, text: text}
	if f.Specimen.VI == "" && f.Specimen.EN == "" && f.Front.Artwork == "" && f.Back.Artwork == "" {
		c.fail("$.specimen", "missing, and there is no artwork", "mark the card as a specimen, or supply artwork")
	}
	for name, s := range f.Styles {
		s.check(c, "$.styles."+name)
	}
	f.Front.check(c, f, "$.front")
	f.Back.check(c, f, "$.back")
	return c.result()
}

func (f Face) check(c *checker, all *Faces, at string) {
	if f.Background != "" && !colourForm.MatchString(f.Background) {
		c.fail(at+".background", "not a colour", "write #RRGGBB")
	}
	seen := map[string]bool{}
	for i, e := range f.Elements {
		at := fmt.Sprintf("%s.elements[%d]", at, i)
		if e.ID == "" || seen[e.ID] {
			c.fail(at+".id", "missing, or twice on this face", "give each element an id of its own")
		}
		seen[e.ID] = true
		c.oneOf(at+".kind", string(e.Kind), string(KindText), string(KindLabel), string(KindPhoto), string(KindQR), string(KindMRZ),
			string(KindRect), string(KindEllipse), string(KindChip), string(KindLine), string(KindWatermark), string(KindDrawing))
		inside := func(v, most float64) bool { return v >= 0 && v <= most+0.01 }
		if !inside(e.X, CardWidth) || !inside(e.Y, CardHeight) || !inside(e.W, CardWidth) || !inside(e.H, CardHeight) ||
			!inside(e.X+e.W, CardWidth) || !inside(e.Y+e.H, CardHeight) {
			c.fail(at, "reaches outside the card", fmt.Sprintf("keep it within %.2f × %.2f mm", CardWidth, CardHeight))
		}
		if _, ok := all.Styles[e.StyleName]; e.StyleName != "" && !ok {
			c.fail(at+".style", "no such style", "define it under styles")
		}
		e.Style.check(c, at)
	}
}

func (s Style) check(c *checker, at string) {
	for key, v := range map[string]string{".colour": s.Colour, ".fill": s.Fill} {
		if v != "" && !colourForm.MatchString(v) {
			c.fail(at+key, "not a colour", "write #RRGGBB or #RRGGBBAA")
		}
	}
	if s.Align != "" {
		c.oneOf(at+".align", s.Align, "left", "centre", "right")
	}
	if s.VAlign != "" {
		c.oneOf(at+".valign", s.VAlign, "top", "middle", "bottom")
	}
	if s.Fit != FitNone {
		c.oneOf(at+".fit", string(s.Fit), string(FitWrap), string(FitShrink), string(FitWrapShrink))
	}
	if !(s.Size >= 0 && s.Size <= 72 && s.MinSize >= 0 && s.MinSize <= 72) {
		c.fail(at+".size", "must be 0 to 72 pt", "correct the size")
	}
	if !(s.Opacity >= 0 && s.Opacity <= 1) {
		c.fail(at+".opacity", "must be 0 to 1", "correct the opacity")
	}
}
