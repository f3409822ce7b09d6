package printer_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/OpenPrinting/goipp"
)

// double is an IPP printer that fails on demand.
type double struct {
	t      *testing.T
	server *httptest.Server

	mu        sync.Mutex
	reasons   []string
	state     int
	accepting bool
	version   goipp.Version
	polls     int // a job ends at this answer
	busy      int // so many jobs are refused as busy
	forget    bool
	jobs      []*doubleJob
	ops       []goipp.Op
	change    func(goipp.Attributes) goipp.Attributes
	// answer, if set, answers in place of the printer; false: it did not.
	answer func(op goipp.Op, w http.ResponseWriter, r *http.Request) bool
	// ends, if set, is the state and the reason in which jobs end.
	ends    goipp.Integer
	because string
	counted int
}

type doubleJob struct {
	name     string
	state    int
	asked    int
	document []byte
	request  *goipp.Message
}

func attr(name string, tag goipp.Tag, values ...goipp.Value) goipp.Attribute {
	return goipp.MakeAttr(name, tag, values[0], values[1:]...)
}

func keywords(name string, values ...string) goipp.Attribute {
	a := goipp.Attribute{Name: name}
	for _, v := range values {
		a.Values.Add(goipp.TagKeyword, goipp.String(v))
	}
	return a
}

func newDouble(t *testing.T, sides ...string) *double {
	d := &double{t: t, state: 3, accepting: true, version: goipp.MakeVersion(2, 0), polls: 2, counted: -1}
	d.change = func(a goipp.Attributes) goipp.Attributes { return append(a, keywords("sides-supported", sides...)) }
	d.server = httptest.NewUnstartedServer(d)
	t.Cleanup(d.server.Close)
	return d
}

func (d *double) address() string {
	if d.server.URL == "" {
		d.server.Start()
	}
	return strings.Replace(d.server.URL, "http", "ipp", 1) + "/ipp/print"
}

func (d *double) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

func (d *double) about() goipp.Attributes {
	reasons := d.reasons
	if len(reasons) == 0 {
		reasons = []string{"none"}
	}
	ops := goipp.Attribute{Name: "operations-supported"}
	for _, op := range []goipp.Op{goipp.OpPrintJob, goipp.OpValidateJob, goipp.OpCreateJob, goipp.OpSendDocument, goipp.OpCancelJob, goipp.OpGetJobAttributes, goipp.OpGetJobs, goipp.OpGetPrinterAttributes} {
		ops.Values.Add(goipp.TagEnum, goipp.Integer(op))
	}
	return d.change(goipp.Attributes{
		attr("printer-make-and-model", goipp.TagText, goipp.String("Double \x1b[31mCard\u202e Printer")),
		attr("printer-state", goipp.TagEnum, goipp.Integer(d.state)),
		keywords("printer-state-reasons", reasons...),
		attr("printer-is-accepting-jobs", goipp.TagBoolean, goipp.Boolean(d.accepting)),
		attr("queued-job-count", goipp.TagInteger, goipp.Integer(0)), ops,
		attr("document-format-supported", goipp.TagMimeType, goipp.String("image/pwg-raster")),
		keywords("media-supported", "iso_a4_210x297mm", "om_card_54x86mm"),
		attr("pwg-raster-document-resolution-supported", goipp.TagResolution, goipp.Resolution{Xres: 300, Yres: 300, Units: goipp.UnitsDpi}, goipp.Resolution{Xres: 300, Yres: 600, Units: goipp.UnitsDpi}, goipp.Resolution{Xres: 600, Yres: 600, Units: goipp.UnitsDpi}),
		keywords("pwg-raster-document-type-supported", "sgray_8", "srgb_8"), keywords("print-color-mode-supported", "color"),
		attr("marker-names", goipp.TagName, goipp.String("YMCKO ribbon")), attr("marker-levels", goipp.TagInteger, goipp.Integer(42)),
	})
}

func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var m goipp.Message
	if err := m.Decode(r.Body); err != nil {
		d.t.Errorf("the request cannot be read: %v", err)
		return
	}
	op := goipp.Op(m.Code)
	d.ops = append(d.ops, op)
	if d.answer != nil && d.answer(op, w, r) {
		return
	}
	document, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	answer := d.serve(op, &m, document)
	w.Header().Set("Content-Type", goipp.ContentType)
	_ = answer.Encode(w)
}

func value(list goipp.Attributes, name string) goipp.Value {
	for _, a := range list {
		if a.Name == name {
			return a.Values[0].V
		}
	}
	return nil
}

func (d *double) serve(op goipp.Op, m *goipp.Message, document []byte) *goipp.Message {
	answer := goipp.NewResponse(m.Version, goipp.StatusOk, m.RequestID)
	fail := func(s goipp.Status) *goipp.Message { answer.Code = goipp.Code(s); return answer }
	var groups goipp.Groups
	group := func(tag goipp.Tag, attrs goipp.Attributes) {
		groups = append(groups, goipp.Group{Tag: tag, Attrs: attrs})
	}
	group(goipp.TagOperationGroup, goipp.Attributes{attr("attributes-charset", goipp.TagCharset, goipp.String("utf-8")), attr("attributes-natural-language", goipp.TagLanguage, goipp.String("en"))})
	if m.Version > d.version {
		return fail(goipp.StatusErrorVersionNotSupported)
	}
	job := func() *doubleJob {
		if id, ok := value(m.Operation, "job-id").(goipp.Integer); ok && id > 0 && int(id) <= len(d.jobs) && !d.forget {
			return d.jobs[id-1]
		}
		return nil
	}
	switch op {
	case goipp.OpGetPrinterAttributes:
		group(goipp.TagPrinterGroup, d.about())
	case goipp.OpValidateJob:
		if fmt.Sprint(value(m.Operation, "ipp-attribute-fidelity")) != "true" {
			d.t.Error("a job that may be changed")
		}
	case goipp.OpCreateJob, goipp.OpPrintJob:
		if d.busy > 0 {
			d.busy--
			return fail(goipp.StatusErrorBusy)
		}
		d.jobs = append(d.jobs, &doubleJob{name: fmt.Sprint(value(m.Operation, "job-name")), state: 4, request: m})
		if op == goipp.OpPrintJob {
			d.jobs[len(d.jobs)-1].document, d.jobs[len(d.jobs)-1].state = document, 5
		}
		group(goipp.TagJobGroup, d.describe(len(d.jobs)))
	case goipp.OpSendDocument:
		j := job()
		if j == nil {
			return fail(goipp.StatusErrorNotFound)
		}
		if j.document != nil {
			d.t.Error("a document was sent twice")
		}
		j.document, j.state = document, 5
	case goipp.OpGetJobAttributes:
		j := job()
		if j == nil {
			return fail(goipp.StatusErrorNotFound)
		}
		if j.asked++; j.state == 5 && j.asked >= d.polls && len(d.reasons) == 0 {
			j.state = 9
			if d.ends != 0 {
				j.state = int(d.ends)
			}
		}
		group(goipp.TagJobGroup, d.describe(slices.Index(d.jobs, j)+1))
	case goipp.OpCancelJob:
		j := job()
		switch {
		case j == nil:
			return fail(goipp.StatusErrorNotFound)
		case j.state >= 7:
			return fail(goipp.StatusErrorNotPossible)
		}
		j.state = 7
	case goipp.OpGetJobs:
		over := fmt.Sprint(value(m.Operation, "which-jobs")) == "completed"
		for i, j := range d.jobs {
			if j.state >= 7 == over && !d.forget {
				group(goipp.TagJobGroup, d.describe(i+1))
			}
		}
	default:
		return fail(goipp.StatusErrorOperationNotSupported)
	}
	return goipp.NewMessageWithGroups(m.Version, answer.Code, m.RequestID, groups)
}

func (d *double) describe(id int) goipp.Attributes {
	j := d.jobs[id-1]
	because := "none"
	if d.because != "" && j.state >= 7 {
		because = d.because
	}
	a := goipp.Attributes{
		attr("job-id", goipp.TagInteger, goipp.Integer(id)), attr("job-name", goipp.TagName, goipp.String(j.name)),
		attr("job-state", goipp.TagEnum, goipp.Integer(j.state)), keywords("job-state-reasons", because),
	}
	if d.counted >= 0 {
		a.Add(attr("job-impressions-completed", goipp.TagInteger, goipp.Integer(d.counted)))
	}
	return a
}

// documents are what the printer was sent, one a job.
func (d *double) documents() (out [][]byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, j := range d.jobs {
		if j.document != nil {
			out = append(out, bytes.Clone(j.document))
		}
	}
	return out
}

func (d *double) count(op goipp.Op) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range d.ops {
		if o == op {
			n++
		}
	}
	return n
}
