-- +goose Up
CREATE TABLE person (
	name         TEXT    PRIMARY KEY,
	role         TEXT    NOT NULL,
	password     TEXT    NOT NULL,
	disabled     BIGINT NOT NULL DEFAULT 0,
	changed_at   BIGINT NOT NULL
);
CREATE TABLE session (
	digest       BYTEA    PRIMARY KEY,
	person       TEXT    NOT NULL REFERENCES person(name),
	began_at     BIGINT NOT NULL,
	seen_at      BIGINT NOT NULL
);
