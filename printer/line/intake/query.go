package intake

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
)

// OpenQuery reads the rows of a PostgreSQL query through, whose columns have the names
// that the columns of a file have. The query says in which order they come: without
// ORDER BY an import that was interrupted could not go on. Nothing is written there.
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
	digest := sha256.Sum256([]byte(query))
	s := &Source{Name: name, Format: Query, Digest: digest[:], open: func(ctx context.Context) (rows, error) { return openQuery(ctx, name, url, query) }}
	return s, s.survey(ctx, seen)
}

// queryRows is the answer to a query, in a transaction that may only read.
type queryRows struct {
	name  string
	conn  *pgx.Conn
	rows  pgx.Rows
	table *citizen.Table
	line  int
}

func openQuery(ctx context.Context, name, url, query string) (_ rows, err error) {
	fail := func(problem, fix string) error {
		return &cardprofile.InputError{File: name, Field: "query", Problem: problem, Fix: fix}
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, &cardprofile.InputError{File: name, Problem: "the database cannot be reached", Fix: "check address, user and rights"}
	}
	defer func() {
		if err != nil {
			_ = conn.Close(context.WithoutCancel(ctx))
		}
	}()
	if _, err := conn.Exec(ctx, "SET default_transaction_read_only = on"); err != nil {
		return nil, fail("the database refuses a session that only reads", "")
	}
	// The simple protocol gives every value as the text that psql would show.
	r, err := conn.Query(ctx, query, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return nil, fail("the database refuses it", "try it in psql")
	}
	q := &queryRows{name: name, conn: conn, rows: r}
	var header []string
	for _, f := range r.FieldDescriptions() {
		header = append(header, f.Name)
	}
	if len(header) == 0 && r.Err() != nil {
		return nil, fail("the database refuses it", "try it in psql")
	}
	if q.table, err = citizen.NewTable(name, 0, header, orders...); err != nil {
		return nil, err
	}
	return q, nil
}

func (q *queryRows) next() (row, error) {
	if !q.rows.Next() {
		if q.rows.Err() != nil {
			return row{}, &cardprofile.InputError{File: q.name, Line: q.line + 1, Problem: "the database broke off", Fix: "import again: it goes on where it was"}
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
	}
	if size > maxLine {
		return row{}, &cardprofile.InputError{File: q.name, Line: q.line, Problem: fmt.Sprintf("a row of more than %d bytes", maxLine), Fix: "select the columns of a record"}
	}
	return tableRow(q.table, cells, q.line)
}

func (q *queryRows) header() []string { return q.table.Header() }

func (q *queryRows) close() error {
	q.rows.Close()
	return q.conn.Close(context.Background())
}
