package intake

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

func over(b []byte) *content { return &content{path: "batch", r: bytes.NewReader(b)} }

// readAll reads rows as an import does, and checks what it relies on.
func readAll(t *testing.T, r rows, err error) (n int) {
	t.Helper()
	var in *cardprofile.InputError
	if err != nil {
		if !errors.As(err, &in) {
			t.Errorf("an error of the file that is none: %v", err)
		}
		return 0
	}
	last := 0
	for {
		one, err := r.next()
		if errors.Is(err, io.EOF) {
			return n
		}
		if err != nil {
			if !errors.As(err, &in) {
				t.Errorf("an error of the file that is none: %v", err)
			}
			return n
		}
		n++
		if one.line <= last {
			t.Fatalf("line %d after line %d: rejects are kept by their line", one.line, last)
		}
		last = one.line
		if len(one.raw) == 0 || len(one.raw) > 8*maxLine {
			t.Fatalf("line %d: %d bytes as it came", one.line, len(one.raw))
		}
		if one.problem == nil && one.record == nil {
			t.Fatalf("line %d: neither a record nor a problem", one.line)
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add(people.CSV())
	f.Add([]byte("number,full_name,date_of_birth,sex,date_of_issue,portrait,kind,priority,due\n1,\"a\nb\",01/02/1990,Nam,01/01/2024,x.jpg,renewal,3,01/01/2027\n"))
	f.Add([]byte("Số;Họ tên\n1;2\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := openCSV(over(b))
		readAll(t, r, err)
	})
}

func FuzzJSONL(f *testing.F) {
	f.Add([]byte(`{"number":"001090000001","full_name":"Nguyễn Văn Mẫu","date_of_birth":"01/02/1990","sex":"Nam","date_of_issue":"2024-01-01","portrait":"1.jpg","priority":3}` + "\n"))
	f.Add([]byte("{\"a\":{\"a\":1},\"a\":2}\n\n{}\n[1]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := openJSONL(over(b))
		readAll(t, r, err)
	})
}

func FuzzXLSX(f *testing.F) {
	x := excelize.NewFile()
	for i, cells := range [][]any{{"number", "full_name", "date_of_birth", "sex", "date_of_issue", "portrait"}, {"001090000001", "A", 32905, "Nam", "01/01/2024", "1.jpg"}} {
		if err := x.SetSheetRow("Sheet1", "A"+string(rune('1'+i)), &cells); err != nil {
			f.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := openXLSX(over(b), true)
		readAll(t, r, err)
		if err == nil {
			_ = r.(*xlsxRows).letGo()
		}
	})
}

// An office's name is the same in both forms of Unicode, and so is a kind.
func TestOrderIsComposed(t *testing.T) {
	cells := map[string]string{columnKind: "Ca\u0302\u0301p \u0111o\u0302\u0309i", columnOffice: " Ha\u0300 No\u0323\u0302i "}
	o, problem := readOrder(func(name string) string { return cells[name] })
	if problem != nil || o.kind != "renewal" || o.office != "Hà Nội" {
		t.Errorf("%+v, %v", o, problem)
	}
	for _, bad := range []map[string]string{{columnKind: "x"}, {columnPriority: "10"}, {columnPriority: "-1"}, {columnDue: "31/02/2027"}, {columnLot: strings.Repeat("x", 61)}, {columnOffice: "a\x00b"}, {columnReplaces: "1"}} {
		if _, problem := readOrder(func(name string) string { return bad[name] }); problem == nil || problem.Fix == "" {
			t.Errorf("%v: %v", bad, problem)
		}
	}
}
