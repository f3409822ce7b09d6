package signd

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Client is who asks.
type Client struct {
	// Name is what the log calls it: subject and SPKI pin of its certificate, or the
	// user at the other end of the socket.
	Name string
	// Certificate is the one that the connection was made with; nil on a socket.
	Certificate *x509.Certificate
}

type peerKey struct{}

// withPeer notes who is at the other end of a socket.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	if b, ok := c.(*boundedConn); ok {
		c = b.Conn
	}
	if u, ok := c.(*net.UnixConn); ok {
		return context.WithValue(ctx, peerKey{}, peerOf(u))
	}
	return ctx
}

func clientOf(r *http.Request) Client {
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		c := r.TLS.PeerCertificates[0]
		return Client{Name: c.Subject.String() + " spki:" + Pin(c), Certificate: c}
	}
	name, _ := r.Context().Value(peerKey{}).(string)
	return Client{Name: name}
}

// Pin is SHA-256 of a certificate's SubjectPublicKeyInfo, in hexadecimal: it stays when
// a certificate is renewed for the same key.
func Pin(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// AllowList makes Server.Allow of entries spki:HEX and CN=NAME,…: a subject as RFC 2253
// writes it, whole. nil for no entries.
func AllowList(entries []string) (func(Client) bool, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	var pins, subjects []string
	for _, e := range entries {
		if pin, ok := strings.CutPrefix(e, "spki:"); ok {
			if b, err := hex.DecodeString(pin); err != nil || len(b) != sha256.Size {
				return nil, &cardprofile.InputError{Field: "--allow", Problem: "spki: is followed by 64 hexadecimal digits", Fix: "openssl x509 -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum"}
			}
			pins = append(pins, strings.ToLower(pin))
			continue
		}
		if !strings.Contains(e, "=") {
			return nil, &cardprofile.InputError{Field: "--allow", Problem: "is neither spki:HEX nor a subject", Fix: "write the whole subject, such as CN=line-1,O=Bureau"}
		}
		subjects = append(subjects, e)
	}
	return func(c Client) bool {
		return slices.Contains(pins, Pin(c.Certificate)) || slices.Contains(subjects, c.Certificate.Subject.String())
	}, nil
}

// maxPEM bounds files of certificates.
const maxPEM = 1 << 20

// TLSConfig reads certificate chain, key and client CA, all PEM. Every client has a
// certificate of the CA, and every connection is TLS 1.3.
func TLSConfig(certificate, key, clientCA string) (*tls.Config, error) {
	bad := func(path, field, problem, fix string) error {
		return &cardprofile.InputError{File: path, Field: field, Problem: problem, Fix: fix}
	}
	for _, f := range []struct{ field, path string }{{"--tls-cert", certificate}, {"--tls-key", key}, {"--client-ca", clientCA}} {
		if f.path == "" {
			return nil, bad("", f.field, "is missing: other machines are answered over mutual TLS alone", "give --tls-cert, --tls-key and --client-ca, or --socket")
		}
		info, err := os.Stat(f.path)
		if err != nil || info.Size() > maxPEM {
			return nil, bad(f.path, f.field, "cannot be read", "name a PEM file")
		}
		if f.field == "--tls-key" && others(info) {
			return nil, bad(f.path, f.field, "everybody on this machine may read the key", "chmod 600 it")
		}
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, bad(certificate, "--tls-cert", "certificate and key cannot be used", "give a PEM chain and its key")
	}
	pem, err := os.ReadFile(clientCA)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		return nil, bad(clientCA, "--client-ca", "holds no certificate", "name the PEM of the CA that issues to clients")
	}
	return &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS13,
		// Each connection shows its certificate, however short the last one is ago.
		SessionTicketsDisabled: true, NextProtos: []string{"http/1.1"},
	}, nil
}

// ListenTLS listens on an address.
func ListenTLS(ctx context.Context, address string, c *tls.Config) (net.Listener, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, &cardprofile.InputError{Field: "--listen", Problem: "is no address", Fix: "write HOST:PORT, such as 10.0.0.5:8490"}
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, &cardprofile.InputError{Field: "--listen", Problem: fmt.Sprintf("cannot be listened on (%v)", err), Fix: "give an address of this machine that is free"}
	}
	return tls.NewListener(bounded(l, maxConnections), c), nil
}

// bounded lets at most n connections be open; more wait to be accepted.
func bounded(l net.Listener, n int) net.Listener {
	return &boundedListener{Listener: l, free: make(chan struct{}, n), closed: make(chan struct{})}
}

type boundedListener struct {
	net.Listener
	free   chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (l *boundedListener) Accept() (net.Conn, error) {
	select {
	case l.free <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.free
		return nil, err
	}
	return &boundedConn{Conn: c, l: l}, nil
}

func (l *boundedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type boundedConn struct {
	net.Conn
	l    *boundedListener
	once sync.Once
}

func (c *boundedConn) Close() error {
	c.once.Do(func() { <-c.l.free })
	return c.Conn.Close()
}
