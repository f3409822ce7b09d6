package pack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Manifest is what a box holds.
type Manifest struct {
	Box   store.Box
	Batch string
	Cards []Line
}

// Line is one card of a manifest: numbers of the bureau and of the office's own list,
// nothing of the holder.
type Line struct {
	Card   int64      `json:"card"`
	Row    int        `json:"row"` // line of the file that the batch came in
	Serial string     `json:"serial"`
	State  card.State `json:"state"`
}

// CSV is the manifest as a table. The same cards in the same box give the same bytes,
// and it is these that the box's digest is of.
func (m Manifest) CSV() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "box,batch,lot,office,card,row,chip\r\n")
	for _, l := range m.Cards {
		fmt.Fprintf(&b, "%s,%s,%s,%s,%d,%d,%s\r\n", m.Box.Name(), cell(m.Batch), cell(m.Box.Lot), cell(m.Box.Office), l.Card, l.Row, l.Serial)
	}
	return b.Bytes()
}

// cell keeps a text in its cell (RFC 4180, 2), and a spreadsheet from taking it for a
// formula.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		s = "'" + s
	}
	if strings.ContainsAny(s, ",\"\r\n") {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

// Digest is the SHA-256 of the table.
func (m Manifest) Digest() []byte {
	sum := sha256.Sum256(m.CSV())
	return sum[:]
}

// Manifest lists what is in a box, or was handed over in it.
func (p *Packer) Manifest(ctx context.Context, boxID int64) (Manifest, error) {
	var m Manifest
	err := p.Store.Do(ctx, "list a box", func(tx *store.Tx) (err error) {
		m, err = manifest(ctx, tx, boxID)
		return err
	})
	return m, err
}

func manifest(ctx context.Context, tx *store.Tx, boxID int64) (Manifest, error) {
	box, err := tx.Box(ctx, boxID)
	if err != nil {
		return Manifest{}, err
	}
	m := Manifest{Box: box, Cards: []Line{}}
	b, err := tx.BatchByID(ctx, box.BatchID)
	if err != nil {
		return m, err
	}
	m.Batch = b.Name
	var cards []store.Card
	if box.State == store.BoxHanded {
		// What became of a card afterwards does not change what was handed over.
		ids, err := tx.HandedIn(ctx, inBox(box))
		if err != nil {
			return m, err
		}
		for _, id := range ids {
			c, err := tx.Card(ctx, id)
			if err != nil {
				return m, err
			}
			cards = append(cards, c)
		}
	} else if cards, err = tx.Cards(ctx, store.Filter{Box: box.Name(), State: card.Packed, Limit: MaxCapacity}); err != nil {
		return m, err
	}
	for _, c := range cards {
		r, err := tx.Request(ctx, c.RequestID)
		if err != nil {
			return m, err
		}
		m.Cards = append(m.Cards, Line{Card: c.ID, Row: r.Line, Serial: c.Serial, State: c.State})
	}
	return m, nil
}

// inBox is the reason that a card's journal gives for being in a box.
func inBox(b store.Box) string { return "box " + b.Name() }

// Seal closes a box and returns its manifest.
func (p *Packer) Seal(ctx context.Context, boxID int64, by string) (Manifest, error) {
	var m Manifest
	if by == "" {
		return m, ErrPerson
	}
	err := p.Store.Do(ctx, "seal a box", func(tx *store.Tx) (err error) {
		if m, err = manifest(ctx, tx, boxID); err != nil {
			return err
		}
		switch {
		case m.Box.State != store.BoxOpen:
			return fmt.Errorf("%w: %s is %s", ErrBox, m.Box.Name(), m.Box.State)
		case len(m.Cards) == 0:
			return fmt.Errorf("%w: %s is empty", ErrBox, m.Box.Name())
		}
		if err := tx.SealBox(ctx, m.Box, m.Digest(), by); err != nil {
			return err
		}
		m.Box, err = tx.Box(ctx, boxID)
		return err
	})
	return m, err
}

// Reopen opens a sealed box again, to put something right in it.
func (p *Packer) Reopen(ctx context.Context, boxID int64, by string) (store.Box, error) {
	var box store.Box
	if by == "" {
		return box, ErrPerson
	}
	err := p.Store.Do(ctx, "open a box again", func(tx *store.Tx) (err error) {
		if box, err = tx.Box(ctx, boxID); err != nil {
			return err
		}
		if box.State != store.BoxSealed {
			return fmt.Errorf("%w: %s is %s", ErrBox, box.Name(), box.State)
		}
		if err := tx.ReopenBox(ctx, box, by); err != nil {
			return err
		}
		box, err = tx.Box(ctx, boxID)
		return err
	})
	return box, err
}

// Offer is the bureau's word that a sealed box goes to its office.
func (p *Packer) Offer(ctx context.Context, boxID int64, bureau string) error {
	if bureau == "" {
		return ErrPerson
	}
	return p.Store.Do(ctx, "offer a box", func(tx *store.Tx) error {
		m, err := sealed(ctx, tx, boxID)
		if err != nil {
			return err
		}
		offer, err := offered(ctx, tx, m.Box)
		if err != nil {
			return err
		}
		if offer != "" {
			return fmt.Errorf("%w: %s has offered %s already", ErrBox, offer, m.Box.Name())
		}
		_, err = tx.Agree(ctx, store.ActionHand, subject(m.Box), bureau)
		return err
	})
}

// Receipt is what an office signs.
type Receipt struct {
	Number string // of the paper; it names nobody
	Digest []byte // SHA-256 of the signed paper, as a picture of it is kept; may be nil
}

// Take is the word of the office's person, who signed for the box: with it the cards
// are handed over.
func (p *Packer) Take(ctx context.Context, boxID int64, office string, r Receipt) (Manifest, error) {
	var m Manifest
	if office == "" {
		return m, ErrPerson
	}
	if !receiptNumber(r.Number) || len(r.Digest) != 0 && len(r.Digest) != sha256.Size {
		return m, ErrReceipt
	}
	err := p.Store.Do(ctx, "hand a box over", func(tx *store.Tx) (err error) {
		if m, err = sealed(ctx, tx, boxID); err != nil {
			return err
		}
		bureau, err := offered(ctx, tx, m.Box)
		if err != nil {
			return err
		}
		if bureau == "" {
			return fmt.Errorf("%w: nobody of the bureau has offered %s", ErrBox, m.Box.Name())
		}
		boxes, err := tx.Boxes(ctx, 0)
		if err != nil {
			return err
		}
		for _, b := range boxes {
			if b.Receipt == r.Number {
				return fmt.Errorf("%w: %s is that of %s", ErrReceipt, r.Number, b.Name())
			}
		}
		agreed, err := tx.Agree(ctx, store.ActionHand, subject(m.Box), office)
		if err != nil {
			return person(err)
		}
		if !agreed {
			return ErrPerson
		}
		box := m.Box
		box.HandedBy, box.TakenBy, box.Receipt, box.ReceiptDigest = bureau, office, r.Number, r.Digest
		if err := tx.HandBox(ctx, box); err != nil {
			return err
		}
		for _, l := range m.Cards {
			c, err := tx.Card(ctx, l.Card)
			if err != nil {
				return err
			}
			if _, err := tx.Advance(ctx, c, card.HandedOver, store.Mark{Reason: inBox(box), By: office}); err != nil {
				return err
			}
		}
		m, err = manifest(ctx, tx, boxID)
		return err
	})
	return m, err
}

// sealed is a sealed box that holds what its manifest says.
func sealed(ctx context.Context, tx *store.Tx, boxID int64) (Manifest, error) {
	m, err := manifest(ctx, tx, boxID)
	if err != nil {
		return m, err
	}
	if m.Box.State != store.BoxSealed {
		return m, fmt.Errorf("%w: %s is %s", ErrBox, m.Box.Name(), m.Box.State)
	}
	if !bytes.Equal(m.Digest(), m.Box.Manifest) {
		return m, ErrDamaged
	}
	return m, nil
}

// subject is what two people agree on: the box with what it held when it was sealed. A
// box that was opened meanwhile has to be offered again.
func subject(b store.Box) string { return fmt.Sprintf("%s %x", b.Name(), b.Manifest[:8]) }

// offered is who of the bureau has offered a box; empty if nobody has.
func offered(ctx context.Context, tx *store.Tx, box store.Box) (string, error) {
	open, err := tx.Approvals(ctx)
	if err != nil {
		return "", err
	}
	for _, a := range open {
		if a.Action == store.ActionHand && a.Subject == subject(box) {
			return a.AskedBy, nil
		}
	}
	return "", nil
}

// receiptNumber: letters, digits and what stands between them. It goes into the audit
// log, so it must not be able to hold a sentence.
func receiptNumber(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-/._", r) {
			return false
		}
	}
	return true
}

// ParseCard reads a card's number as the command takes it.
func ParseCard(s string) (int64, error) {
	id, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || id <= 0 {
		return 0, errors.New("a card's number is a number from 1 on")
	}
	return id, nil
}
