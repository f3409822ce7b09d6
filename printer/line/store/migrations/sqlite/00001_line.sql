-- +goose Up
CREATE TABLE batch (
	id           INTEGER PRIMARY KEY,
	name         TEXT    NOT NULL UNIQUE,
	profile      TEXT    NOT NULL,
	state        TEXT    NOT NULL,
	created_at   INTEGER NOT NULL,
	closed_at    INTEGER,
	erase_at     INTEGER,
	source       TEXT    NOT NULL DEFAULT '',
	records      INTEGER NOT NULL DEFAULT 0,
	accepted     INTEGER NOT NULL DEFAULT 0,
	rejected     INTEGER NOT NULL DEFAULT 0,
	stock        INTEGER NOT NULL DEFAULT 0 CHECK (stock >= 0)
);
CREATE TABLE request (
	id           INTEGER PRIMARY KEY,
	batch_id     INTEGER NOT NULL REFERENCES batch(id),
	line         INTEGER NOT NULL,
	kind         TEXT    NOT NULL,
	replaces_id  INTEGER REFERENCES request(id),
	number_digest BLOB   NOT NULL,
	lot          TEXT    NOT NULL DEFAULT '',
	office       TEXT    NOT NULL DEFAULT '',
	priority     INTEGER NOT NULL DEFAULT 0,
	due_at       INTEGER,
	state        TEXT    NOT NULL,
	attempt      INTEGER NOT NULL DEFAULT 0,
	sealed       BLOB,
	UNIQUE (batch_id, line)
);
CREATE INDEX request_number ON request (number_digest);
CREATE INDEX request_open ON request (batch_id, state, priority, id);
CREATE TABLE card (
	id           INTEGER PRIMARY KEY,
	request_id   INTEGER NOT NULL REFERENCES request(id),
	batch_id     INTEGER NOT NULL REFERENCES batch(id),
	attempt      INTEGER NOT NULL,
	state        TEXT    NOT NULL,
	live         INTEGER NOT NULL,
	seq          INTEGER NOT NULL,
	station      TEXT    NOT NULL DEFAULT '',
	serial       TEXT    NOT NULL DEFAULT '',
	digest       BLOB,
	reason       TEXT    NOT NULL DEFAULT '',
	box          TEXT    NOT NULL DEFAULT '',
	drawn_at     INTEGER NOT NULL,
	changed_at   INTEGER NOT NULL,
	UNIQUE (request_id, attempt)
);
CREATE UNIQUE INDEX card_one_live ON card (request_id) WHERE live <> 0;
CREATE UNIQUE INDEX card_one_chip ON card (serial) WHERE live <> 0 AND serial <> '';
CREATE INDEX card_serial ON card (serial);
CREATE INDEX card_state ON card (state, station);
CREATE TABLE journal (
	card_id      INTEGER NOT NULL REFERENCES card(id),
	seq          INTEGER NOT NULL,
	state        TEXT    NOT NULL,
	at           INTEGER NOT NULL,
	station      TEXT    NOT NULL DEFAULT '',
	digest       BLOB,
	reason       TEXT    NOT NULL DEFAULT '',
	PRIMARY KEY (card_id, seq)
);
CREATE TABLE posting (
	id           INTEGER PRIMARY KEY,
	at           INTEGER NOT NULL,
	batch_id     INTEGER REFERENCES batch(id),
	card_id      INTEGER REFERENCES card(id),
	debit        TEXT    NOT NULL,
	credit       TEXT    NOT NULL,
	quantity     INTEGER NOT NULL CHECK (quantity > 0),
	note         TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX posting_batch ON posting (batch_id);
CREATE TABLE lot (
	name         TEXT    PRIMARY KEY,
	stopped      INTEGER NOT NULL DEFAULT 0,
	failures     INTEGER NOT NULL DEFAULT 0,
	reason       TEXT    NOT NULL DEFAULT '',
	changed_at   INTEGER NOT NULL
);
CREATE TABLE station (
	name         TEXT    PRIMARY KEY,
	process      TEXT    NOT NULL,
	state        TEXT    NOT NULL,
	wanted       TEXT    NOT NULL DEFAULT '',
	card_id      INTEGER,
	step         TEXT    NOT NULL DEFAULT '',
	message      TEXT    NOT NULL DEFAULT '',
	made         INTEGER NOT NULL DEFAULT 0,
	spoiled      INTEGER NOT NULL DEFAULT 0,
	seen_at      INTEGER NOT NULL
);
CREATE TABLE approval (
	id           INTEGER PRIMARY KEY,
	action       TEXT    NOT NULL,
	subject      TEXT    NOT NULL,
	asked_by     TEXT    NOT NULL,
	asked_at     INTEGER NOT NULL,
	granted_by   TEXT    NOT NULL DEFAULT '',
	granted_at   INTEGER,
	CHECK (granted_by <> asked_by)
);
CREATE UNIQUE INDEX approval_open ON approval (action, subject) WHERE granted_by = '';
CREATE TABLE audit (
	id           INTEGER PRIMARY KEY,
	at           INTEGER NOT NULL,
	entry        TEXT    NOT NULL
);
-- +goose Down
DROP TABLE audit; DROP TABLE approval; DROP TABLE station; DROP TABLE lot; DROP TABLE posting; DROP TABLE journal; DROP TABLE card; DROP TABLE request; DROP TABLE batch;
