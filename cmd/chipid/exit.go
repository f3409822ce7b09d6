package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/bac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/pcsc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer"
)

// Exit statuses. Programs script against them: they change by addition.
const (
	exitOK           = 0
	exitFault        = 1
	exitUsage        = 2
	exitNoCard       = 3
	exitDenied       = 4
	exitFailed       = 5
	exitInconclusive = 6
	exitHSM          = 7
	exitPrinter      = 8
	exitHalted       = 9
)

var exitMeaning = map[int]string{
	exitOK:           "done; for inspect and verify: every required check passed",
	exitFault:        "an error of the program or its surroundings not named below",
	exitUsage:        "usage: a flag, a profile or an input file is wrong",
	exitNoCard:       "no reader, no card, or the card left the field",
	exitDenied:       "access denied: the chip refused the MRZ, CAN, PIN or key",
	exitFailed:       "failed: a required check failed",
	exitInconclusive: "inconclusive: nothing failed, but a required check could not be performed",
	exitHSM:          "HSM: module, token, PIN or key",
	exitPrinter:      "printer",
	exitHalted:       "the job or batch halted and can be resumed",
}

// exitHelp is the part of a verb's help that lists its exit statuses.
func exitHelp(statuses ...int) string {
	var b strings.Builder
	for _, s := range statuses {
		fmt.Fprintf(&b, "  %d  %s\n", s, exitMeaning[s])
	}
	return strings.TrimRight(b.String(), "\n")
}

// usageError is a wrong flag, argument or input.
type usageError struct {
	err  error
	hint string // the command that shows help
}

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// usagef makes a usage error.
func usagef(format string, args ...any) error {
	return usageError{err: fmt.Errorf(format, args...)}
}

// exitError carries an exit status by itself. Without an error inside, what
// there is to say has been printed.
type exitError struct {
	status int
	err    error
}

func (e exitError) Error() string {
	if e.err == nil {
		return exitMeaning[e.status]
	}
	return e.err.Error()
}

func (e exitError) Unwrap() error { return e.err }

// exitStatus finds the status that an error ends the command with.
func exitStatus(err error) int {
	var exit exitError
	var usage usageError
	var input *cardprofile.InputError
	is := func(targets ...error) bool {
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return exit.status
	case is(pki.ErrListAnchor, pki.ErrBundleSigner):
		return exitInconclusive
	case is(pki.ErrListSignature, pki.ErrBundleAltered, pki.ErrRollback, pki.ErrBundleExpired):
		return exitFailed
	case errors.As(err, &usage), errors.As(err, &input), is(pki.ErrNoStore, pki.ErrTestMark, pki.ErrFollows, pcsc.ErrAmbiguous, issue.ErrAuthority, signer.ErrSigner, signer.ErrNoSigner, inspect.ErrNeedMRZ, inspect.ErrTerminal, inspect.ErrAccessKey):
		return exitUsage
	case is(hsm.Err):
		return exitHSM
	case is(printer.Err):
		return exitPrinter
	case is(pace.ErrDenied, bac.ErrDenied, applet.ErrKeys):
		return exitDenied
	case is(apdu.ErrCardGone, apdu.ErrReaderGone, apdu.ErrTimeout, pcsc.ErrNoReader, pcsc.ErrNoCard, pcsc.ErrServiceGone, pcsc.ErrCardMute, pcsc.ErrCardReset):
		return exitNoCard
	default:
		return exitFault
	}
}

// advice is what helps against an error that does not say so itself.
func (e *env) advice(err error) string {
	switch {
	case errors.Is(err, pki.ErrNoStore):
		return e.tr("chipid trust import --store DIR --create CSCA.cer makes one", "chipid trust import --store DIR --create CSCA.cer để tạo kho")
	case errors.Is(err, pcsc.ErrServiceGone):
		return e.tr("start pcscd: systemctl start pcscd.socket, or pcscd as root", "hãy chạy pcscd: systemctl start pcscd.socket, hoặc pcscd với quyền root")
	}
	return ""
}
