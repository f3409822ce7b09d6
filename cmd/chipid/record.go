package main

import (
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/rule"
)

// planRecord reads one record with its portrait, asks the rules of its profile and
// plans the card. Whatever makes a card goes through it: what is drawn or printed
// is what would be issued. A record that a rule rejects is an
// *cardprofile.InputError with file, line, field and what to do.
func planRecord(env *env, p *cardprofile.Profile, path string) (*issue.Plan, []string, error) {
	record, err := citizen.ReadRecordFile(path)
	if err != nil {
		return nil, nil, err
	}
	portraits, err := citizen.OpenPortraits(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = portraits.Close() }()
	image, portraitErr := portraits.Load(*record)
	checker := rule.NewChecker(p, cardprofile.DateOf(time.Now()))
	checker.Lang = env.Lang
	result := checker.Check(*record, image, portraitErr)
	if reason := result.Reason(env.Lang); reason != nil {
		reason.File = path
		if reason.Line == 0 {
			reason.Line = citizen.FieldLine(path, reason.Field)
		}
		if reason.Fix == "" {
			reason.Fix = env.tr("correct it in the record", "hãy sửa trong bản ghi")
		}
		return nil, nil, reason
	}
	var warnings []string
	for _, w := range result.Findings {
		warnings = append(warnings, strings.TrimPrefix(w.Field+": ", ": ")+w.Text.In(env.Lang))
	}
	plan, err := issue.NewPlan(p, result.Record, image)
	if err != nil {
		return nil, nil, &cardprofile.InputError{File: path, Line: record.Line, Problem: err.Error(), Fix: env.tr("correct the record, or name another profile", "hãy sửa bản ghi, hoặc chọn loại thẻ khác")}
	}
	return plan, warnings, nil
}

// warn tells what the rules do not like about a record that they accept.
func (e *env) warn(warnings []string) {
	for _, w := range warnings {
		e.talk("%s: %s", e.tr("warning", "cảnh báo"), w)
	}
}
