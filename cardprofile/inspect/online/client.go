package online

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 64 << 10

// Client asks one service. It implements inspect.Authority.
type Client struct {
	url  string
	http *http.Client
}

// New makes a client that posts questions to an https URL. own is the certificate
// and key by which the service knows this terminal; roots are the only ones that its
// own certificate is accepted under, those of the system are not.
func New(address string, own tls.Certificate, roots *x509.CertPool) (*Client, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "":
		return nil, errors.New("online: the authority's address is no https URL")
	case u.User != nil:
		return nil, errors.New("online: the authority's address holds a password; certificates are what proves who asks")
	case len(own.Certificate) == 0 || own.PrivateKey == nil:
		return nil, errors.New("online: a certificate with its key is needed to ask the authority")
	case roots == nil:
		return nil, errors.New("online: no root is named for the authority's own certificate")
	}
	return &Client{url: address, http: &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own}, RootCAs: roots},
			TLSHandshakeTimeout:   10 * time.Second,
			ResponseHeaderTimeout: 30 * time.Second,
			IdleConnTimeout:       time.Minute,
			MaxIdleConnsPerHost:   2,
		},
		// A question goes where it was addressed and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Ask posts the question as JSON and returns the body of a 200 answer.
func (c *Client) Ask(ctx context.Context, question []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(question))
	if err != nil {
		return nil, fmt.Errorf("online: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("online: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("online: the authority answers with status %d", answer.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("online: %w", err)
	case len(b) > maxAnswer:
		return nil, fmt.Errorf("online: the answer is longer than %d bytes", maxAnswer)
	}
	return b, nil
}
