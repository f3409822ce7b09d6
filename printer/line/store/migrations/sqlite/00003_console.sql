-- +goose Up
CREATE TABLE person (
	name         TEXT    PRIMARY KEY,
	role         TEXT    NOT NULL,
	password     TEXT    NOT NULL,
	disabled     INTEGER NOT NULL DEFAULT 0,
	changed_at   INTEGER NOT NULL
);
CREATE TABLE session (
	digest       BLOB    PRIMARY KEY,
	person       TEXT    NOT NULL REFERENCES person(name),
	began_at     INTEGER NOT NULL,
	seen_at      INTEGER NOT NULL
);
