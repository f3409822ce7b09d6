package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/printer/line/card"
)

// Why a blank is refused by its lot's manifest. Each is a [ManifestError] and matches ErrManifest.
var (
	// ErrManifest: the blank is none that the supplier's manifest vouches for.
	ErrManifest = errors.New("store: the manifest does not vouch for this blank")
	// ErrImported: this manifest is in the store already.
	ErrImported = errors.New("store: this manifest was imported before")
)

// Refusal is why a manifest does not vouch for a blank.
type Refusal string

// The refusals.
const (
	NoManifest   Refusal = "manifest.missing"       // the lot has none, and the line wants one
	NotListed    Refusal = "manifest.not-listed"    // not on the lot's manifest, or the chip does not tell its serial number
	ListedTwice  Refusal = "manifest.listed-twice"  // on manifests more than once: two chips would have one number
	AlreadyBegun Refusal = "manifest.already-begun" // a card was begun on a chip of this number, and it is no blank again
)

// ManifestError is a refused blank.
type ManifestError struct {
	Refusal Refusal
	Lot     string
	Serial  string // upper-case hexadecimal; empty if the chip does not tell
}

func (e *ManifestError) Error() string {
	return fmt.Sprintf("%s: lot %s, chip %s", e.Refusal, e.Lot, e.Serial)
}

// Is matches ErrManifest.
func (e *ManifestError) Is(target error) bool { return target == ErrManifest }

// Manifest is a supplier's list that was imported.
type Manifest struct {
	Digest  []byte // SHA-256 of the signed list
	Lot     string
	Signer  []byte // SHA-256 of the certificate that it was verified with
	Serials int
	By      string
}

// AddManifest takes in a list that was verified. serials are upper-case hexadecimal; one that stands twice, here or on another manifest, is
// kept with how often, and no card is begun on it.
func (t *Tx) AddManifest(ctx context.Context, m Manifest, serials []string) error {
	if m.Lot == "" || len(serials) == 0 || len(m.Digest) != 32 {
		return fmt.Errorf("%w: a manifest without lot, serials or digest", ErrUnbalanced)
	}
	n, err := t.exec(ctx, `INSERT INTO manifest (digest, lot, signer, serials, imported_by, imported_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (digest) DO NOTHING`,
		m.Digest, m.Lot, m.Signer, len(serials), m.By, t.now())
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrImported
	}
	for _, s := range serials {
		if _, err := t.exec(ctx, `INSERT INTO manifest_serial (serial, lot) VALUES (?1, ?2) ON CONFLICT (serial, lot) DO UPDATE SET times = manifest_serial.times + 1`, s, m.Lot); err != nil {
			return err
		}
	}
	// Not "stock.": that is compared with the ledger, and a list moves no blank.
	return t.Audit(ctx, AuditEntry{Event: "manifest.imported", Reason: fmt.Sprintf("lot %s, %d serials", m.Lot, len(serials)), Digest: m.Digest, By: m.By})
}

// HasManifest says whether a manifest of the lot was imported.
func (t *Tx) HasManifest(ctx context.Context, lot string) (bool, error) {
	var n int64
	if err := t.row(ctx, `SELECT COUNT(*) FROM manifest WHERE lot = ?1`, lot).Scan(&n); err != nil {
		return false, fmt.Errorf("store: %w", err)
	}
	return n != 0, nil
}

// Vouched asks the manifests of a lot about the chip of a card that is to begin on it: nil, or a *ManifestError. A lot without a manifest
// vouches for every chip, or for none where one is required.
func (t *Tx) Vouched(ctx context.Context, lot, serial string, c Card, required bool) error {
	has, err := t.HasManifest(ctx, lot)
	if err != nil {
		return err
	}
	if !has && !required {
		return nil
	}
	refuse := func(r Refusal) error { return &ManifestError{r, lot, serial} }
	if !has {
		return refuse(NoManifest)
	}
	if serial == "" {
		return refuse(NotListed)
	}
	var times int64
	if err := t.row(ctx, `SELECT COUNT(*) FROM manifest_serial WHERE lot = ?1 AND serial = ?2`, lot, serial).Scan(&times); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if times == 0 {
		return refuse(NotListed)
	}
	if err := t.row(ctx, `SELECT CAST(SUM(times) AS BIGINT) FROM manifest_serial WHERE serial = ?1`, serial).Scan(&times); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if times != 1 {
		return refuse(ListedTwice)
	}
	var begun int64
	if err := t.row(ctx, `SELECT COUNT(*) FROM card WHERE serial = ?1 AND id <> ?2 AND state <> ?3`, serial, c.ID, string(card.Untouched)).Scan(&begun); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if begun != 0 {
		return refuse(AlreadyBegun)
	}
	return nil
}
