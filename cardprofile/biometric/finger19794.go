package biometric

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// FingerHeader is the general record header of ISO/IEC 19794-4:2005, 7.1: what
// all views of the record share.
type FingerHeader struct {
	Device         uint16 // capture device id
	Level          uint16 // image acquisition level: 10, 20, 30, 31, 35, 40, 41
	Units          byte   // 1 samples per inch, 2 per centimetre
	ScanX, ScanY   uint16
	ImageX, ImageY uint16
	Depth          byte // bits per sample
	Compression    byte // 0 raw, 1 packed, 2 WSQ, 3 JPEG, 4 JPEG 2000, 5 PNG
	Reserved       uint16
}

// FingerRecord is one view, 7.2.
type FingerRecord struct {
	Position      byte
	Views, View   byte // how many views of this finger, and which this is
	Quality       byte // 0 to 100; 254 not set
	Impression    byte
	Width, Height int
	Reserved      byte
	Image         []byte
}

// Lengths of 7.1 and 7.2.
const (
	fingerRecordHeader = 32
	fingerViewHeader   = 14
)

// Format prints no pixels whatever the verb.
func (f FingerRecord) Format(s fmt.State, _ rune) { printSize(s, "finger", f.Width, f.Height) }

// LogValue names the size and nothing else.
func (f FingerRecord) LogValue() slog.Value { return sizeValue("finger", f.Width, f.Height) }

// fingerCompressions are the formats of the compression codes 2 to 5.
var fingerCompressions = map[byte][]ImageFormat{2: {WSQ}, 3: {JPEG}, 4: {JP2, J2K}, 5: {PNG}}

// ParseFingerRecord reads a finger image record. Lengths that do not add up are
// deviations as long as the views can be told apart; images are parts of b.
func ParseFingerRecord(b []byte) (FingerHeader, []FingerRecord, []cardprofile.Deviation, error) {
	r := newNotes(FingerModality)
	var h FingerHeader
	if len(b) > maxRecord {
		return h, nil, nil, fmt.Errorf("%w: larger than %d bytes", ErrRecord, maxRecord)
	}
	if len(b) < fingerRecordHeader || string(b[:4]) != "FIR\x00" {
		return h, nil, nil, fmt.Errorf("%w: not ISO/IEC 19794-4", ErrFormat)
	}
	if string(b[4:8]) != "010\x00" {
		r.note("version", "the finger record is of another version than 010")
	}
	be := binary.BigEndian
	if n := uint64(be.Uint16(b[8:]))<<32 | uint64(be.Uint32(b[10:])); n != uint64(len(b)) {
		r.note("length", "the finger record does not have the length it states")
	}
	count := int(b[18])
	h = FingerHeader{
		Device: be.Uint16(b[14:]), Level: be.Uint16(b[16:]), Units: b[19], ScanX: be.Uint16(b[20:]), ScanY: be.Uint16(b[22:]),
		ImageX: be.Uint16(b[24:]), ImageY: be.Uint16(b[26:]), Depth: b[28], Compression: b[29], Reserved: be.Uint16(b[30:]),
	}
	if h.Reserved != 0 {
		r.note("reserved", "reserved bytes of the finger record are not zero")
	}
	if count == 0 || count > maxImages {
		return h, nil, r.devs, fmt.Errorf("%w: %d views", ErrRecord, count)
	}
	var views []FingerRecord
	rest := b[fingerRecordHeader:]
	for i := range count {
		if len(rest) < fingerViewHeader {
			return h, views, r.devs, fmt.Errorf("%w: it ends inside a header", ErrRecord)
		}
		n := int64(be.Uint32(rest))
		if n < fingerViewHeader || n > int64(len(rest)) {
			if n < fingerViewHeader || i < count-1 {
				return h, views, r.devs, fmt.Errorf("%w: the length of a view", ErrRecord)
			}
			r.note("block", "a view does not have the length it states")
			n = int64(len(rest))
		}
		v := FingerRecord{
			Position: rest[4], Views: rest[5], View: rest[6], Quality: rest[7], Impression: rest[8],
			Width: int(be.Uint16(rest[9:])), Height: int(be.Uint16(rest[11:])), Reserved: rest[13], Image: rest[fingerViewHeader:n:n],
		}
		judgeFinger(r, h, v)
		views, rest = append(views, v), rest[n:]
	}
	if len(rest) > 0 {
		r.note("trailing", "bytes after the last view")
	}
	return h, views, r.devs, nil
}

// judgeFinger compares what the record says with what the image is.
func judgeFinger(r *notes, h FingerHeader, v FingerRecord) {
	if v.Reserved != 0 {
		r.note("reserved", "a reserved byte of a view is not zero")
	}
	if v.Quality > 100 && v.Quality < 254 {
		r.note("quality", "a quality above 100")
	}
	format := Sniff(v.Image)
	switch want := fingerCompressions[h.Compression]; {
	case h.Compression > 5:
		r.note("datatype", "an unknown image compression")
	case want == nil: // raw: the pixels must be there
		if v.Width*v.Height*int(h.Depth) > 8*len(v.Image) {
			r.note("image", "fewer pixels than the size of the view needs")
		}
	case !slices.Contains(want, format):
		r.note("datatype", "the image is not of the compression that the record states")
	default:
		if w, h, _, err := Size(v.Image); err != nil {
			r.note("image", "the header of the image is damaged")
		} else if w != v.Width || h != v.Height {
			r.note("size", "the image is not of the size that the view states")
		}
	}
}

// EncodeFingerRecord writes a finger image record.
func EncodeFingerRecord(h FingerHeader, views ...FingerRecord) ([]byte, error) {
	if len(views) == 0 || len(views) > maxImages {
		return nil, fmt.Errorf("%w: %d views", ErrBuild, len(views))
	}
	be := binary.BigEndian
	out := append(make([]byte, 0, 512), "FIR\x00010\x00\x00\x00\x00\x00\x00\x00"...)
	out = be.AppendUint16(be.AppendUint16(out, h.Device), h.Level)
	out = append(out, byte(len(views)), h.Units)
	for _, v := range []uint16{h.ScanX, h.ScanY, h.ImageX, h.ImageY} {
		out = be.AppendUint16(out, v)
	}
	out = be.AppendUint16(append(out, h.Depth, h.Compression), h.Reserved)
	for _, v := range views {
		probe := newNotes(FingerModality)
		judgeFinger(probe, h, v)
		if len(probe.devs) > 0 {
			return nil, fmt.Errorf("%w: %s", ErrBuild, probe.devs[0].Text)
		}
		if v.Width <= 0 || v.Width > maxSide || v.Height <= 0 || v.Height > maxSide {
			return nil, fmt.Errorf("%w: an image that does not fit it", ErrBuild)
		}
		out = be.AppendUint32(out, uint32(fingerViewHeader+len(v.Image)))
		out = append(out, v.Position, v.Views, v.View, v.Quality, v.Impression)
		out = be.AppendUint16(be.AppendUint16(out, uint16(v.Width)), uint16(v.Height))
		out = append(append(out, v.Reserved), v.Image...)
	}
	if len(out) > maxRecord {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrBuild, maxRecord)
	}
	be.PutUint32(out[10:], uint32(len(out)))
	return out, nil
}

func (f *FingerRecord) finger(h FingerHeader) Finger {
	out := Finger{
		Encoding: ISO19794, Position: int(f.Position), Image: f.Image, ImageFormat: Sniff(f.Image), Impression: int(f.Impression),
		Width: f.Width, Height: f.Height, Record: f,
	}
	if fingerCompressions[h.Compression] == nil {
		out.ImageFormat = Unknown // raw pixels that happen to look like something
	} else {
		out.Width, out.Height = measured(f.Image, f.Width, f.Height)
	}
	switch h.Units {
	case 1:
		out.PerInch = int(h.ImageX)
	case 2:
		out.PerInch = (int(h.ImageX)*254 + 50) / 100
	}
	if f.Quality <= 100 {
		out.Qualities = []Quality{{Score: int(f.Quality)}}
	}
	return out
}

// acquisitionLevels are the settings of 7.1, table 1, by samples per inch: 31
// and 41 are the same with more grey levels.
var acquisitionLevels = map[int]uint16{125: 10, 250: 20, 500: 31, 750: 35, 1000: 41}

func fingerRecords(fingers []Finger) (FingerHeader, []FingerRecord, error) {
	first := fingers[0]
	h := FingerHeader{Units: 1, Depth: 8, Level: acquisitionLevels[first.PerInch]}
	for code, formats := range fingerCompressions {
		if slices.Contains(formats, first.ImageFormat) {
			h.Compression = code
		}
	}
	if h.Level == 0 || h.Compression == 0 {
		return h, nil, fmt.Errorf("%w: an image format or a resolution that the encoding has no code for", ErrBuild)
	}
	h.ScanX = uint16(first.PerInch)
	h.ScanY, h.ImageX, h.ImageY = h.ScanX, h.ScanX, h.ScanX
	views := map[int]byte{}
	for _, f := range fingers {
		views[f.Position]++
	}
	var out []FingerRecord
	seen := map[int]byte{}
	for _, f := range fingers {
		if f.PerInch != first.PerInch || !slices.Contains(fingerCompressions[h.Compression], Sniff(f.Image)) || f.Position < 0 || f.Position > 36 || f.Impression < 0 || f.Impression > 9 {
			return h, nil, fmt.Errorf("%w: the images of one record must be alike, and known to its tables", ErrBuild)
		}
		w, height, _, err := Size(f.Image)
		if err != nil {
			return h, nil, err
		}
		seen[f.Position]++
		v := FingerRecord{Position: byte(f.Position), Views: views[f.Position], View: seen[f.Position], Quality: 254, Impression: byte(f.Impression), Width: w, Height: height, Image: f.Image}
		if len(f.Qualities) > 0 && f.Qualities[0].Score >= 0 {
			v.Quality = byte(f.Qualities[0].Score)
		}
		out = append(out, v)
	}
	return h, out, nil
}
