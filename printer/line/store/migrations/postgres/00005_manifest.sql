-- +goose Up
-- Suppliers' lists of the chips in a lot of blanks.
CREATE TABLE manifest (
	digest       BYTEA PRIMARY KEY,
	lot          TEXT    NOT NULL,
	signer       BYTEA NOT NULL,
	serials      BIGINT NOT NULL CHECK (serials > 0),
	imported_by  TEXT    NOT NULL,
	imported_at  BIGINT NOT NULL
);
CREATE INDEX manifest_lot ON manifest (lot);
CREATE TABLE manifest_serial (
	serial       TEXT    NOT NULL,
	lot          TEXT    NOT NULL,
	times        BIGINT NOT NULL DEFAULT 1,
	PRIMARY KEY (serial, lot)
);
-- +goose Down
DROP TABLE manifest_serial; DROP TABLE manifest;
