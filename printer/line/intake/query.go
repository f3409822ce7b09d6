package intake

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
)

// OpenQuery reads the rows of a PostgreSQL query through, whose columns have the names
// that the columns of a file have. The query says in which order they come: without
// ORDER BY an import that was interrupted could not go on. It goes on only while the
// query gives the same rows. Nothing is written there. Close lets go of the database.
func OpenQuery(ctx context.Context, url, query string, seen func(rows int64)) (*Source, error) {
	name := "query"
	if c, err := pgx.ParseConfig(url); err == nil {
		name = "query of " + c.Database + " at " + c.Host
	} else {
		// pgx's own words may repeat the URL, and with it the password.
		return nil, &cardprofile.InputError{Field: "from", Problem: "not a PostgreSQL URL", Fix: "write postgres://USER@HOST/DATABASE; the password comes from PGPASSWORD or ~/.pgpass"}
	}
	if !strings.Contains(strings.ToUpper(query), "ORDER BY") {
		return nil, &cardprofile.InputError{File: name, Field: "query", Problem: "does not say in which order its rows come", Fix: "add ORDER BY over a unique column"}
	}
	db, err := connect(ctx, name, url)
	if err != nil {
		return nil, err
	}
	s := &Source{Name: name, Format: Query, close: db.close}
	db.sum = sha256.New()
	_, _ = io.WriteString(db.sum, query+"\x00")
	s.open = func(ctx context.Context) (rows, error) { return db.query(ctx, query) }
	if err := s.survey(ctx, seen); err != nil {
		return nil, errors.Join(err, db.close())
	}
	s.Digest, db.sum = db.sum.Sum(nil), nil
	return s, nil
}

// database is a connection with one transaction that only reads, so that the rows stay
// what they were when they were first read through, whatever others write.
type database struct {
	name string
	conn *pgx.Conn
	sum  hash.Hash // of query and rows, while they are read through
}

func connect(ctx context.Context, name, url string) (*database, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, &cardprofile.InputError{File: name, Problem: "the database cannot be reached", Fix: "check address, user and rights"}
	}
	db := &database{name: name, conn: conn}
	for _, set := range []string{"SET default_transaction_read_only = on", "SET datestyle = 'ISO, YMD'", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"} {
		if _, err := conn.Exec(ctx, set); err != nil {
			_ = db.close()
			return nil, &cardprofile.InputError{File: name, Field: "query", Problem: "the database refuses a transaction that only reads", Fix: "check the user's rights"}
		}
	}
	return db, nil
}

func (db *database) close() error { return db.conn.Close(context.Background()) }

// queryRows is the answer to a query.
type queryRows struct {
	db    *database
	rows  pgx.Rows
	table *citizen.Table
	line  int
}

func (db *database) query(ctx context.Context, query string) (rows, error) {
	refused := &cardprofile.InputError{File: db.name, Field: "query", Problem: "the database refuses it", Fix: "try it in psql"}
	// The simple protocol gives every value as the text that psql would show.
	r, err := db.conn.Query(ctx, query, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return nil, refused
	}
	q := &queryRows{db: db, rows: r}
	var header []string
	for _, f := range r.FieldDescriptions() {
		header = append(header, f.Name)
	}
	if len(header) == 0 && r.Err() != nil {
		return nil, refused
	}
	if q.table, err = citizen.NewTable(db.name, 0, header, orders...); err != nil {
		r.Close()
		return nil, err
	}
	return q, nil
}

func (q *queryRows) next() (row, error) {
	if !q.rows.Next() {
		if q.rows.Err() != nil {
			return row{}, &cardprofile.InputError{File: q.db.name, Line: q.line + 1, Problem: "the database broke off", Fix: "import again: it goes on where it was"}
		}
		return row{}, io.EOF
	}
	q.line++
	values := q.rows.RawValues()
	cells := make([]string, len(values))
	size := 0
	for i, v := range values {
		cells[i] = string(v)
		size += len(v)
		if q.db.sum != nil {
			_, _ = q.db.sum.Write(binary.BigEndian.AppendUint32(nil, uint32(len(v)))) //nolint:gosec // a value has less than 1 GB
			_, _ = q.db.sum.Write(v)
		}
	}
	if size > maxLine {
		return row{}, &cardprofile.InputError{File: q.db.name, Line: q.line, Problem: fmt.Sprintf("a row of more than %d bytes", maxLine), Fix: "select the columns of a record"}
	}
	return tableRow(q.table, cells, q.line)
}

func (q *queryRows) header() []string { return q.table.Header() }

func (q *queryRows) close() error {
	q.rows.Close()
	return nil
}
