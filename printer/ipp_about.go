package printer

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/OpenPrinting/goipp"
)

// ippAbout is what a printer says of itself, as far as cards need it.
type ippAbout struct {
	Model, Info string
	// State is printer-state: 3 idle, 4 processing, 5 stopped (RFC 8011, 5.4.11).
	State     int
	Reasons   []string
	Accepting bool
	Queued    int
	Supplies  []Supply
	create    bool // Create-Job and Send-Document
	validate  bool
	jobs      bool // Get-Jobs
	media     ippMedia
	mediaErr  error
	raster    string // srgb_8 or sgray_8
	formatErr error
	dpi       []int
	sides     []string
	back      string // pwg-raster-document-sheet-back
	modes     []string
	scaling   []string
}

// ippMedia is the card's size as the printer knows it, in hundredths of
// millimetres.
type ippMedia struct {
	name  string
	x, y  int
	col   bool // ask by size
	edges bool // without margins
}

// ippAsked are the attributes that are read (RFC 8011, 5.4; PWG 5100.7, 5100.12,
// 5102.4). Asking for all would bring lists of other media.
var ippAsked = []string{
	"printer-make-and-model", "printer-info", "printer-state", "printer-state-reasons", "printer-is-accepting-jobs", "queued-job-count",
	"operations-supported", "document-format-supported", "media-supported", "media-ready", "media-size-supported", "media-col-supported",
	"media-bottom-margin-supported", "media-left-margin-supported", "media-right-margin-supported", "media-top-margin-supported",
	"sides-supported", "print-color-mode-supported", "print-scaling-supported", "printer-resolution-supported",
	"pwg-raster-document-resolution-supported", "pwg-raster-document-type-supported", "pwg-raster-document-sheet-back",
	"marker-names", "marker-levels",
}

// about asks the printer.
func (c *ippClient) about(ctx context.Context) (*ippAbout, error) {
	m, err := c.call(ctx, goipp.OpGetPrinterAttributes, func(m *goipp.Message) {
		m.Operation.Add(ippKeywords("requested-attributes", ippAsked...))
	}, nil)
	if err != nil {
		return nil, err
	}
	if err := ippRefused(m); err != nil {
		return nil, err
	}
	return ippUnderstand(ippAttributes(m.Printer)), nil
}

func ippKeywords(name string, values ...string) goipp.Attribute {
	a := goipp.Attribute{Name: name}
	for _, v := range values {
		a.Values.Add(goipp.TagKeyword, goipp.String(v))
	}
	return a
}

// ippUnderstand makes sense of a printer's attributes.
func ippUnderstand(a ippAttrs) *ippAbout {
	about := &ippAbout{
		Model: a.text("printer-make-and-model"), Info: a.text("printer-info"), State: a.number("printer-state", 3),
		Reasons: a.keywords("printer-state-reasons"), Accepting: !a.is("printer-is-accepting-jobs", false), Queued: max(0, a.number("queued-job-count", 0)),
		sides: a.keywords("sides-supported"), back: "normal", modes: a.keywords("print-color-mode-supported"), scaling: a.keywords("print-scaling-supported"),
	}
	operations := a.numbers("operations-supported")
	has := func(op goipp.Op) bool { return slices.Contains(operations, int(op)) }
	about.create = has(goipp.OpCreateJob) && has(goipp.OpSendDocument)
	about.validate, about.jobs = has(goipp.OpValidateJob), has(goipp.OpGetJobs)
	if back := a.keywords("pwg-raster-document-sheet-back"); len(back) > 0 {
		about.back = back[0]
	}
	about.dpi = a.resolutions("pwg-raster-document-resolution-supported")
	if len(about.dpi) == 0 {
		about.dpi = a.resolutions("printer-resolution-supported")
	}
	slices.Sort(about.dpi)
	about.dpi = slices.Compact(about.dpi)
	about.media, about.mediaErr = ippCard(a)
	about.raster, about.formatErr = ippFormat(a)
	names, levels := a["marker-names"], a.numbers("marker-levels")
	for i := range names {
		if name := (ippAttrs{"n": names[i : i+1]}).text("n"); name != "" && i < len(levels) && i < 16 {
			about.Supplies = append(about.Supplies, Supply{Name: name, Level: max(-1, min(100, levels[i]))})
		}
	}
	return about
}

const pwgRaster = "image/pwg-raster"

func ippFormat(a ippAttrs) (string, error) {
	if formats := a.keywords("document-format-supported"); !slices.Contains(formats, pwgRaster) {
		return "", fmt.Errorf("%w: it takes no %s", ErrUnfit, pwgRaster)
	}
	types := a.keywords("pwg-raster-document-type-supported")
	for _, t := range []string{"srgb_8", "sgray_8"} {
		if slices.Contains(types, t) {
			return t, nil
		}
	}
	return "", fmt.Errorf("%w: it takes neither sRGB nor grey pictures", ErrUnfit)
}

// sized is the size at the end of a self-describing media name (PWG 5101.1,
// section 5): class_name_WIDTHxHEIGHTunit.
var sized = regexp.MustCompile(`_(\d{1,5}(?:\.\d{1,4})?)x(\d{1,5}(?:\.\d{1,4})?)(mm|in)$`)

// ID-1 (ISO/IEC 7810) in hundredths of millimetres, portrait as IPP has media,
// and how far a printer's idea of it may be away: 54 × 86 mm is common.
const (
	idWidth, idHeight = 5398, 8560
	idTolerance       = 100
)

func ippIsCard(x, y int) bool {
	near := func(a, b int) bool { return a-b <= idTolerance && b-a <= idTolerance }
	return near(x, idWidth) && near(y, idHeight) || near(x, idHeight) && near(y, idWidth)
}

// ippCard finds the card among the printer's media: what is loaded first.
func ippCard(a ippAttrs) (ippMedia, error) {
	var found ippMedia
	for _, name := range append(a.keywords("media-ready"), a.keywords("media-supported")...) {
		m := sized.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		unit := 100.0
		if m[3] == "in" {
			unit = 2540
		}
		x, _ := strconv.ParseFloat(m[1], 64)
		y, _ := strconv.ParseFloat(m[2], 64)
		if w, h := int(math.Round(x*unit)), int(math.Round(y*unit)); ippIsCard(w, h) {
			found = ippMedia{name: name, x: w, y: h}
			break
		}
	}
	if found.name == "" {
		for _, size := range a.collections("media-size-supported") {
			if x, y := size.number("x-dimension", 0), size.number("y-dimension", 0); ippIsCard(x, y) {
				found = ippMedia{x: x, y: y, col: true}
				break
			}
		}
	}
	if found.x == 0 {
		return found, fmt.Errorf("%w: it has no media of the size of a card (%.2f × %.2f mm)", ErrUnfit, idWidth/100.0, idHeight/100.0)
	}
	// A card is printed to its edges where the printer can.
	edges := slices.Contains(a.keywords("media-col-supported"), "media-size")
	for _, side := range []string{"bottom", "left", "right", "top"} {
		edges = edges && slices.Contains(a.keywords("media-col-supported"), "media-"+side+"-margin") && slices.Contains(a.numbers("media-"+side+"-margin-supported"), 0)
	}
	found.edges, found.col = edges, found.col || edges
	return found, nil
}

// capabilities is what the driver can do with this printer.
func (a *ippAbout) capabilities() (Capabilities, error) {
	if a.formatErr != nil {
		return Capabilities{}, a.formatErr
	}
	if a.mediaErr != nil {
		return Capabilities{}, a.mediaErr
	}
	if len(a.dpi) == 0 {
		return Capabilities{}, fmt.Errorf("%w: it names no resolution", ErrUnfit)
	}
	colour := a.raster == "srgb_8" && (len(a.modes) == 0 || slices.Contains(a.modes, "color") || slices.Contains(a.modes, "auto"))
	return Capabilities{
		Flip: true, Colour: colour, Black: true, DPI: a.dpi, Remembers: a.jobs,
		Together: slices.Contains(a.sides, "two-sided-short-edge") || slices.Contains(a.sides, "two-sided-long-edge"),
	}, nil
}

// ippFaults are what reasons a printer stopped for mean here (RFC 8011, 5.4.12;
// PWG 5100.9). The first word that a reason begins with counts.
var ippFaults = []struct {
	begins string
	fault  error
}{
	{"media-jam", ErrJam}, {"feed-error", ErrJam}, {"media-path-jam", ErrJam}, {"multiple-media-feed", ErrJam},
	{"media-empty", ErrNoCards}, {"media-needed", ErrNoCards}, {"input-tray-missing", ErrNoCards}, {"input-media-supply-empty", ErrNoCards},
	{"input-manual-input-request", ErrNoCards},
	{"marker-supply-empty", ErrRibbon}, {"marker-supply-missing", ErrRibbon}, {"marker-print-ribbon", ErrRibbon}, {"marker-ink", ErrRibbon},
	{"marker-toner", ErrRibbon}, {"toner-empty", ErrRibbon}, {"developer-empty", ErrRibbon}, {"opc-life-over", ErrRibbon}, {"marker-failure", ErrRibbon},
	{"ribbon", ErrRibbon},
	{"cover-open", ErrCover}, {"cover", ErrCover}, {"door-open", ErrCover}, {"door", ErrCover}, {"interlock", ErrCover},
	{"output-area-full", ErrBinFull}, {"output-tray-missing", ErrBinFull}, {"output-mailbox", ErrBinFull}, {"output-media-tray-full", ErrBinFull},
	{"marker-waste-full", ErrBinFull}, {"marker-waste", ErrBinFull},
}

// fault is what keeps the printer from printing, nil if nothing does. A reason
// that is a report or a warning, or says that something is nearly so, stops
// nobody; one without an ending may be an error (RFC 8011, 5.4.12), and is taken
// as one when it has a meaning here or when the printer has stopped.
func (a *ippAbout) fault() error {
	unknown := ""
	for _, reason := range a.Reasons {
		name, isError := strings.CutSuffix(reason, "-error")
		switch {
		case reason == "none", strings.HasSuffix(reason, "-report"), strings.HasSuffix(reason, "-warning"):
			continue
		case strings.Contains(name, "-almost-"), strings.Contains(name, "-low"), strings.HasPrefix(name, "moving-to-paused"):
			continue
		}
		for _, f := range ippFaults {
			if strings.HasPrefix(name, f.begins) {
				return fmt.Errorf("%w: %s", f.fault, reason)
			}
		}
		switch name {
		case "paused", "shutdown", "stopped-partly", "connecting-to-device", "timed-out", "offline", "deactivated", "hold-new-jobs", "spool-area-full":
			return fmt.Errorf("%w: %s", ErrOffline, reason)
		}
		if isError || unknown == "" {
			unknown = reason
		}
		if isError {
			return fmt.Errorf("%w: %s", ErrOffline, reason)
		}
	}
	switch {
	case a.State == 5 && unknown != "":
		return fmt.Errorf("%w: stopped: %s", ErrOffline, unknown)
	case a.State == 5:
		return fmt.Errorf("%w: stopped", ErrOffline)
	case !a.Accepting:
		return fmt.Errorf("%w: it accepts no jobs", ErrOffline)
	}
	return nil
}

// ippRefused turns the status of an answer into an error, nil for success.
func ippRefused(m *goipp.Message) error {
	status := goipp.Status(m.Code)
	said := func(parent error) error { return fmt.Errorf("%w: %s", parent, status) }
	switch {
	case status < 0x0100:
		return nil
	case status == goipp.StatusErrorForbidden, status == goipp.StatusErrorNotAuthenticated, status == goipp.StatusErrorNotAuthorized:
		return said(ErrAccess)
	case status == goipp.StatusErrorAttributesOrValues, status == goipp.StatusErrorConflicting, status == goipp.StatusErrorDocumentFormatNotSupported:
		var names []string
		for _, a := range m.Unsupported {
			if ippKeyword(a.Name) && len(names) < 8 {
				names = append(names, a.Name)
			}
		}
		if len(names) > 0 {
			return fmt.Errorf("%w: %s: %s", ErrUnfit, status, strings.Join(names, ", "))
		}
		return said(ErrUnfit)
	case status == goipp.StatusErrorNotFound, status == goipp.StatusErrorGone:
		return fmt.Errorf("%w: %s", errIPPGone, status)
	case status == goipp.StatusErrorBusy, status == goipp.StatusErrorTemporary, status == goipp.StatusErrorServiceUnavailable, status == goipp.StatusErrorTooManyJobs:
		return fmt.Errorf("%w: %s", errIPPBusy, status)
	case status == goipp.StatusErrorNotAcceptingJobs, status == goipp.StatusErrorPrinterIsDeactivated, status == goipp.StatusErrorDevice, status == goipp.StatusErrorTimeout:
		return said(ErrOffline)
	case status >= 0x0400 && status < 0x0600:
		return said(ErrUnfit)
	}
	return said(ErrProtocol)
}

// Two answers that the driver deals with itself.
var (
	errIPPBusy = fmt.Errorf("%w", ErrBusy)
	errIPPGone = fmt.Errorf("%w: it knows nothing of it", ErrProtocol)
)

// Supply is a ribbon, a film or a tank of a printer.
type Supply struct {
	Name string `json:"name"`
	// Level is what is left in percent, -1 where the printer does not know.
	Level int `json:"level"`
}
