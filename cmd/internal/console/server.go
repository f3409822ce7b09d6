package console

import (
	"bytes"
	"context"
	"crypto/subtle"
	"embed"
	"encoding/base64"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/office"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

//go:embed static templates
var files embed.FS

// Server is the console.
type Server struct {
	Store  *store.Store
	Office *office.Office
	// Holder opens who a card is for; nil: faces and names stay sealed here.
	Holder func(ctx context.Context, r store.Request) (*Holder, error)
	// TLS: the server is reached over TLS, and cookies are kept to it.
	TLS bool
	// MetricsToken, if set, must be given as a bearer token for /metrics; empty: only
	// this machine may ask.
	MetricsToken string
	Log          *slog.Logger

	throttle *throttle
	pages    map[string]*template.Template
	began    time.Time
	rate     rateMeter
}

// Holder is who a card is for.
type Holder struct {
	Name, Number string
	Portrait     []byte // JPEG; others are not shown
}

// Image is the portrait as the source of an image; empty for one that no browser shows.
func (h *Holder) Image() template.URL {
	if !bytes.HasPrefix(h.Portrait, []byte{0xff, 0xd8, 0xff}) {
		return ""
	}
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(h.Portrait)) //nolint:gosec // bytes that begin as a JPEG, in base64
}

// right is what a role may do.
type right int

const (
	maySee    right = iota // everybody who is logged in
	mayRun                 // stations, rejects
	mayDecide              // lots, batches, people, holders
)

func allowed(role store.Role, r right) bool {
	switch r {
	case maySee:
		return true
	case mayRun:
		return role == store.RoleOperator || role == store.RoleSupervisor
	case mayDecide:
		return role == store.RoleSupervisor
	}
	return false
}

// maxBody bounds a form.
const maxBody = 16 << 10

// Handler is the console's pages.
func (s *Server) Handler() (http.Handler, error) {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	s.throttle, s.began = newThrottle(), s.Store.Now()
	if err := s.parse(); err != nil {
		return nil, err
	}
	static, err := fs.Sub(files, "static")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", http.StripPrefix("/static/", cached(http.FileServerFS(static))))
	mux.HandleFunc("GET /login", s.loginPage)
	mux.HandleFunc("POST /login", s.loginForm)
	mux.HandleFunc("GET /metrics", s.metrics)
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	for _, p := range routes {
		mux.HandleFunc("GET "+p.path, s.see(p))
		mux.HandleFunc("GET /live"+strings.TrimSuffix(p.path, "{$}"), s.live(p))
	}
	mux.HandleFunc("POST /cards/{id}/holder", s.look)
	for _, a := range actions {
		mux.HandleFunc("POST "+a.path, s.act(a))
	}
	return s.guard(mux), nil
}

func cached(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		h.ServeHTTP(w, r)
	})
}

// guard sets what every answer carries and bounds what comes in.
func (s *Server) guard(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		// Not no-referrer: under it browsers send "Origin: null" with our own forms.
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		if !strings.HasPrefix(r.URL.Path, "/static/") {
			head.Set("Cache-Control", "no-store")
		}
		if s.TLS {
			head.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		h.ServeHTTP(w, r)
	})
}

// sameSite refuses a form that another site sends: browsers say where it comes from.
func sameSite(r *http.Request) bool {
	if f := r.Header.Get("Sec-Fetch-Site"); f != "" && f != "same-origin" {
		return false
	}
	o := r.Header.Get("Origin")
	if o == "" {
		return true
	}
	u, err := url.Parse(o)
	return err == nil && u.Host == r.Host
}

// enter finds who asks, and sends everybody else to the login.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) *visit {
	v, err := s.visitor(r)
	if err != nil {
		s.fail(w, r, err)
		return nil
	}
	if v == nil {
		if r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/live") {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		} else {
			http.Error(w, "log in", http.StatusUnauthorized)
		}
	}
	return v
}

// see shows a page.
func (s *Server) see(p route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if chosen := r.URL.Query().Get("lang"); chosen == "vi" || chosen == "en" {
			http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: chosen, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: s.TLS, SameSite: http.SameSiteStrictMode})
			http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
			return
		}
		v := s.enter(w, r)
		if v == nil {
			return
		}
		if !allowed(v.person.Role, p.right) {
			http.Error(w, text(r).tr("your role does not see this", "vai trò của bạn không được xem trang này"), http.StatusForbidden)
			return
		}
		page, err := s.page(r, v, p)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		s.render(w, r, p.name, "page", page)
	}
}

// act carries out a decision and goes back to the page it came from.
func (s *Server) act(a action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := s.enter(w, r)
		if v == nil {
			return
		}
		t := text(r)
		if !sameSite(r) || r.ParseForm() != nil || subtle.ConstantTimeCompare([]byte(r.PostForm.Get("csrf")), []byte(v.csrf())) != 1 {
			http.Error(w, t.tr("this form does not come from the console; go back and reload the page", "biểu mẫu này không đến từ bảng điều khiển; quay lại và tải lại trang"), http.StatusForbidden)
			return
		}
		if !allowed(v.person.Role, a.right) {
			http.Error(w, t.tr("your role does not decide this", "vai trò của bạn không được quyết định việc này"), http.StatusForbidden)
			return
		}
		if a.password {
			if _, err := s.verify(r.Context(), v.person.Name, r.PostForm.Get("password")); err != nil {
				s.back(w, r, t.tr("Not done: wrong password.", "Chưa thực hiện: sai mật khẩu."), false)
				return
			}
		}
		said, err := a.do(s, r, v)
		if err != nil {
			s.Log.Warn("a decision was refused", "path", a.path, "person", v.person.Name, "reason", err)
			s.back(w, r, s.refused(t, err), false)
			return
		}
		s.back(w, r, said, true)
	}
}

// refused is what a person is told about a decision that was not carried out.
func (s *Server) refused(t tongue, err error) string {
	switch {
	case errors.Is(err, store.ErrSamePerson):
		return t.tr("A second person has to agree: you have asked for it yourself.", "Cần người thứ hai đồng ý: chính bạn đã đề nghị việc này.")
	case errors.Is(err, office.ErrScan):
		return t.tr("This is not a reject that waits to be confirmed.", "Đây không phải thẻ hỏng đang chờ xác nhận.")
	case errors.Is(err, store.ErrUnbalanced):
		return t.tr("The batch cannot be closed: ", "Chưa đóng được đợt: ") + err.Error()
	case errors.Is(err, office.ErrKept):
		return t.tr("The batch's retention is not over.", "Chưa hết thời hạn lưu giữ của đợt.")
	case errors.Is(err, office.ErrNotNow), errors.Is(err, store.ErrState), errors.Is(err, store.ErrTransition), errors.Is(err, store.ErrNotFound):
		return t.tr("Somebody else was quicker, or it is no longer so. Look again.", "Người khác đã làm trước, hoặc tình trạng đã đổi. Hãy xem lại.")
	case errors.Is(err, ErrPassword):
		return err.Error()
	}
	return t.tr("It could not be done: the database does not answer. Try again.", "Chưa làm được: cơ sở dữ liệu không trả lời. Hãy thử lại.")
}

// back returns to the page that a form was on, with a word about what came of it.
func (s *Server) back(w http.ResponseWriter, r *http.Request, said string, ok bool) {
	to := "/"
	if u, err := url.Parse(r.PostForm.Get("back")); err == nil && u.Host == "" && u.Scheme == "" && strings.HasPrefix(u.Path, "/") && !strings.HasPrefix(u.Path, "//") {
		to = u.Path
	}
	q := url.Values{"said": {said}}
	if !ok {
		q.Set("refused", "1")
	}
	http.Redirect(w, r, to+"?"+q.Encode(), http.StatusSeeOther)
}

// fail answers when the console itself cannot.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, store.ErrNotFound):
		http.Error(w, text(r).tr("there is no such thing", "không có mục này"), http.StatusNotFound)
	case errors.Is(err, context.Canceled):
	default:
		s.Log.Error("a page could not be shown", "path", r.URL.Path, "reason", err)
		http.Error(w, text(r).tr("the database does not answer", "cơ sở dữ liệu không trả lời"), http.StatusServiceUnavailable)
	}
}

func (s *Server) loginPage(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, "login", "page", &page{tongue: text(r)})
}

func (s *Server) loginForm(w http.ResponseWriter, r *http.Request) {
	t := text(r)
	if !sameSite(r) || r.ParseForm() != nil {
		http.Error(w, "refused", http.StatusForbidden)
		return
	}
	token, err := s.login(r.Context(), strings.TrimSpace(r.PostForm.Get("name")), r.PostForm.Get("password"))
	p := &page{tongue: t, Refused: true}
	switch {
	case err == nil:
		s.setCookie(w, token, int(Life/time.Second))
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	case errors.Is(err, errSlow):
		p.Said = t.tr("Too many wrong passwords. Wait half a minute.", "Sai mật khẩu quá nhiều lần. Hãy chờ nửa phút.")
		w.WriteHeader(http.StatusTooManyRequests)
	case errors.Is(err, errWrong):
		p.Said = t.tr("Wrong name or password.", "Sai tên hoặc mật khẩu.")
		w.WriteHeader(http.StatusUnauthorized)
	default:
		s.fail(w, r, err)
		return
	}
	s.render(w, r, "login", "page", p)
}
