package console

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/chipid-toolkit/chipid/printer/line/office"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// action is a decision of a person. password: he gives it again.
type action struct {
	path     string
	right    right
	password bool
	do       func(s *Server, r *http.Request, v *visit) (said string, err error)
}

var actions = []action{
	{"/logout", maySee, false, logout},
	{"/stations/want", mayRun, false, wantStation},
	{"/rejects/scan", mayRun, false, scanReject},
	{"/rejects/confirm", mayRun, true, together((*office.Office).Confirm)},
	{"/cards/destroy", mayDecide, true, together((*office.Office).Destroy)},
	{"/cards/give-up", mayDecide, true, together((*office.Office).GiveUp)},
	{"/cards/found", mayDecide, false, together((*office.Office).Found)},
	{"/lots/release", mayDecide, true, func(s *Server, r *http.Request, v *visit) (string, error) {
		return text(r).tr("The lot goes on.", "Lô được chạy tiếp."), s.Office.Release(r.Context(), r.PostForm.Get("lot"), v.person.Name)
	}},
	{"/batches/pause", mayDecide, false, func(s *Server, r *http.Request, v *visit) (string, error) {
		return text(r).tr("Done.", "Đã thực hiện."), s.Office.Rest(r.Context(), r.PostForm.Get("batch"), r.PostForm.Get("pause") == "1", v.person.Name)
	}},
	{"/batches/close", mayDecide, true, func(s *Server, r *http.Request, v *visit) (string, error) {
		done, err := s.Office.Close(r.Context(), r.PostForm.Get("batch"), v.person.Name)
		return agreed(text(r), done), err
	}},
	{"/batches/erase", mayDecide, true, func(s *Server, r *http.Request, v *visit) (string, error) {
		batch := r.PostForm.Get("batch")
		if batch == "" { // to the office: every batch that is due
			return "", office.ErrNotNow
		}
		e, err := s.Office.Erase(r.Context(), batch, v.person.Name)
		return agreed(text(r), len(e.Erased) > 0), err
	}},
	{"/stock/receive", mayDecide, false, bookStock},
	{"/people/put", mayDecide, true, putPerson},
}

// look shows who a card is for, to a supervisor, once, and notes that he looked.
func (s *Server) look(w http.ResponseWriter, r *http.Request) {
	v := s.enter(w, r)
	if v == nil {
		return
	}
	if !sameSite(r) || r.ParseForm() != nil || subtle.ConstantTimeCompare([]byte(r.PostForm.Get("csrf")), []byte(v.csrf())) != 1 || !allowed(v.person.Role, mayDecide) || s.Holder == nil {
		http.Error(w, text(r).tr("your role does not see this", "vai trò của bạn không được xem"), http.StatusForbidden)
		return
	}
	rt := routes[slices.IndexFunc(routes, func(x route) bool { return x.name == "card" })]
	p, err := s.page(r, v, rt)
	if err == nil {
		// First the note, then the look.
		err = s.Store.Do(r.Context(), "look", func(tx *store.Tx) error {
			return tx.Audit(r.Context(), store.AuditEntry{Event: "holder.seen", Card: p.Card.ID, Request: p.Request.ID, By: v.person.Name})
		})
	}
	if err == nil {
		p.Holder, err = s.Holder(r.Context(), *p.Request)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	p.Path = "/cards/" + r.PathValue("id")
	s.render(w, r, "card", "page", p)
}

func agreed(t tongue, done bool) string {
	if done {
		return t.tr("Done.", "Đã thực hiện.")
	}
	return t.tr("Noted. A second person has to agree.", "Đã ghi. Cần người thứ hai đồng ý.")
}

func logout(s *Server, r *http.Request, v *visit) (string, error) {
	return "", s.Store.Do(r.Context(), "logout", func(tx *store.Tx) error { return tx.CloseSession(r.Context(), digestOf(v.token), Life) })
}

func wantStation(s *Server, r *http.Request, v *visit) (string, error) {
	return text(r).tr("The station was told.", "Đã báo cho trạm."), s.Office.Want(r.Context(), r.PostForm.Get("station"), r.PostForm.Get("want"), v.person.Name)
}

func scanReject(s *Server, r *http.Request, v *visit) (string, error) {
	d, err := s.Office.ConfirmScan(r.Context(), r.PostForm.Get("serial"), v.person.Name)
	if err != nil {
		return "", err
	}
	return strings.ReplaceAll(text(r).tr("Card # confirmed in the locked bin: it is made again.", "Thẻ # đã xác nhận trong thùng khóa: sẽ được làm lại."), "#", strconv.FormatInt(d.Card.ID, 10)), nil
}

// together is a decision about a card, by one or two people.
func together(f decide) func(*Server, *http.Request, *visit) (string, error) {
	return func(s *Server, r *http.Request, v *visit) (string, error) {
		id, err := strconv.ParseInt(r.PostForm.Get("card"), 10, 64)
		if err != nil {
			return "", office.ErrNotNow
		}
		d, err := f(s.Office, r.Context(), id, v.person.Name)
		return agreed(text(r), d.Done), err
	}
}

func bookStock(s *Server, r *http.Request, v *visit) (string, error) {
	n, err := strconv.ParseInt(r.PostForm.Get("blanks"), 10, 64)
	if err != nil || n <= 0 || n > 10_000_000 {
		return "", office.ErrNotNow
	}
	ctx := r.Context()
	return text(r).tr("Booked.", "Đã nhập."), s.Store.Do(ctx, "stock", func(tx *store.Tx) error {
		b, err := tx.Batch(ctx, r.PostForm.Get("batch"))
		if err != nil {
			return err
		}
		return tx.Receive(ctx, b.ID, n, clip(r.PostForm.Get("note")), v.person.Name)
	})
}

// putPerson adds or changes a person. Nobody changes himself here: a supervisor who
// locks himself out would leave nobody to decide.
func putPerson(s *Server, r *http.Request, v *visit) (string, error) {
	name := strings.TrimSpace(r.PostForm.Get("name"))
	if name == v.person.Name || !NameOK(name) {
		return "", office.ErrNotNow
	}
	ctx := r.Context()
	p := store.Person{Name: name, Role: store.Role(r.PostForm.Get("role")), Disabled: r.PostForm.Get("disabled") == "1"}
	if !RoleOK(p.Role) {
		return "", office.ErrNotNow
	}
	if secret := r.PostForm.Get("new-password"); secret != "" {
		hash, err := HashPassword(secret)
		if err != nil {
			return "", err
		}
		p.Password = hash
	}
	return text(r).tr("Done.", "Đã thực hiện."), s.Store.Do(ctx, "person", func(tx *store.Tx) error {
		if p.Password == "" {
			old, err := tx.Person(ctx, name)
			if err != nil {
				return err
			}
			p.Password = old.Password
		}
		return tx.PutPerson(ctx, p, v.person.Name)
	})
}
