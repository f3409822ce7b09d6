package main

import (
	"fmt"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
)

// verdictStatus is the exit status of a verdict.
func verdictStatus(v *inspect.Verdict) int {
	switch v.Outcome {
	case inspect.ResultPassed:
		return exitOK
	case inspect.ResultFailed:
		return exitFailed
	default:
		return exitInconclusive
	}
}

// verdictError is nil for a verdict that passed, and carries its exit status
// otherwise. The verdict itself has been printed.
func verdictError(v *inspect.Verdict) error {
	if s := verdictStatus(v); s != exitOK {
		return exitError{status: s}
	}
	return nil
}

var outcomeWords = map[inspect.Outcome][2]string{
	inspect.Passed:       {"passed", "đạt"},
	inspect.Failed:       {"FAILED", "KHÔNG ĐẠT"},
	inspect.NotPerformed: {"not performed", "chưa thực hiện"},
	inspect.NotSupported: {"not supported", "không hỗ trợ"},
}

var resultWords = map[inspect.Result][2]string{
	inspect.ResultPassed:       {"PASSED: every required check passed", "ĐẠT: mọi kiểm tra bắt buộc đều đạt"},
	inspect.ResultFailed:       {"FAILED: the chip or document is not what it claims", "KHÔNG ĐẠT: chip hoặc giấy tờ không đúng như khai báo"},
	inspect.ResultInconclusive: {"INCONCLUSIVE: nothing failed, but something required could not be checked", "CHƯA KẾT LUẬN: không có lỗi, nhưng có kiểm tra bắt buộc chưa thực hiện được"},
}

// printVerdict prints a verdict for an officer: the outcome first, then each
// check with its reason; required ones carry an asterisk.
func (e *env) printVerdict(v *inspect.Verdict) {
	w := e.Stdout
	fmt.Fprintf(w, "\n  %s\n", e.pair(resultWords[v.Outcome]))
	if v.Test {
		fmt.Fprintf(w, "  %s\n", e.tr("TEST: test certificates; this says nothing about a real document", "THỬ NGHIỆM: chứng thư thử nghiệm; không có giá trị với giấy tờ thật"))
	}
	for _, c := range v.Checks {
		if c.Required && c.Outcome != inspect.Passed {
			fmt.Fprintf(w, "  → %s: %s\n", c.ID, c.ReasonIn(e.Lang))
		}
	}
	fmt.Fprintln(w)
	t := newTable(w)
	for _, c := range v.Checks {
		mark := " "
		if c.Required {
			mark = "*"
		}
		t.row(" "+mark+" "+c.ID, e.pair(outcomeWords[c.Outcome]), c.ReasonIn(e.Lang))
	}
	t.flush()
	for _, d := range v.Deviations {
		fmt.Fprintf(w, "  %s %s\n", e.tr("deviation:", "sai khác:"), d)
	}
	if c := v.Chip; c != nil && c.APDUs > 0 {
		var phases []string
		for _, p := range c.Phases {
			if p.APDUs > 0 {
				phases = append(phases, fmt.Sprintf("%s %d", p.Name, p.APDUs))
			}
		}
		fmt.Fprintf(w, "  %s: %d APDU (%s), %d B → chip, %d B ← chip, %d ms\n", c.Reader, c.APDUs, strings.Join(phases, ", "), c.BytesSent, c.BytesReceived, c.DurationMS)
	}
	fmt.Fprintf(w, "  %s\n", e.tr("* required", "* bắt buộc"))
}

func (e *env) pair(p [2]string) string { return e.tr(p[0], p[1]) }
