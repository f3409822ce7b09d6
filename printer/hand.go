package printer

import (
	"context"
	"errors"
	"fmt"
)

// Hand is a person who carries cards at a desktop station.
type Hand interface {
	// Do asks for one step, and returns when the person says that it is done. An
	// error that is a fault of this package, such as ErrJam, is what the person
	// says is wrong; any other error suspends the step as ErrHand.
	Do(ctx context.Context, s Step) error
}

// HandFunc is a Hand of one function.
type HandFunc func(ctx context.Context, s Step) error

// Do implements Hand.
func (f HandFunc) Do(ctx context.Context, s Step) error { return f(ctx, s) }

// Step is what a person is asked to do with a card.
type Step struct {
	// At names the station to people.
	At string
	Op Op
	// Card is the card's number in the line's store, 0 where it is not known.
	Card int64
	// To is where a move leads.
	To Station
	// Side is the one that is, or comes, up.
	Side Side
	// File is the picture of that side, where a person prints it.
	File string
}

// Say is the step in words: lang "vi" is Vietnamese, any other English. It holds
// no personal data.
func (s Step) Say(lang string) string {
	vi := lang == "vi"
	pick := func(english, vietnamese string) string {
		if vi {
			return vietnamese
		}
		return english
	}
	card := pick("the card", "thẻ")
	if s.Card != 0 {
		card = fmt.Sprintf(pick("card %d", "thẻ số %d"), s.Card)
	}
	side := pick("front", "mặt trước")
	if s.Side == Back {
		side = pick("back", "mặt sau")
	}
	switch s.Op {
	case OpFeed:
		return pick("take one blank from the stock", "lấy một phôi thẻ từ kho")
	case OpMove:
		switch s.To {
		case StationContact:
			return fmt.Sprintf(pick("put %s into the contact reader, chip first", "đưa %s vào đầu đọc tiếp xúc, phía có chip vào trước"), card)
		case StationContactless:
			return fmt.Sprintf(pick("lay %s on the contactless reader", "đặt %s lên đầu đọc không tiếp xúc"), card)
		}
		return fmt.Sprintf(pick("put %s into the printer, %s up", "đưa %s vào máy in, %s hướng lên"), card, side)
	case OpPrint:
		if s.File != "" {
			return fmt.Sprintf(pick("print the %s of %s from %s", "in %s của %s từ tệp %s"), side, card, s.File)
		}
		return fmt.Sprintf(pick("print the %s of %s", "in %s của %s"), side, card)
	case OpFlip:
		return fmt.Sprintf(pick("turn %s over, %s up, and put it into the printer again", "lật %s, %s hướng lên, rồi đưa lại vào máy in"), card, side)
	case OpEject:
		return fmt.Sprintf(pick("put %s into the box of good cards", "đặt %s vào hộp thẻ đạt"), card)
	case OpReject:
		return fmt.Sprintf(pick("put %s into the locked bin of rejects", "bỏ %s vào thùng khóa chứa thẻ hỏng"), card)
	}
	return string(s.Op)
}

// HandError is the fault of a step that waits for a person. It is ErrHand.
type HandError struct {
	Step Step
	// Lang is the language of its text.
	Lang string
	// Why is what kept the person from it, if anything.
	Why error
}

func (e *HandError) Error() string {
	if e.Lang == "vi" {
		return "máy in: cần người thao tác: " + e.Step.Say("vi")
	}
	return "printer: a person is needed: " + e.Step.Say("")
}

// Is makes a HandError an ErrHand, and an error of a printer.
func (e *HandError) Is(target error) bool { return target == ErrHand || target == Err }

// As makes a HandError resumable.
func (e *HandError) As(target any) bool {
	f, ok := target.(**fault)
	if ok {
		return errors.As(ErrHand, f)
	}
	return false
}

func (e *HandError) Unwrap() error { return e.Why }

// by asks a person for a step. asked is whether this very step was asked before
// and suspended: then Resume is the person's word.
type by struct {
	hand  Hand
	lang  string
	asked bool
}

// do asks once; a later call is the answer to a step that was suspended for want
// of a Hand.
func (b *by) do(ctx context.Context, s Step) error {
	if b.hand == nil {
		if b.asked {
			return nil
		}
		b.asked = true
		return &HandError{Step: s, Lang: b.lang}
	}
	err := b.hand.Do(ctx, s)
	switch {
	case err == nil, Resumable(err), ctx.Err() != nil:
		return err
	}
	return &HandError{Step: s, Lang: b.lang, Why: err}
}
