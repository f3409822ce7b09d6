package cardprofile

// Profile describes one type of card. It is plain data: a new type of card is a
// new file, and no code asks which profile it works for. Loaded profiles are
// shared and must not be changed.
type Profile struct {
	// Source names the file the profile was read from.
	Source string `yaml:"-" json:"source"`

	ID           string `yaml:"id" json:"id"`
	Title        Text   `yaml:"title" json:"title"`
	IssuingState string `yaml:"issuing_state" json:"issuing_state"` // as in the MRZ, Doc 9303-3 (8th ed.), 5: "VNM"
	Country      string `yaml:"country" json:"country"`             // ISO 3166-1 alpha-2, as in certificates: "VN"

	// AnyIssuer: documents of any issuer are of this type, and each decides for
	// itself on the second letter of the document code; IssuingState is then
	// what is written on documents made after this profile.
	AnyIssuer bool `yaml:"any_issuer" json:"any_issuer,omitempty"`

	// IssuedFrom and IssuedUntil are the days on which cards of this type were
	// issued, first and last; zero where there is no such bound.
	IssuedFrom  Date `yaml:"issued_from" json:"issued_from,omitzero"`
	IssuedUntil Date `yaml:"issued_until" json:"issued_until,omitzero"`

	Document     Document        `yaml:"document" json:"document"`
	LDS          LDSVersion      `yaml:"lds" json:"lds"`
	Applications []Application   `yaml:"applications" json:"applications"`
	Files        []File          `yaml:"files" json:"files"`
	DataGroups   []DataGroup     `yaml:"data_groups" json:"data_groups"`
	Access       Access          `yaml:"access" json:"access"`
	ChipAuth     []ChipAuth      `yaml:"chip_authentication" json:"chip_authentication,omitempty"`
	TerminalAuth *TerminalAuth   `yaml:"terminal_authentication" json:"terminal_authentication,omitempty"`
	ActiveAuth   *ActiveAuth     `yaml:"active_authentication" json:"active_authentication,omitempty"`
	SOD          SOD             `yaml:"sod" json:"sod"`
	Portrait     PortraitLimits  `yaml:"portrait" json:"portrait"`
	Chip         Chip            `yaml:"chip" json:"chip"`
	Expiry       Expiry          `yaml:"expiry" json:"expiry"`
	QR           QR              `yaml:"qr" json:"qr"`
	Retention    Retention       `yaml:"retention" json:"retention"`
	Rules        map[string]bool `yaml:"rules" json:"rules,omitempty"` // record rules switched on or off by id; absent means on

	FacesFile string `yaml:"faces" json:"faces"` // layout file beside the profile
	Faces     *Faces `yaml:"-" json:"-"`         // the layout; nil when the profile prints nothing
}

// Document is what the machine readable zone says the card is.
type Document struct {
	Code     string `yaml:"code" json:"code"`         // "ID", "P", …
	MRZ      string `yaml:"mrz" json:"mrz"`           // TD1, TD2, TD3
	MRZRule  string `yaml:"mrz_rule" json:"mrz_rule"` // "icao", or "vn-12" for the 12-digit number in TD1
	NoExpiry string `yaml:"no_expiry" json:"no_expiry,omitempty"`
}

// LDSVersion is what EF.COM states, Doc 9303-10 (8th ed.), 4.6.1.
type LDSVersion struct {
	Version string `yaml:"version" json:"version"` // "0107", "0108"
	Unicode string `yaml:"unicode" json:"unicode"` // "040000"
}

// Application is one application on the chip.
type Application struct {
	Name string `yaml:"name" json:"name"`
	AID  Hex    `yaml:"aid" json:"aid"`
}

// Where a file stands and who may read it.
const (
	WhereMF          = "mf"
	WhereApplication = "application"

	ReadAlways = "always"          // without any authentication
	ReadAccess = "access"          // after PACE or BAC
	ReadEAC    = "terminal-rights" // after terminal authentication with the right for it
)

// File is one elementary file that is not a data group.
type File struct {
	Name  string `yaml:"name" json:"name"`
	FID   uint16 `yaml:"fid" json:"fid"`
	SFI   byte   `yaml:"sfi" json:"sfi"`
	Where string `yaml:"where" json:"where"`
	Read  string `yaml:"read" json:"read"`
}

// DataGroup is one data group and what it is made from.
type DataGroup struct {
	Number int    `yaml:"number" json:"number"`
	Source string `yaml:"source" json:"source"` // mrz, face, fingers, irises, vn-dg13, security-infos, aa-key
	// Encoding of a biometric group: iso19794 (also when empty) or iso39794,
	// Doc 9303-10 (8th ed.), 4.5.6.
	Encoding string `yaml:"encoding" json:"encoding,omitempty"`
	Read     string `yaml:"read" json:"read"`
	// Optional groups are left out, of EF.COM and EF.SOD alike, when the record
	// has nothing for them; cards of this type are complete without them.
	Optional bool `yaml:"optional" json:"optional,omitempty"`
}

// Access says how a terminal gets in.
type Access struct {
	PACE      []PACE   `yaml:"pace" json:"pace,omitempty"`
	Passwords []string `yaml:"passwords" json:"passwords"` // mrz, can, pin, puk
	CAN       CANRule  `yaml:"can" json:"can"`
	BAC       bool     `yaml:"bac" json:"bac"`
}

// PACE is one PACEInfo of EF.CardAccess.
type PACE struct {
	Protocol    OID `yaml:"protocol" json:"protocol"`
	Version     int `yaml:"version" json:"version"`
	ParameterID int `yaml:"parameter_id" json:"parameter_id"`
}

// CANRule says where the card access number comes from.
type CANRule struct {
	// From is "number" (the last Digits digits of the holder's number) or
	// "random" (drawn for each card and printed on it).
	From   string `yaml:"from" json:"from"`
	Digits int    `yaml:"digits" json:"digits"`
}

// ChipAuth is one chip authentication key and how it is used.
type ChipAuth struct {
	Protocol OID    `yaml:"protocol" json:"protocol"`
	Version  int    `yaml:"version" json:"version"`
	Curve    string `yaml:"curve" json:"curve"`   // as in apdu/ecc: "brainpoolP256r1"
	KeyID    int    `yaml:"key_id" json:"key_id"` // 0 when the chip has one key and states none
	// KeyIDStated says whether the SecurityInfos carry the key id at all.
	KeyIDStated bool `yaml:"key_id_stated" json:"key_id_stated,omitempty"`
	// InCardAccess repeats the ChipAuthenticationInfo in EF.CardAccess.
	InCardAccess bool `yaml:"in_card_access" json:"in_card_access,omitempty"`
}

// TerminalAuth is the TerminalAuthenticationInfo.
type TerminalAuth struct {
	Version int `yaml:"version" json:"version"`
	// InCardAccess repeats it in EF.CardAccess.
	InCardAccess bool `yaml:"in_card_access" json:"in_card_access,omitempty"`
	// TrustPoint: cards get the certificate of the issuer's verifying authority
	// (CVCA), and are not issued without. Where EF.CVCA stands is said in
	// Files, if not at its own place.
	TrustPoint bool `yaml:"trust_point" json:"trust_point,omitempty"`
}

// ActiveAuth is the active authentication key.
type ActiveAuth struct {
	Algorithm string `yaml:"algorithm" json:"algorithm"` // RSA or ECDSA
	Bits      int    `yaml:"bits" json:"bits,omitempty"` // RSA
	Curve     string `yaml:"curve" json:"curve,omitempty"`
	Hash      string `yaml:"hash" json:"hash"` // SHA-1, SHA-224, SHA-256, SHA-384, SHA-512
}

// SOD is how EF.SOD is made. The signature algorithm follows the document
// signer's key.
type SOD struct {
	Digest string `yaml:"digest" json:"digest"` // SHA-256, SHA-384, SHA-512
	// Version of the LDSSecurityObject: 0, or 1 with the LDS version inside.
	Version int `yaml:"version" json:"version"`
}

// PortraitLimits is what a portrait must keep to.
type PortraitLimits struct {
	Formats   []string `yaml:"formats" json:"formats"` // jpeg, jp2
	MinWidth  int      `yaml:"min_width" json:"min_width"`
	MinHeight int      `yaml:"min_height" json:"min_height"`
	MaxWidth  int      `yaml:"max_width" json:"max_width"`
	MaxHeight int      `yaml:"max_height" json:"max_height"`
	MinBytes  int      `yaml:"min_bytes" json:"min_bytes"`
	MaxBytes  int      `yaml:"max_bytes" json:"max_bytes"`
}

// Chip is the chip operating system the card is made with, and what terminals
// must know about the chips of this type.
type Chip struct {
	Driver string `yaml:"driver" json:"driver"` // name of a cardprofile/applet driver
	// SelectMF is false on chips that refuse a SELECT of the master file: there
	// the LDS1 application is selected first and EF.CardAccess read inside it.
	SelectMF bool `yaml:"select_mf" json:"select_mf"`
	// CardAccessIn is where EF.CardAccess stands: mf or application.
	CardAccessIn string `yaml:"card_access_in" json:"card_access_in"`
	// MaxCommand and MaxResponse are the buffers EF.ATR/INFO states, in bytes of
	// a whole APDU; 0 states none.
	MaxCommand  int `yaml:"max_command" json:"max_command,omitempty"`
	MaxResponse int `yaml:"max_response" json:"max_response,omitempty"`
}

// Expiry is the rule for the date of expiry.
type Expiry struct {
	Rule string `yaml:"rule" json:"rule"` // vn-age-marks, years, record
	// vn-age-marks: valid to the birthday at the next mark, to the one after
	// when issued within Window years before it, without end from NoneFrom on.
	Marks    []int `yaml:"marks" json:"marks,omitempty"`
	Window   int   `yaml:"window" json:"window,omitempty"`
	NoneFrom int   `yaml:"none_from" json:"none_from,omitempty"`
	Years    int   `yaml:"years" json:"years,omitempty"` // years: this long after issue
}

// QR is the printed QR code.
type QR struct {
	Format string   `yaml:"format" json:"format"` // none, pipe
	Fields []string `yaml:"fields" json:"fields,omitempty"`
	Level  string   `yaml:"level" json:"level,omitempty"` // error correction: L, M, Q, H
}

// Retention says how long personal data of a finished job may be kept.
type Retention struct {
	PersonalDataDays int `yaml:"personal_data_days" json:"personal_data_days"`
	AuditDays        int `yaml:"audit_days" json:"audit_days"`
}

// IssuedOn reports whether cards of this type were issued on day d; a zero day
// is not known, and any type may be it.
func (p *Profile) IssuedOn(d Date) bool {
	if d.IsZero() {
		return true
	}
	return (p.IssuedFrom.IsZero() || !d.Before(p.IssuedFrom)) && (p.IssuedUntil.IsZero() || !d.After(p.IssuedUntil))
}

// DG returns the profile's entry for data group n.
func (p *Profile) DG(n int) (DataGroup, bool) {
	for _, d := range p.DataGroups {
		if d.Number == n {
			return d, true
		}
	}
	return DataGroup{}, false
}

// AID returns the identifier of the application called name ("LDS1").
func (p *Profile) AID(name string) (Hex, bool) {
	for _, a := range p.Applications {
		if a.Name == name {
			return a.AID, true
		}
	}
	return nil, false
}

// Allows reports whether password ("can", "mrz", "pin", "puk") opens the card.
func (p *Profile) Allows(password string) bool {
	for _, w := range p.Access.Passwords {
		if w == password {
			return true
		}
	}
	return false
}

// RuleOn reports whether the record rule with this id applies.
func (p *Profile) RuleOn(id string) bool {
	on, said := p.Rules[id]
	return on || !said
}
