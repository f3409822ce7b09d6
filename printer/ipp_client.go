package printer

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/OpenPrinting/goipp"

	"github.com/chipid-toolkit/chipid/hsm"
)

// ippClient sends one IPP operation and reads the answer (RFC 8010, 8011). It
// knows nothing of cards.
type ippClient struct {
	uri      string // as the printer knows itself: ipp://host:631/ipp/print
	http     string // where the requests go
	client   *http.Client
	user     string
	password hsm.PINSource
	timeout  time.Duration
	// version goes down from 2.0 to 1.1 for a printer that wants so.
	version atomic.Uint32
	last    atomic.Uint32 // request id
}

// Bounds of an answer. A printer's whole list of attributes has about 10 kB.
const (
	ippMaxAnswer = 1 << 20
	ippMaxHeader = 1 << 16
)

// newIPPClient reads an address: scheme is "ipp" or "ipps", rest is //HOST….
func newIPPClient(scheme, rest string, o Options) (*ippClient, error) {
	bad := func(why string) (*ippClient, error) {
		return nil, fmt.Errorf("%w: %s: %s", ErrUnknownDriver, scheme, why)
	}
	u, err := url.Parse(scheme + ":" + rest)
	switch {
	case err != nil: // its text would repeat the address, and there may be a password in it
		return bad("the address is no URL: " + scheme + "://HOST/ipp/print")
	case u.Host == "" || u.Hostname() == "":
		return bad("the address names no host: " + scheme + "://HOST/ipp/print")
	case u.RawQuery != "" || u.Fragment != "":
		return bad("the address ends with its path")
	}
	user := o.User
	if u.User != nil {
		if _, set := u.User.Password(); set {
			return bad("a password never stands in an address: name a file or a variable that holds it")
		}
		user = u.User.Username()
		u.User = nil
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), "631")
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/ipp/print"
	}
	c := &ippClient{uri: u.String(), user: user, timeout: o.Timeout}
	if c.timeout <= 0 {
		c.timeout = DefaultTimeout
	}
	c.version.Store(uint32(goipp.MakeVersion(2, 0)))
	secure := scheme == "ipps"
	if o.Password != "" {
		if !secure && !here(u.Hostname()) {
			return bad("a password is sent over TLS alone: ipps://")
		}
		if user == "" {
			return bad("a password goes with a user")
		}
		if c.password, err = hsm.ParsePINSource(o.Password, nil); err != nil {
			return bad("the password must be named as file:PATH or env:NAME")
		}
	}
	if o.CA != "" && !secure {
		return bad("a certificate goes with TLS: ipps://")
	}
	u.Scheme = "http"
	transport := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: ippMaxHeader,
		DisableCompression:     true,
		MaxIdleConns:           2,
		IdleConnTimeout:        5 * time.Second,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // IPP is HTTP/1.1
	}
	if secure {
		u.Scheme = "https"
		if transport.TLSClientConfig, err = ippTLS(u.Hostname(), o.CA); err != nil {
			return nil, err
		}
	}
	c.http = u.String()
	c.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c, nil
}

// here reports whether a host is this machine.
func here(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// ippTLS trusts the system's authorities, or with a file the certificates in it
// alone: those of authorities, and the printer's own, which then need not carry
// the right name, as printers' own certificates rarely do.
func ippTLS(host, file string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if file == "" {
		return config, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%w: the certificates: %w", ErrUnknownDriver, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%w: the certificates: %w", ErrUnknownDriver, err)
	}
	pinned, err := pemCertificates(text)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	for _, c := range pinned {
		pool.AddCert(c)
	}
	config.InsecureSkipVerify = true // VerifyConnection does it
	config.VerifyConnection = func(s tls.ConnectionState) error {
		leaf := s.PeerCertificates[0]
		for _, c := range pinned {
			if c.Equal(leaf) {
				return nil
			}
		}
		between := x509.NewCertPool()
		for _, c := range s.PeerCertificates[1:] {
			between.AddCert(c)
		}
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool, Intermediates: between, DNSName: host}); err != nil {
			return &tls.CertificateVerificationError{UnverifiedCertificates: s.PeerCertificates, Err: err}
		}
		return nil
	}
	return config, nil
}

// ippDocument is what follows the attributes. whole is set once all of it has
// been taken by the connection.
type ippDocument struct {
	bytes []byte
	whole atomic.Bool
}

// ippBody is a request on its way.
type ippBody struct {
	*bytes.Reader
	document *ippDocument
}

func (b *ippBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.document != nil && b.Len() == 0 {
		b.document.whole.Store(true)
	}
	return n, err
}

func (b *ippBody) Close() error { return nil }

// call sends one operation, and gives the answer whatever its status. An error
// is of the network (ErrOffline), of the right to be heard (ErrAccess), or of a
// printer that speaks something else (ErrProtocol, ErrUnfit).
func (c *ippClient) call(ctx context.Context, op goipp.Op, fill func(*goipp.Message), document *ippDocument) (*goipp.Message, error) {
	version := c.version.Load()
	m, err := c.once(ctx, op, fill, document)
	if err != nil || goipp.Status(m.Code) != goipp.StatusErrorVersionNotSupported {
		return m, err
	}
	// Nothing was done (RFC 8011, 4.1.8): the same again in the older version.
	older := uint32(goipp.MakeVersion(1, 1))
	if version == older {
		return nil, fmt.Errorf("%w: it takes neither IPP 2.0 nor 1.1", ErrProtocol)
	}
	c.version.Store(older)
	m, err = c.once(ctx, op, fill, document)
	if err == nil && goipp.Status(m.Code) == goipp.StatusErrorVersionNotSupported {
		return nil, fmt.Errorf("%w: it takes neither IPP 2.0 nor 1.1", ErrProtocol)
	}
	return m, err
}

func (c *ippClient) once(ctx context.Context, op goipp.Op, fill func(*goipp.Message), document *ippDocument) (*goipp.Message, error) {
	limit := c.timeout
	if document != nil {
		limit *= 10 // a printer with little memory takes a document as it prints it
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	request := goipp.NewRequest(goipp.Version(c.version.Load()), op, c.last.Add(1))
	add := request.Operation.Add
	add(goipp.MakeAttribute("attributes-charset", goipp.TagCharset, goipp.String("utf-8")))
	add(goipp.MakeAttribute("attributes-natural-language", goipp.TagLanguage, goipp.String("en")))
	add(goipp.MakeAttribute("printer-uri", goipp.TagURI, goipp.String(c.uri)))
	fill(request)
	body, err := request.EncodeBytes()
	if err != nil {
		return nil, fmt.Errorf("printer: encode the request: %w", err)
	}
	if document != nil {
		document.whole.Store(false)
		body = append(body, document.bytes...)
	}
	h, err := http.NewRequestWithContext(ctx, http.MethodPost, c.http, nil)
	if err != nil {
		return nil, fmt.Errorf("printer: %w", err)
	}
	h.GetBody = func() (io.ReadCloser, error) { return &ippBody{bytes.NewReader(body), document}, nil }
	h.Body, _ = h.GetBody()
	h.ContentLength = int64(len(body))
	h.Header.Set("Content-Type", goipp.ContentType)
	h.Header.Set("Accept", goipp.ContentType)
	h.Header.Set("User-Agent", "chipid")
	if c.password != nil {
		key, err := c.password.PIN(ctx)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrAccess, err)
		}
		h.SetBasicAuth(c.user, string(key.Bytes()))
		key.Wipe()
	}
	answer, err := c.client.Do(h)
	if err != nil {
		return nil, ippNetwork(ctx, err)
	}
	defer answer.Body.Close()
	if err := ippHTTP(answer); err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(answer.Body, ippMaxAnswer+1))
	if err != nil {
		return nil, ippNetwork(ctx, err)
	}
	return ippAnswer(raw, request.RequestID)
}

// ippNetwork says what became of a request that was not answered. ctx is the one
// of the single call: when it ended of itself the printer was too slow.
func ippNetwork(ctx context.Context, err error) error {
	var certificate *tls.CertificateVerificationError
	var where *url.Error
	if errors.As(err, &where) {
		err = where.Err
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case errors.As(err, &certificate):
		return fmt.Errorf("%w: %w", ErrAccess, certificate.Err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: it does not answer in time", ErrOffline)
	}
	return fmt.Errorf("%w: %w", ErrOffline, err)
}

// ippHTTP judges the frame of an answer.
func ippHTTP(r *http.Response) error {
	switch code := r.StatusCode; {
	case code == http.StatusOK:
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusProxyAuthRequired:
		return fmt.Errorf("%w: HTTP status %d", ErrAccess, code)
	case code == http.StatusUpgradeRequired:
		return fmt.Errorf("%w: it wants TLS: ipps://", ErrAccess)
	case code == http.StatusNotFound, code == http.StatusGone, code == http.StatusMethodNotAllowed:
		return fmt.Errorf("%w: no printer is at this path (HTTP status %d)", ErrUnfit, code)
	case code >= 500:
		return fmt.Errorf("%w: HTTP status %d", ErrOffline, code)
	default:
		return fmt.Errorf("%w: HTTP status %d", ErrProtocol, code)
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.TrimSpace(strings.ToLower(kind)) != goipp.ContentType {
		return fmt.Errorf("%w: it answers with something that is not IPP", ErrProtocol)
	}
	return nil
}
