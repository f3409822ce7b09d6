package citizen

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// column is one field of the record as it stands in a table.
type column struct {
	name     string   // also the JSON key and the layout's field name
	headers  []string // Vietnamese headers, as offices write them
	required bool     // a batch file without this column is refused
	max      int      // characters
	get      func(*Record) string
	set      func(*Record, string) (problem, fix string)
}

// text is a column that holds its text as it is, in NFC and without spaces at
// its ends.
func text(name string, max int, at func(*Record) *string, headers ...string) column {
	return column{name: name, headers: headers, max: max,
		get: func(r *Record) string { return *at(r) },
		set: func(r *Record, s string) (string, string) { *at(r) = s; return "", "" },
	}
}

func date(name string, at func(*Record) *cardprofile.Date, headers ...string) column {
	return column{name: name, headers: headers, max: 10,
		get: func(r *Record) string { return at(r).DMY() },
		set: func(r *Record, s string) (string, string) {
			if s == "" {
				return "", ""
			}
			d, err := cardprofile.ParseDate(s)
			if err != nil {
				return "not a date", "write dd/mm/yyyy"
			}
			*at(r) = d
			return "", ""
		},
	}
}

func must(c column) column { c.required = true; return c }

// columns in the order in which tables are written.
var columns = []column{
	must(text("number", 12, func(r *Record) *string { return &r.Number }, "Số", "Số CCCD", "Số căn cước", "Số định danh", "Số định danh cá nhân", "Số căn cước công dân")),
	must(text("full_name", 200, func(r *Record) *string { return &r.FullName }, "Họ và tên", "Họ tên", "Họ, chữ đệm và tên khai sinh")),
	must(date("date_of_birth", func(r *Record) *cardprofile.Date { return &r.DateOfBirth }, "Ngày sinh", "Ngày, tháng, năm sinh")),
	must(sexColumn),
	text("nationality", 60, func(r *Record) *string { return &r.Nationality }, "Quốc tịch"),
	text("ethnicity", 60, func(r *Record) *string { return &r.Ethnicity }, "Dân tộc"),
	text("religion", 60, func(r *Record) *string { return &r.Religion }, "Tôn giáo"),
	text("place_of_origin", 300, func(r *Record) *string { return &r.PlaceOfOrigin }, "Quê quán", "Nơi đăng ký khai sinh"),
	text("residence", 300, func(r *Record) *string { return &r.Residence }, "Nơi thường trú", "Nơi cư trú", "Địa chỉ"),
	text("features", 300, func(r *Record) *string { return &r.Features }, "Đặc điểm nhân dạng", "Đặc điểm nhận dạng"),
	must(date("date_of_issue", func(r *Record) *cardprofile.Date { return &r.DateOfIssue }, "Ngày cấp", "Ngày, tháng, năm cấp")),
	expiryColumn,
	text("father", 200, func(r *Record) *string { return &r.Father }, "Họ và tên cha", "Họ tên cha", "Cha"),
	text("mother", 200, func(r *Record) *string { return &r.Mother }, "Họ và tên mẹ", "Họ tên mẹ", "Mẹ"),
	text("spouse", 200, func(r *Record) *string { return &r.Spouse }, "Họ và tên vợ/chồng", "Họ và tên vợ (chồng)", "Vợ/chồng", "Họ tên vợ/chồng"),
	text("former_number", 9, func(r *Record) *string { return &r.FormerNumber }, "Số CMND", "Số CMND cũ", "CMND"),
	text("document_number", 22, func(r *Record) *string { return &r.DocumentNumber }, "Số giấy tờ", "Số hộ chiếu"),
	text("surname", 100, func(r *Record) *string { return &r.Surname }, "Họ"),
	text("given_names", 150, func(r *Record) *string { return &r.GivenNames }, "Chữ đệm và tên", "Tên"),
	text("nationality_code", 3, func(r *Record) *string { return &r.NationalityCode }, "Mã quốc tịch"),
	must(text("portrait", 255, func(r *Record) *string { return &r.Portrait }, "Ảnh", "Ảnh chân dung", "Tệp ảnh")),
}

var sexColumn = column{name: "sex", headers: []string{"Giới tính"}, max: 20,
	get: func(r *Record) string { return r.Sex.Vietnamese() },
	set: func(r *Record, s string) (string, string) {
		switch strings.ToLower(s) {
		case "nam", "m", "male":
			r.Sex = Male
		case "nữ", "f", "female":
			r.Sex = Female
		case "x", "<":
			r.Sex = Unspecified
		case "":
			r.Sex = ""
		default:
			return "not a sex", "write Nam or Nữ"
		}
		return "", ""
	},
}

var expiryColumn = column{name: "date_of_expiry", headers: []string{"Ngày hết hạn", "Có giá trị đến", "Ngày, tháng, năm hết hạn"}, max: 40,
	get: func(r *Record) string {
		if r.NoExpiry {
			return NoExpiryText
		}
		return r.DateOfExpiry.DMY()
	},
	set: func(r *Record, s string) (string, string) {
		switch strings.ToLower(s) {
		case "":
			return "", ""
		case strings.ToLower(NoExpiryText):
			r.NoExpiry = true
			return "", ""
		}
		d, err := cardprofile.ParseDate(s)
		if err != nil {
			return "not a date", "write dd/mm/yyyy, \"" + NoExpiryText + "\", or nothing to have it worked out"
		}
		r.DateOfExpiry = d
		return "", ""
	},
}

// Columns are the names of the record's fields in their order.
func Columns() []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return names
}

// columnByHeader finds the column of a header cell, in either language; case
// and spaces do not matter.
func columnByHeader(header string) (int, bool) {
	want := foldHeader(header)
	for i, c := range columns {
		if foldHeader(c.name) == want {
			return i, true
		}
		for _, h := range c.headers {
			if foldHeader(h) == want {
				return i, true
			}
		}
	}
	return 0, false
}

func foldHeader(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(norm.NFC.String(s), "_", " ")), " "))
}
