package chip

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// A Quirk is a habit of chips in the field that a virtual chip can have. Its ID
// is the one of apdu/emrtd/quirks.yaml. The zero values of the rest mean what
// the table says first.
type Quirk struct {
	ID     string
	Status apdu.Status // what the command is answered with
	Most   int         // read.length: bytes given at a time
	// Short: read.length and read.buffer.status give less, with 9000, instead
	// of answering with Status.
	Short bool
	// Naked: Status comes without protection, and the session ends.
	Naked bool
}

// QuirkGrammar is the syntax of ParseQuirks, for help texts.
const QuirkGrammar = `SPEC is a list of habits of chips in the field, separated by commas.
  mf.select.refused[=SW]     SELECT of the master file is answered SW
  mf.select.implicit[=SW]    SELECT of the master file is known without its identifier alone
  mf.after.application[=SW]  files of the master file are answered SW once the application is selected
  select.le[=SW]             SELECT and MSE with Le are answered SW
  select.fci[=SW]            SELECT with P2 0C is answered SW
  sfi.refused[=SW]           short identifiers are answered SW
  read.length=N[:SW|:naked]  READ BINARY gives N bytes at most; more is answered SW, or without protection
  read.past.end[=SW]         READ BINARY past the end of the file gives nothing
  read.extended.naked[=SW]   READ BINARY with extended length is answered SW without protection
  read.buffer.status[=SW]    the response buffer includes the status word; more gives less, or is answered SW
  pace.reference[=SW]        MSE:Set AT for PACE without DO 84 is answered SW
  bac.le[=SW]                EXTERNAL AUTHENTICATE with another Le than 00 is answered SW
  chip.extended.undeclared   extended length is known and stated nowhere
  chip.short.undeclared[=SW] extended length is answered SW, and that is stated nowhere`

// ParseQuirks reads a list of quirks as [QuirkGrammar] has it.
func ParseQuirks(spec string) ([]Quirk, error) {
	var list []Quirk
	for part := range strings.SplitSeq(spec, ",") {
		q, err := parseQuirk(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("quirk %q: %w", part, err)
		}
		list = append(list, q)
	}
	return list, nil
}

func parseQuirk(s string) (Quirk, error) {
	id, value, valued := strings.Cut(s, "=")
	known := emrtd.QuirkByID(id)
	if known == nil {
		return Quirk{}, fmt.Errorf("unknown; one of %s", strings.Join(quirkIDs(), ", "))
	}
	q := Quirk{ID: id, Status: firstStatus(known), Naked: id == quirkExtendedNaked, Short: id == quirkBufferStatus || id == quirkLength}
	if id == quirkLength {
		most, answer, answered := strings.Cut(value, ":")
		var err error
		if q.Most, err = number(most, 1, apdu.MaxExtendedNe); err != nil || !answered {
			return q, err
		}
		q.Short = false
		if answer == "naked" {
			q.Naked = true
			return q, nil
		}
		value = answer
	}
	if !valued {
		return q, nil
	}
	sw, err := strconv.ParseUint(value, 16, 16)
	if err != nil || len(value) != 4 || id == quirkUndeclared {
		return q, fmt.Errorf("%q is no status word of four hexadecimal digits", value)
	}
	q.Status, q.Short = apdu.Status(sw), false
	return q, nil
}

func quirkIDs() []string {
	var ids []string
	for _, q := range emrtd.Quirks() {
		ids = append(ids, q.ID)
	}
	slices.Sort(ids)
	return ids
}

// firstStatus is the first status word that the table knows a quirk by.
func firstStatus(q *emrtd.Quirk) apdu.Status {
	for _, s := range q.Seen {
		if len(s.Status) > 0 {
			return s.Status[0]
		}
	}
	return apdu.ErrUnknown
}

// The quirks, as the table calls them.
const (
	quirkMFRefused     = "mf.select.refused"
	quirkMFImplicit    = "mf.select.implicit"
	quirkMFAfter       = "mf.after.application"
	quirkSelectLe      = "select.le"
	quirkSelectFCI     = "select.fci"
	quirkNoSFI         = "sfi.refused"
	quirkLength        = "read.length"
	quirkPastEnd       = "read.past.end"
	quirkExtendedNaked = "read.extended.naked"
	quirkBufferStatus  = "read.buffer.status"
	quirkReference     = "pace.reference"
	quirkBACLe         = "bac.le"
	quirkUndeclared    = "chip.extended.undeclared"
	quirkShort         = "chip.short.undeclared"
)

// quirkOf is what the chip's quirks make of a command in the clear: a status
// other than 9000 is the answer. Ne may become less.
func (c *Chip) quirkOf(cmd *apdu.Command, asked int) apdu.Status {
	switch cmd.INS {
	case insSelect:
		return c.selectQuirk(*cmd)
	case 0x22:
		if q, ok := c.quirks[quirkSelectLe]; ok && asked > 0 {
			return q.Status
		}
		if q, ok := c.quirks[quirkReference]; ok && cmd.P1 == 0xC1 {
			if _, there := tlv.First(cmd.Data, 0x84); !there {
				return q.Status
			}
		}
	case 0x82:
		if q, ok := c.quirks[quirkBACLe]; ok && asked != apdu.MaxShortNe {
			return q.Status
		}
	case 0xB0, 0xB1:
		return c.readQuirk(cmd, asked)
	}
	return apdu.OK
}

// selectQuirk is quirkOf for SELECT, by name too.
func (c *Chip) selectQuirk(cmd apdu.Command) apdu.Status {
	if q, ok := c.quirks[quirkMFRefused]; ok && isSelectMF(cmd) {
		return q.Status
	}
	if q, ok := c.quirks[quirkMFImplicit]; ok && isSelectMF(cmd) && len(cmd.Data) > 0 {
		return q.Status
	}
	if q, ok := c.quirks[quirkSelectLe]; ok && cmd.Ne > 0 {
		return q.Status
	}
	if q, ok := c.quirks[quirkSelectFCI]; ok && cmd.P2&0x0C == 0x0C {
		return q.Status
	}
	if q, ok := c.quirks[quirkMFAfter]; ok && c.v.dir == dirApp && (bytes.Equal(cmd.Data, []byte{0x01, 0x1C}) || bytes.Equal(cmd.Data, []byte{0x2F, 0x01})) {
		return q.Status
	}
	return apdu.OK
}

func (c *Chip) readQuirk(cmd *apdu.Command, asked int) apdu.Status {
	bySFI := cmd.INS == 0xB0 && cmd.P1&0x80 != 0
	if q, ok := c.quirks[quirkNoSFI]; ok && bySFI {
		return q.Status
	}
	if q, ok := c.quirks[quirkMFAfter]; ok && bySFI && c.v.dir == dirApp && cmd.P1&0x1F == 0x1C {
		return q.Status
	}
	if q, ok := c.quirks[quirkLength]; ok && !q.Naked && asked > q.Most {
		if !q.Short {
			return q.Status
		}
		cmd.Ne = min(cmd.Ne, q.Most)
	}
	if q, ok := c.quirks[quirkBufferStatus]; ok && !q.Short && c.v.session != nil && asked > sm.MaxResponseData(c.v.session.Cipher(), c.responseBuffer()+2) {
		return q.Status
	}
	return apdu.OK
}

// quirkAfter is what the chip's quirks make of an answer.
func (c *Chip) quirkAfter(cmd apdu.Command, r apdu.Response) apdu.Response {
	if q, ok := c.quirks[quirkPastEnd]; ok && cmd.INS == 0xB0 && r.SW == apdu.WarnEOF {
		return refuse(q.Status)
	}
	return r
}

// nakedQuirk is what a command under secure messaging is answered without
// protection; 9000 if it is not.
func (c *Chip) nakedQuirk(cmd apdu.Command, extended bool) apdu.Status {
	if cmd.INS&^1 != 0xB0 {
		return apdu.OK
	}
	if q, ok := c.quirks[quirkExtendedNaked]; ok && extended {
		return q.Status
	}
	if q, ok := c.quirks[quirkLength]; ok && q.Naked && cmd.Ne > q.Most {
		return q.Status
	}
	return apdu.OK
}

// responseBuffer is how many bytes of response data the chip may send.
func (c *Chip) responseBuffer() int {
	if _, ok := c.quirks[quirkBufferStatus]; ok {
		return c.st.Model.MaxResponse - 2
	}
	return c.st.Model.MaxResponse
}

// hidden reports a file that a quirk hides.
func (c *Chip) hidden(f *file) bool {
	return c.undeclared() && c.st.Applet.fileName(f) == lds.NameATRInfo
}

// undeclared reports a chip that states nothing about lengths.
func (c *Chip) undeclared() bool {
	_, extended := c.quirks[quirkUndeclared]
	_, short := c.quirks[quirkShort]
	return extended || short
}

// model is what silicon and operating system can do, quirks counted.
func (c *Chip) model() Model {
	m := c.st.Model
	if _, ok := c.quirks[quirkShort]; ok {
		m.ShortOnly, m.GetResponse = true, true
	}
	return m
}

// atr is the answer to reset. A chip that states nothing about lengths has
// historical bytes without capabilities.
func (c *Chip) atr() []byte {
	if c.undeclared() {
		return frameATR([]byte{0x80, 0x31, 0x80})
	}
	return c.st.Model.atr(c.st.Applet.Trust != nil)
}
