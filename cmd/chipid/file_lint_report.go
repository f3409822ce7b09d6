package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/conformance"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// lintReport is what lint prints: schema chipid.lint/1. JSON is never translated.
type lintReport struct {
	Schema   string       `json:"schema"`
	Objects  []lintObject `json:"objects"`
	Errors   int          `json:"errors"`
	Warnings int          `json:"warnings"`
	Infos    int          `json:"infos"`
}

// lintObject is one object and its findings.
type lintObject struct {
	File     string        `json:"file"`
	Kind     lint.Kind     `json:"kind"`
	Inside   string        `json:"inside,omitempty"` // how it lies in the file
	Subject  string        `json:"subject,omitempty"`
	Findings []lintFinding `json:"findings"`
}

type lintFinding struct {
	Rule     string        `json:"rule"`
	Severity lint.Severity `json:"severity"`
	Where    string        `json:"where"`
	Title    string        `json:"title"`
	Text     string        `json:"text"`
	Citation string        `json:"citation"`
	title    string        // Vietnamese
}

func newLintReport(judged []conformance.Judged, least lint.Severity) *lintReport {
	r := &lintReport{Schema: "chipid.lint/1", Objects: []lintObject{}}
	for _, j := range judged {
		o := lintObject{File: j.Name, Kind: j.Kind, Inside: j.Inside, Subject: clean(j.Subject), Findings: []lintFinding{}}
		for _, f := range j.Findings {
			switch f.Severity {
			case lint.Error:
				r.Errors++
			case lint.Warning:
				r.Warnings++
			default:
				r.Infos++
			}
			if f.Severity >= least {
				o.Findings = append(o.Findings, lintFinding{f.Rule, f.Severity, clean(f.Where), f.Title.EN, clean(f.Text), f.Citation, f.Title.VI})
			}
		}
		r.Objects = append(r.Objects, o)
	}
	return r
}

// kindName says what an object is, for people.
func (e *env) kindName(k lint.Kind) string {
	switch k {
	case lint.CSCA:
		return e.tr("CSCA certificate", "chứng thư CSCA")
	case lint.Link:
		return e.tr("CSCA link certificate", "chứng thư liên kết CSCA")
	case lint.DS:
		return e.tr("Document Signer certificate", "chứng thư Document Signer")
	case lint.MLSigner:
		return e.tr("master list signer certificate", "chứng thư bên ký master list")
	case lint.DLSigner:
		return e.tr("deviation list signer certificate", "chứng thư bên ký deviation list")
	case lint.BarCodeSigner:
		return e.tr("bar code signer certificate", "chứng thư bên ký mã vạch")
	case lint.LDS2Signer:
		return e.tr("LDS2 signer certificate", "chứng thư bên ký LDS2")
	case lint.Communication:
		return e.tr("communication certificate", "chứng thư truyền thông")
	case lint.MasterList:
		return e.tr("master list", "master list")
	case lint.DeviationList:
		return e.tr("deviation list", "deviation list")
	case lint.Document:
		return e.tr("all together", "tất cả cùng nhau")
	case lint.CRL:
		return "CRL"
	}
	return string(k)
}

// print writes the report for people, file by file. Certificates that a list holds are
// summed up by rule, unless all is set.
func (r *lintReport) print(e *env, all bool) {
	var listed []lintObject
	flush := func() {
		if len(listed) > 0 {
			r.printListed(e, listed)
			listed = nil
		}
	}
	for _, o := range r.Objects {
		if strings.HasPrefix(o.Inside, "listed ") && !all {
			if len(listed) > 0 && listed[0].File != o.File {
				flush()
			}
			listed = append(listed, o)
			continue
		}
		flush()
		name := o.File
		if o.Inside != "" {
			name += ", " + insideName(e, o.Inside)
		}
		fmt.Fprintf(e.Stdout, "%s: %s", clean(name), e.kindName(o.Kind))
		if o.Subject != "" {
			fmt.Fprintf(e.Stdout, ", %s", o.Subject)
		}
		if len(o.Findings) == 0 {
			fmt.Fprintf(e.Stdout, ": %s\n", e.tr("nothing to report", "không có gì"))
			continue
		}
		fmt.Fprintln(e.Stdout)
		for _, f := range o.Findings {
			fmt.Fprintf(e.Stdout, "  %-8s %s\n           %s: %s\n           %s: %s: %s\n           %s\n", severityName(e, f.Severity), f.Rule,
				e.tr("required", "yêu cầu"), e.tr(f.Title, f.title), e.tr("found", "thực tế"), f.Where, f.Text, f.Citation)
		}
	}
	flush()
	fmt.Fprintf(e.Stdout, e.tr("%d errors, %d warnings, %d remarks\n", "%d lỗi, %d cảnh báo, %d lưu ý\n"), r.Errors, r.Warnings, r.Infos)
}

// printListed sums up the certificates of one list.
func (r *lintReport) printListed(e *env, listed []lintObject) {
	type sum struct {
		lintFinding
		count int
	}
	var sums []sum
	clean := 0
	for _, o := range listed {
		if len(o.Findings) == 0 {
			clean++
		}
		seen := map[string]bool{}
		for _, f := range o.Findings {
			// A rule can be an error for one certificate and a remark for an older one.
			key := f.Rule + f.Severity.String()
			if seen[key] {
				continue
			}
			seen[key] = true
			if i := slices.IndexFunc(sums, func(s sum) bool { return s.Rule == f.Rule && s.Severity == f.Severity }); i >= 0 {
				sums[i].count++
			} else {
				sums = append(sums, sum{f, 1})
			}
		}
	}
	slices.SortStableFunc(sums, func(a, b sum) int {
		if a.Severity != b.Severity {
			return int(b.Severity - a.Severity)
		}
		return b.count - a.count
	})
	fmt.Fprintf(e.Stdout, e.tr("%s, listed certificates: %d, %d of them with nothing to report (--all names each)\n",
		"%s, chứng thư trong danh sách: %d, trong đó %d không có gì (--all để xem từng chứng thư)\n"), listed[0].File, len(listed), clean)
	for _, s := range sums {
		fmt.Fprintf(e.Stdout, "  %-8s %4d  %-28s %s\n", severityName(e, s.Severity), s.count, s.Rule, e.tr(s.Title, s.title))
	}
}

func severityName(e *env, s lint.Severity) string {
	switch s {
	case lint.Error:
		return e.tr("error", "lỗi")
	case lint.Warning:
		return e.tr("warning", "cảnh báo")
	}
	return e.tr("info", "lưu ý")
}

// insideName says how an object lies in its file, for people.
func insideName(e *env, inside string) string {
	word, number, _ := strings.Cut(inside, " ")
	name := map[string]string{
		"signer": e.tr("signer", "bên ký"), "certificate": e.tr("certificate", "chứng thư"), "listed": e.tr("listed", "trong danh sách"),
	}[word]
	return strings.TrimSpace(name + " " + number)
}
