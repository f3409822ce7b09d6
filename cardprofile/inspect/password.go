package inspect

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/pace"
)

// runPACE is PACE with the parameters that have been chosen. Two things are tried
// again, neither of them weaker: the same in other APDUs, if the chip did not like the
// length of a command and the channel has learned from that; and a suspended PIN or
// PUK in a session that the CAN opens, if the CAN is known (TR-03110-2 v2.21, 2.2.3).
// A password that the chip has compared and refused is never shown again.
func (s *session) runPACE(ctx context.Context, a Access, pw pace.Password) (*pace.Result, error) {
	if s.o.Profile != nil && !s.o.Profile.Allows("pin") && pw.Reference() == pace.ReferencePIN {
		return nil, fmt.Errorf("%w: cards of type %s have no PIN", ErrAccessKey, s.o.Profile.ID)
	}
	refused := s.plain.Refused()
	res, err := pace.Run(ctx, s.sender, s.paceUsed, pw)
	var status apdu.Status
	if s.plain.Refused() != refused && errors.As(err, &status) && !errors.Is(err, pace.ErrDenied) {
		res, err = pace.Run(ctx, s.sender, s.paceUsed, pw)
	}
	if ref := pw.Reference(); errors.Is(err, apdu.ErrNotFound) && (ref == pace.ReferencePIN || ref == pace.ReferencePUK) {
		return nil, fmt.Errorf("%w: the chip has no %v: %w", ErrUnsupported, ref, err)
	}
	var denied *pace.DeniedError
	if !errors.Is(err, pace.ErrSuspended) || !errors.As(err, &denied) || denied.Tried || a.can.Len() == 0 {
		return res, err
	}
	s.trail("used the CAN before the %v because the chip has suspended that", pw.Reference())
	can, err := pace.Run(ctx, s.sender, s.paceUsed, pace.CAN(string(a.can.Bytes())))
	if err != nil {
		return nil, err
	}
	return pace.Run(ctx, can.Channel, s.paceUsed, pw)
}

// denial words a refused key: which, and what the chip says about further tries.
func denial(err error) reason {
	var denied *pace.DeniedError
	if !errors.As(err, &denied) {
		return because("the chip refused the access key", "chip từ chối khóa truy cập")
	}
	en, vi := fmt.Sprintf("the chip refused the %v", denied.Password), fmt.Sprintf("chip từ chối %v", denied.Password)
	if n, ok := denied.Tries(); ok && n > 0 {
		en, vi = en+fmt.Sprintf("; tries left: %d", n), vi+fmt.Sprintf("; số lần thử còn lại: %d", n)
	}
	switch {
	case errors.Is(err, pace.ErrSuspended):
		en, vi = en+"; it is suspended, and the CAN resumes it", vi+"; mã này đang bị tạm khóa, cần nhập CAN trước"
	case errors.Is(err, pace.ErrBlocked) && denied.Password == pace.ReferencePIN:
		en, vi = en+"; it is blocked, and the PUK unblocks it", vi+"; mã này đã bị khóa, cần PUK để mở"
	case errors.Is(err, pace.ErrBlocked):
		en, vi = en+"; it is blocked", vi+"; mã này đã bị khóa"
	case errors.Is(err, pace.ErrDeactivated):
		en, vi = en+"; it is deactivated", vi+"; mã này chưa được kích hoạt"
	}
	return because(en, vi)
}
