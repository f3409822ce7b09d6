-- +goose Up
-- Beside a batch: its wrapped data key, gone once its personal data is erased; the
-- digest of the file it comes from, and how many rows of it were taken in.
ALTER TABLE batch ADD COLUMN sealed_key BYTEA;
ALTER TABLE batch ADD COLUMN file_digest BYTEA;
ALTER TABLE batch ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN complete BIGINT NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN retain_s BIGINT NOT NULL DEFAULT 0;
-- Rows that were rejected: the row as it came, sealed, until the batch is erased.
CREATE TABLE reject (
	batch_id     BIGINT NOT NULL REFERENCES batch(id),
	line         BIGINT NOT NULL,
	field        TEXT    NOT NULL,
	problem      TEXT    NOT NULL,
	fix          TEXT    NOT NULL,
	sealed       BYTEA,
	PRIMARY KEY (batch_id, line)
);
