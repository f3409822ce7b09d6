-- +goose Up
-- Beside a batch: its wrapped data key, gone once its personal data is erased; the
-- digest of the file it comes from, and how many rows of it were taken in.
ALTER TABLE batch ADD COLUMN sealed_key BLOB;
ALTER TABLE batch ADD COLUMN file_digest BLOB;
ALTER TABLE batch ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN complete INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN retain_s INTEGER NOT NULL DEFAULT 0;
-- Rows that were rejected: the row as it came, sealed, until the batch is erased.
CREATE TABLE reject (
	batch_id     INTEGER NOT NULL REFERENCES batch(id),
	line         INTEGER NOT NULL,
	field        TEXT    NOT NULL,
	problem      TEXT    NOT NULL,
	fix          TEXT    NOT NULL,
	sealed       BLOB,
	PRIMARY KEY (batch_id, line)
);
