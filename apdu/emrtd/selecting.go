package emrtd

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
)

// SelectApplication selects the LDS1 application. An error wraps
// apdu.ErrFileNotFound if the chip does not have it.
func SelectApplication(ctx context.Context, ch apdu.Sender) error {
	return NewReader(ch, Options{}).SelectApplication(ctx)
}

// SelectMF selects the master file. Doc 9303-10, 3.6.1.1 recommends not to: some
// chips refuse it, and after power-on it is selected anyway.
func SelectMF(ctx context.Context, ch apdu.Sender) error {
	return NewReader(ch, Options{}).SelectMF(ctx)
}

// SelectFile selects an elementary file by its identifier.
func SelectFile(ctx context.Context, ch apdu.Sender, f File) error {
	return NewReader(ch, Options{}).selectFile(ctx, f)
}

// SelectApplication selects the LDS1 application, in the form that the chip
// wants.
func (r *Reader) SelectApplication(ctx context.Context) error {
	return r.selectWith(ctx, SelectApplicationCommand(AID), "LDS1 application")
}

func (r *Reader) selectFile(ctx context.Context, f File) error {
	return r.selectWith(ctx, SelectFileCommand(f.FID), f.Name)
}

// SelectMF selects the master file: by its identifier, since chips are known
// that answer 9000 to the form without one and select nothing
// (AndyQ/NFCPassportReader pull request 106), else without. An error wraps the
// status; a status that the table of quirks knows has been noted then.
func (r *Reader) SelectMF(ctx context.Context) error {
	_, err := apdu.Do(ctx, r.ch, SelectMFByIDCommand())
	if q := quirkOf(RemedyImplicitMF, ActSelectMF, err); q != nil {
		if _, again := apdu.Do(ctx, r.ch, SelectMFCommand()); again == nil {
			r.note(q)
			return nil
		}
	}
	if err == nil {
		return nil
	}
	r.note(quirkOf(RemedyApplicationFiles, ActSelectMF, err))
	return fmt.Errorf("emrtd: master file: %w", err)
}

// selectWith sends a SELECT without an answer (P2 0C); a chip that does not know
// that is asked for file control information, which nobody reads.
func (r *Reader) selectWith(ctx context.Context, c apdu.Command, what string) error {
	var err error
	if r.learned.SelectFCI {
		err = r.selectFCI(ctx, c)
	} else {
		_, err = apdu.Do(ctx, r.ch, c)
		if q := quirkOf(RemedySelectFCI, ActSelect, err); q != nil && r.selectFCI(ctx, c) == nil {
			r.learned.SelectFCI = true
			r.note(q)
			return nil
		}
	}
	if err != nil {
		return fmt.Errorf("emrtd: %s: %w", what, err)
	}
	return nil
}

// selectFCI asks for file control information, with Le and then without.
func (r *Reader) selectFCI(ctx context.Context, c apdu.Command) error {
	c.P2, c.Ne = 0x00, apdu.MaxShortNe
	_, err := apdu.Do(ctx, r.ch, c)
	if errors.Is(err, apdu.ErrWrongLength) {
		c.Ne = 0
		_, err = apdu.Do(ctx, r.ch, c)
	}
	return err
}

// quirkOf is the quirk that an error shows, if it is a status of the chip.
func quirkOf(r Remedy, a Act, err error) *Quirk {
	var sw apdu.Status
	if !errors.As(err, &sw) {
		return nil
	}
	return QuirkIn(r, a, sw, false)
}
