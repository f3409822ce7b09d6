package signd

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sockets are refused on this system")
	}
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, "sign.sock")
	listen := func(path string) (net.Listener, error) { return ListenSocket(ctx, path) }
	refused := func(path, want string) {
		t.Helper()
		if l, err := listen(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
			if l != nil {
				_ = l.Close()
			}
		}
	}
	l, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Fatal(info.Mode(), err)
	}
	refused(path, "another process answers")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Error("the socket is still there", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 || entries[0].Name() != "sign.sock.lock" {
		t.Error(entries)
	}
	// One that a crash has left is taken away; one that answers is not.
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	refused(path, "another process answers")
	old.SetUnlinkOnClose(false)
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = listen(path); err != nil {
		t.Fatal(err)
	}
	// What somebody has put in its place meanwhile stays.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); string(b) != "other" {
		t.Error(err)
	}
	refused(path, "no socket")
	if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	refused(filepath.Join(dir, "other.sock"), "can be written by everybody")
	inner := filepath.Join(dir, "inner")
	if err := os.Mkdir(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	if l, err = listen(filepath.Join(inner, "s")); err != nil { // the sticky bit keeps it in its place
		t.Error(err)
	} else if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	refused(filepath.Join(inner, "s"), "can be written by everybody")
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	refused(filepath.Join(dir, "none", "s"), "cannot be found")
	refused(filepath.Join(dir, strings.Repeat("long", 30)), "longer than")
	if os.Geteuid() == 0 {
		if err := os.Chown(inner, 12345, 12345); err != nil {
			t.Fatal(err)
		}
		refused(filepath.Join(inner, "s"), "another user")
	}
}

// TestSocketIsNeverWider: whoever looks all the while sees no other mode.
func TestSocketIsNeverWider(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sockets are refused on this system")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "sign.sock")
	stop, watched := make(chan struct{}), make(chan struct{})
	var wider []os.FileMode
	go func() {
		defer close(watched)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if info, err := os.Lstat(path); err == nil && info.Mode() != os.ModeSocket|0o600 {
				wider = append(wider, info.Mode())
			}
		}
	}()
	for range 100 {
		l, err := ListenSocket(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	if <-watched; len(wider) > 0 {
		t.Error(wider)
	}
}

// testCA issues certificates for TLS.
type testCA struct {
	certificate *x509.Certificate
	key         crypto.Signer
	dir         string
}

func newCA(tb testing.TB, name string) *testCA {
	tb.Helper()
	ca := &testCA{dir: tb.TempDir()}
	ca.certificate, ca.key = ca.issue(tb, name, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.ExtKeyUsage = true, true, x509.KeyUsageCertSign, nil
	})
	return ca
}

// issue makes NAME.pem and NAME.key.
func (ca *testCA) issue(tb testing.TB, name string, change func(*x509.Certificate)) (*x509.Certificate, crypto.Signer) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name, Organization: []string{"Bureau"}}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if change != nil {
		change(c)
	}
	parent, signing := c, crypto.Signer(key)
	if ca.certificate != nil {
		parent, signing = ca.certificate, ca.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signing)
	if err != nil {
		tb.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	for ext, block := range map[string]*pem.Block{".pem": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(ca.dir, name+ext), pem.EncodeToMemory(block), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return parsed, key
}

func (ca *testCA) path(name string) string { return filepath.Join(ca.dir, name) }

func server(c *x509.Certificate) {
	c.ExtKeyUsage, c.IPAddresses = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, []net.IP{net.IPv4(127, 0, 0, 1)}
}

func TestMutualTLS(t *testing.T) {
	w := newWorld(t, nil)
	var log lockedBuffer
	w.Log = slog.New(slog.NewTextHandler(&log, nil))
	ca, stranger := newCA(t, "lines"), newCA(t, "strangers")
	ca.issue(t, "server", server)
	line1, _ := ca.issue(t, "line-1", nil)
	ca.issue(t, "line-2", nil)
	line3, _ := ca.issue(t, "line-3", nil)
	ca.issue(t, "expired", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	ca.issue(t, "a-server", server)
	stranger.issue(t, "line-1", nil)
	var err error
	if w.Allow, err = AllowList([]string{"CN=line-1,O=Bureau", "spki:" + Pin(line3)}); err != nil {
		t.Fatal(err)
	}
	secure, err := TLSConfig(ca.path("server.pem"), ca.path("server.key"), ca.path("lines.pem"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := ListenTLS(context.Background(), "127.0.0.1:0", secure)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- w.Serve(ctx, l) }()
	roots := x509.NewCertPool()
	roots.AddCert(ca.certificate)
	config := func(change func(*tls.Config), of *testCA, name string) *tls.Config {
		c := &tls.Config{RootCAs: roots}
		if name != "" {
			pair, err := tls.LoadX509KeyPair(of.path(name+".pem"), of.path(name+".key"))
			if err != nil {
				t.Fatal(err)
			}
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
		}
		if change != nil {
			change(c)
		}
		return c
	}
	ask := func(name string) (*http.Response, error) {
		tr := &http.Transport{TLSClientConfig: config(nil, ca, name)}
		defer tr.CloseIdleConnections()
		return (&http.Client{Transport: tr}).Post("https://"+l.Addr().String()+Path, "application/json", bytes.NewReader(whole(t, "request-1").json(t)))
	}
	for _, name := range []string{"line-1", "line-3"} {
		r, err := ask(name)
		if err != nil || r.StatusCode != http.StatusOK || r.TLS.Version != tls.VersionTLS13 {
			t.Fatal(name, r, err)
		}
		_ = r.Body.Close()
	}
	if r, err := ask("line-2"); err != nil || r.StatusCode != http.StatusForbidden {
		t.Error("one who is not on the list", r, err)
	} else {
		b, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if !bytes.Contains(b, []byte(RuleClient)) {
			t.Errorf("%s", b)
		}
	}
	for what, c := range map[string]struct {
		change func(*tls.Config)
		of     *testCA
		name   string
		want   string
	}{
		"no certificate":         {nil, ca, "", "certificate required"},
		"of another CA":          {nil, stranger, "line-1", "certificate"},
		"expired":                {nil, ca, "expired", "certificate"},
		"a server's certificate": {nil, ca, "a-server", "certificate"},
		"TLS 1.2":                {func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, ca, "line-1", "protocol version"},
	} {
		conn, err := tls.Dial("tcp", l.Addr().String(), config(c.change, c.of, c.name))
		if err == nil {
			// In TLS 1.3 a client learns with the first answer what became of its certificate.
			_, err = conn.Read(make([]byte, 1))
			_ = conn.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if r, err := http.Get("http://" + l.Addr().String() + "/v1/health"); err == nil && r.StatusCode == http.StatusOK {
		t.Error("plain HTTP is answered")
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if said := log.String(); !strings.Contains(said, `client="CN=line-1,O=Bureau spki:`+Pin(line1)+`" request=request-1`) || !strings.Contains(said, "CN=line-2,O=Bureau") {
		t.Error(said)
	}
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestTLSRefusesToStart(t *testing.T) {
	ca := newCA(t, "lines")
	ca.issue(t, "server", server)
	ca.issue(t, "other", nil)
	good := [3]string{ca.path("server.pem"), ca.path("server.key"), ca.path("lines.pem")}
	for i, field := range []string{"--tls-cert", "--tls-key", "--client-ca"} {
		for path, want := range map[string]string{"": "missing", ca.path("none"): "cannot be read"} {
			in := good
			in[i] = path
			if _, err := TLSConfig(in[0], in[1], in[2]); err == nil || !strings.Contains(err.Error(), field) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s %q: %v", field, path, err)
			}
		}
	}
	if _, err := TLSConfig(good[0], ca.path("other.key"), good[2]); err == nil {
		t.Error("a key of another certificate")
	}
	if _, err := TLSConfig(good[0], good[1], good[1]); err == nil || !strings.Contains(err.Error(), "holds no certificate") {
		t.Error(err)
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(good[1], 0o604); err != nil {
			t.Fatal(err)
		}
		if _, err := TLSConfig(good[0], good[1], good[2]); err == nil || !strings.Contains(err.Error(), "may read the key") {
			t.Error(err)
		}
	}
	for _, bad := range []string{"spki:00", "line-1"} {
		if _, err := AllowList([]string{bad}); err == nil {
			t.Error(bad)
		}
	}
}

// TestStops: what was accepted is answered, and nothing is accepted any more.
func TestStops(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sockets are refused on this system")
	}
	w := newWorld(t, nil)
	w.key.gate = make(chan struct{})
	path := filepath.Join(t.TempDir(), "s")
	l, err := ListenSocket(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- w.Serve(ctx, l) }()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	in := whole(t, "request-1").json(t)
	got := make(chan *http.Response, 1)
	go func() {
		r, err := client.Post("http://sign"+Path, "application/json", bytes.NewReader(in))
		if err != nil {
			t.Error(err)
		}
		got <- r
	}()
	for w.key.signed() == 0 {
		time.Sleep(time.Millisecond)
	}
	stop()
	for {
		if _, err := os.Lstat(path); err != nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := net.Dial("unix", path); err == nil {
		t.Error("somebody is still let in")
	}
	close(w.key.gate)
	if r := <-got; r == nil || r.StatusCode != http.StatusOK {
		t.Fatal("not answered", r)
	} else {
		_ = r.Body.Close()
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
