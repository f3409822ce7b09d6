-- +goose Up
ALTER TABLE audit ADD COLUMN leaf INTEGER;
CREATE UNIQUE INDEX audit_leaf ON audit (leaf) WHERE leaf IS NOT NULL;
CREATE INDEX audit_waiting ON audit (id) WHERE leaf IS NULL;
CREATE TABLE audit_log (
	one          INTEGER PRIMARY KEY CHECK (one = 1),
	origin       TEXT    NOT NULL,
	created_at   INTEGER NOT NULL
);
CREATE TABLE audit_checkpoint (
	size         INTEGER PRIMARY KEY,
	at           INTEGER NOT NULL,
	note         TEXT    NOT NULL
);
CREATE TABLE box (
	id           INTEGER PRIMARY KEY,
	batch_id     INTEGER NOT NULL REFERENCES batch(id),
	lot          TEXT    NOT NULL DEFAULT '',
	office       TEXT    NOT NULL DEFAULT '',
	capacity     INTEGER NOT NULL CHECK (capacity > 0),
	state        TEXT    NOT NULL,
	opened_by    TEXT    NOT NULL,
	opened_at    INTEGER NOT NULL,
	sealed_by    TEXT    NOT NULL DEFAULT '',
	sealed_at    INTEGER,
	handed_by    TEXT    NOT NULL DEFAULT '',
	taken_by     TEXT    NOT NULL DEFAULT '',
	handed_at    INTEGER,
	receipt      TEXT    NOT NULL DEFAULT '',
	receipt_digest BLOB,
	manifest     BLOB,
	CHECK (handed_by = '' OR handed_by <> taken_by)
);
CREATE INDEX box_batch ON box (batch_id);
CREATE UNIQUE INDEX box_receipt ON box (receipt) WHERE receipt <> '';
CREATE INDEX card_box ON card (box) WHERE box <> '';
CREATE INDEX journal_handed ON journal (reason) WHERE state = 'handed-over';
-- +goose Down
DROP INDEX journal_handed; DROP INDEX card_box; DROP TABLE box; DROP TABLE audit_checkpoint; DROP TABLE audit_log;
DROP INDEX audit_waiting; DROP INDEX audit_leaf; ALTER TABLE audit DROP COLUMN leaf;
