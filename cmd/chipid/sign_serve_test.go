package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/cmd/internal/signd"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
	"github.com/chipid-toolkit/chipid/hsm/pkcs11"
	"github.com/chipid-toolkit/chipid/testcards/sample"
)

// signing is the built command on a SoftHSM2 token, and a card whose files want an EF.SOD.
type signing struct {
	t           *testing.T
	dir, token  string
	binary      string
	trust       *pki.Store
	certificate *pki.Certificate
	card        *sample.Card
}

func newSigning(t *testing.T, binary string) *signing {
	t.Helper()
	module, token := hsmtest.SoftHSM(t)
	t.Setenv("CHIPID_TEST_PIN", hsmtest.TokenPIN)
	s := &signing{t: t, dir: t.TempDir(), token: filepath.Join(token, "tokens"), binary: binary}
	ctx := context.Background()
	p, err := cardprofile.Load("vn-cccd-2021")
	check(t, err)
	ring, err := pkcs11.Open(ctx, pkcs11.Config{Module: module, Token: hsmtest.TokenLabel, PIN: hsm.FixedPIN(mac.NewKey([]byte(hsmtest.TokenPIN)))})
	check(t, err)
	issuer, err := sample.NewIssuer(ctx, ring, p, mac.NewKey(bytes.Repeat([]byte{0xA5}, 16)), time.Now())
	check(t, err)
	check(t, ring.Close())
	s.certificate = issuer.Certificate
	store, err := pki.Create(s.path("trust"), true)
	check(t, err)
	_, err = store.Import("csca.cer", issuer.CSCA.Raw, pki.ImportOptions{})
	check(t, err)
	s.trust, err = issuer.Trust()
	check(t, err)
	s.card, err = sample.Issue(ctx, 0)
	check(t, err)
	// No card is issued here, so no card-master is named.
	s.write("keys.yaml", fmt.Sprintf("module: %s\ntoken: %s\npin-source: env:CHIPID_TEST_PIN\ndocument-signers: [{key: 'pkcs11:object=%s', limit: 5000}]\nsigner-uses: uses\ntrust: trust\n", module, hsmtest.TokenLabel, sample.LabelDS))
	return s
}

func (s *signing) path(name string) string { return filepath.Join(s.dir, name) }

func (s *signing) write(name, text string) {
	s.t.Helper()
	check(s.t, os.WriteFile(s.path(name), []byte(text), 0o600))
}

// request is the card's data groups as a line sends them; without are left out.
func (s *signing) request(id string, without ...string) string {
	s.t.Helper()
	groups := map[string]string{}
	in := map[string]any{"requestId": id, "profile": "vn-cccd-2021", "dataGroups": groups}
	for _, f := range s.card.Files {
		n, ok := lds.FileByName(f.Name)
		switch {
		case f.Name == lds.NameCOM:
			in["com"] = base64.StdEncoding.EncodeToString(f.Bytes)
		case ok && n.Number() > 0:
			groups[strconv.Itoa(n.Number())] = base64.StdEncoding.EncodeToString(f.Bytes)
		}
	}
	for _, n := range without {
		delete(groups, n)
	}
	out, err := json.Marshal(in)
	check(s.t, err)
	return string(out)
}

// signService is a running service.
type signService struct {
	*exec.Cmd
	at  string // what it says that it answers at
	log *bytes.Buffer
}

// serve starts the built command in the folder, and waits until it answers.
func (s *signing) serve(args ...string) *signService {
	s.t.Helper()
	r := &signService{Cmd: exec.Command(s.binary, append([]string{"sign", "serve", "--keys", "keys.yaml"}, args...)...), log: &bytes.Buffer{}} //nolint:gosec // the command under test
	r.Dir, r.Stderr = s.dir, r.log
	out, err := r.StdoutPipe()
	check(s.t, err)
	check(s.t, r.Start())
	s.t.Cleanup(func() { _ = r.Process.Kill() })
	r.at, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = r.Wait()
		s.t.Fatalf("it does not answer: %v\n%s", err, r.log)
	}
	r.at = strings.TrimSpace(r.at)
	return r
}

// stop sends SIGTERM and wants exit status 0.
func (r *signService) stop(t *testing.T) {
	t.Helper()
	check(t, r.Process.Signal(syscall.SIGTERM))
	if err := r.Wait(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, r.log)
	}
}

// post asks over the socket by Go.
func (s *signing) post(body string) (int, http.Header, []byte, error) {
	tr := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", s.path("sign.sock"))
	}}
	r, err := (&http.Client{Transport: tr, Timeout: 40 * time.Second}).Post("http://sign/v1/sod", "application/json", strings.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return r.StatusCode, r.Header, b, err
}

// accept has our own inspection and OpenSSL look at an answer.
func (s *signing) accept(answer []byte, stock bool) signd.Answer {
	s.t.Helper()
	var a signd.Answer
	if err := json.Unmarshal(answer, &a); err != nil || a.Schema != signd.SchemaAnswer {
		s.t.Fatalf("%v: %s", err, answer)
	}
	object, err := sod.Parse(a.SOD)
	check(s.t, err)
	v := sod.Verify(object, s.trust, pki.VerifyOptions{Now: time.Now()})
	if v.Trust != pki.TrustAnchored || len(v.Deviations) > 0 {
		s.t.Fatal(v.Trust, v.Deviations)
	}
	for _, f := range s.card.Files {
		if id, ok := lds.FileByName(f.Name); ok && id.Number() > 0 {
			if c := v.CheckHash(f); c.Outcome != pki.Passed {
				s.t.Fatal(f.Name, c.Reason)
			}
		}
	}
	if !stock {
		return a
	}
	// OpenSSL builds no chain over explicit EC parameters: the Document Signer is the
	// trusted end.
	check(s.t, os.WriteFile(s.path("sod.der"), object.Signed.Raw, 0o600))
	s.write("ds.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.certificate.Raw})))
	out, err := pkitest.OpenSSL(s.t, "cms", "-verify", "-inform", "DER", "-in", s.path("sod.der"), "-purpose", "any", "-binary", "-partial_chain", "-CAfile", s.path("ds.pem"), "-out", s.path("content"))
	if err != nil || !strings.Contains(out, "Verification successful") {
		s.t.Fatalf("openssl: %v\n%s", err, out)
	}
	if content, err := os.ReadFile(s.path("content")); err != nil || !bytes.Equal(content, object.Signed.Content) {
		s.t.Fatal("OpenSSL took other content out of the object", err)
	}
	return a
}

// examples are the lines of docs/sign.md that begin with curl and hold a word.
func examples(t *testing.T, word string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "sign.md"))
	check(t, err)
	var out []string
	for _, l := range regexp.MustCompile(`(?m)^curl .*$`).FindAllString(string(text), -1) {
		if strings.Contains(l, word) {
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		t.Fatalf("docs/sign.md has no curl with %s", word)
	}
	return out
}

// curl runs an example of the documentation in the folder; by Go where there is no curl.
func (s *signing) curl(line, address string) []byte {
	s.t.Helper()
	line = strings.ReplaceAll(line, "127.0.0.1:8490", address)
	if _, err := exec.LookPath("curl"); err == nil {
		cmd := exec.Command("sh", "-c", line) //nolint:gosec // of our own documentation
		cmd.Dir = s.dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			s.t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return out
	}
	tr := &http.Transport{DisableKeepAlives: true}
	if strings.Contains(line, "--unix-socket") {
		tr.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", s.path("sign.sock"))
		}
	} else {
		roots, err := os.ReadFile(s.path("server-ca.pem"))
		check(s.t, err)
		pair, err := tls.LoadX509KeyPair(s.path("line-1.pem"), s.path("line-1.key"))
		check(s.t, err)
		tr.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool(), Certificates: []tls.Certificate{pair}}
		tr.TLSClientConfig.RootCAs.AppendCertsFromPEM(roots)
	}
	url := line[strings.LastIndex(line, " ")+1:]
	method, body := http.MethodGet, []byte(nil)
	if strings.Contains(line, "@request.json") {
		var err error
		method = http.MethodPost
		body, err = os.ReadFile(s.path("request.json"))
		check(s.t, err)
	}
	r, err := http.NewRequest(method, url, bytes.NewReader(body))
	check(s.t, err)
	r.Header.Set("Content-Type", "application/json")
	answer, err := (&http.Client{Transport: tr}).Do(r)
	check(s.t, err)
	defer answer.Body.Close()
	out, err := io.ReadAll(answer.Body)
	check(s.t, err)
	return out
}

// TestSignServe runs the built service on a real token, as docs/sign.md says.
func TestSignServe(t *testing.T) {
	hsmtest.Tool(t, "openssl", "openssl")
	binary := buildChipid(t)
	t.Run("killed", func(t *testing.T) { signServeKilled(t, newSigning(t, binary)) })
	s := newSigning(t, binary)
	t.Run("socket", func(t *testing.T) {
		s.t = t
		r := s.serve("--socket", "sign.sock", "--keep", "30d")
		s.write("request.json", s.request("4f6c2a0e-7d0b-4b1e-9d0b-0a4f4f2f7c11"))
		var answers [][]byte
		for _, line := range examples(t, "sign.sock") {
			out := s.curl(line, "")
			switch {
			case strings.HasSuffix(line, "/v1/sod"):
				answers = append(answers, out)
				s.accept(out, true)
			case strings.HasSuffix(line, "/v1/health"):
				if !bytes.Contains(out, []byte(`"status":"ok"`)) {
					t.Errorf("%s", out)
				}
			case !bytes.Contains(out, []byte("chipid_sign_up 1")):
				t.Errorf("%s", out)
			}
		}
		if len(answers) == 0 {
			t.Fatal("the documentation asks for no EF.SOD over the socket")
		}
		// A group that EF.COM lists is not there.
		status, _, b, err := s.post(s.request("request-2", "13"))
		if err != nil || status != http.StatusUnprocessableEntity || !bytes.Contains(b, []byte(`"rule":"document.com.sod"`)) {
			t.Errorf("%d %v %s", status, err, b)
		}
		// The token is gone, and comes back.
		check(t, os.Rename(s.token, s.token+".away"))
		status, h, b, err := s.post(s.request("request-3"))
		check(t, os.Rename(s.token+".away", s.token))
		if err != nil || status != http.StatusServiceUnavailable || h.Get("Retry-After") == "" || !bytes.Contains(b, []byte(signd.RuleToken)) {
			t.Errorf("%d %v %v %s", status, h, err, b)
		}
		for range 100 { // the keyring looks for a lost token now and then
			if status, _, b, err = s.post(s.request("request-3")); status != http.StatusServiceUnavailable {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if err != nil || status != http.StatusOK {
			t.Fatalf("%d %v %s\n%s", status, err, b, r.log)
		}
		s.accept(b, false)
		// A second service finds the socket taken.
		chipidRun(t, "", "sign", "serve", "--keys", s.path("keys.yaml"), "--socket", s.path("sign.sock"), "--store", s.path("other.db")).expect(t, exitUsage, "another process answers there")
		r.stop(t)
		if _, err := os.Lstat(s.path("sign.sock")); !errors.Is(err, os.ErrNotExist) {
			t.Error("the socket is still there")
		}
		if said := r.log.String(); !strings.Contains(said, "request=request-2") || !strings.Contains(said, "rule=document.com.sod") || strings.Contains(said, s.card.MRZ[5:14]) {
			t.Error(said)
		}
	})
	t.Run("mutual TLS", func(t *testing.T) {
		s.t = t
		s.certificates()
		r := s.serve("--listen", "127.0.0.1:0", "--tls-cert", "server.pem", "--tls-key", "server.key", "--client-ca", "server-ca.pem", "--allow", "CN=line-1")
		address := strings.TrimSuffix(strings.TrimPrefix(r.at, "https://"), "/v1/sod")
		for _, line := range examples(t, "https://") {
			// The store is the one of before: the same id, the same bytes.
			a := s.accept(s.curl(line, address), true)
			if a.RequestID != "4f6c2a0e-7d0b-4b1e-9d0b-0a4f4f2f7c11" {
				t.Error(a.RequestID)
			}
		}
		roots, err := os.ReadFile(s.path("server-ca.pem"))
		check(t, err)
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(roots)
		pair, err := tls.LoadX509KeyPair(s.path("line-1.pem"), s.path("line-1.key"))
		check(t, err)
		for what, c := range map[string]*tls.Config{
			"no certificate": {RootCAs: pool},
			"TLS 1.2":        {RootCAs: pool, Certificates: []tls.Certificate{pair}, MaxVersion: tls.VersionTLS12},
		} {
			conn, err := tls.Dial("tcp", address, c)
			if err == nil {
				_, err = conn.Read(make([]byte, 1))
				_ = conn.Close()
			}
			if err == nil || !strings.Contains(err.Error(), "remote error") {
				t.Errorf("%s: %v", what, err)
			}
		}
		r.stop(t)
		if !strings.Contains(r.log.String(), `client="CN=line-1 spki:`) {
			t.Error(r.log)
		}
	})
	t.Run("refuses to start", func(t *testing.T) {
		keys, err := os.ReadFile(s.path("keys.yaml"))
		check(t, err)
		s.write("no-trust.yaml", strings.Replace(regexp.MustCompile(`document-signers:.*`).ReplaceAllString(string(keys), "document-signer: pkcs11:object="+sample.LabelDS), "trust: trust\n", "", 1))
		serve := []string{"sign", "serve", "--keys", s.path("keys.yaml"), "--store", s.path("third.db")}
		chipidRun(t, "", "sign", "serve", "--keys", s.path("no-trust.yaml"), "--socket", s.path("sign.sock")).expect(t, exitUsage, "trust: is missing")
		chipidRun(t, "", append(serve, "--listen", "127.0.0.1:0")...).expect(t, exitUsage, "--tls-cert: is missing")
		chipidRun(t, "", append(serve, "--listen", "127.0.0.1:0", "--tls-cert", s.path("server.pem"), "--tls-key", s.path("server.key"))...).expect(t, exitUsage, "--client-ca: is missing")
		chipidRun(t, "", serve...).expect(t, exitUsage, "at least one of the flags")
		chipidRun(t, "", append(serve, "--socket", "a", "--listen", "b")...).expect(t, exitUsage, "none of the others")
		chipidRun(t, "", append(serve, "--socket", s.path("sign.sock"), "--keep", "-1d")...).expect(t, exitUsage, "--keep")
		wide := s.path("wide")
		check(t, os.Mkdir(wide, 0o700))
		check(t, os.Chmod(wide, 0o777))
		chipidRun(t, "", append(serve, "--socket", filepath.Join(wide, "sign.sock"))...).expect(t, exitUsage, "can be written by everybody")
		// The trust store does not hold the signers' CSCA.
		_, err = pki.Create(s.path("empty"), true)
		check(t, err)
		s.write("empty.yaml", strings.Replace(string(keys), "trust: trust\n", "trust: empty\n", 1))
		chipidRun(t, "", "sign", "serve", "--keys", s.path("empty.yaml"), "--socket", s.path("sign.sock")).expect(t, exitUsage, "anchored")
	})
}

// certificates makes a CA, a server and a client.
func (s *signing) certificates() {
	s.t.Helper()
	var ca *x509.Certificate
	var caKey *ecdsa.PrivateKey
	for i, name := range []string{"server-ca", "server", "line-1"} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		check(s.t, err)
		c := &x509.Certificate{SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
		switch name {
		case "server-ca":
			c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
			ca, caKey = c, key
		case "server":
			c.ExtKeyUsage, c.IPAddresses = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, []net.IP{net.IPv4(127, 0, 0, 1)}
		default:
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}
		der, err := x509.CreateCertificate(rand.Reader, c, ca, key.Public(), caKey)
		check(s.t, err)
		secret, err := x509.MarshalPKCS8PrivateKey(key)
		check(s.t, err)
		s.write(name+".pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
		s.write(name+".key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	}
}

// signServeKilled kills the built service again and again while lines ask, and
// starts it again: each id has one EF.SOD, whenever it was answered.
func signServeKilled(t *testing.T, s *signing) {
	const ids, kills = 60, 3
	bodies := make([]string, ids)
	for i := range bodies {
		bodies[i] = s.request(fmt.Sprintf("request-%d", i))
	}
	var mu sync.Mutex
	seen := map[int]map[string]bool{} // answers by id
	answered := 0
	ask := func(i int) bool {
		status, _, b, err := s.post(bodies[i])
		if err != nil {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		if status != http.StatusOK {
			t.Errorf("%d: %s", status, b)
			return false
		}
		if seen[i] == nil {
			seen[i] = map[string]bool{}
		}
		seen[i][string(b)] = true
		answered++
		return true
	}
	now := func() int {
		mu.Lock()
		defer mu.Unlock()
		return answered
	}
	for kill := range kills {
		r := s.serve("--socket", "sign.sock", "--workers", "4")
		until := now() + ids/(kills+1)
		var lines sync.WaitGroup
		for line := range 4 {
			lines.Go(func() {
				// Each asks for all of them, from its own place on.
				for i := range ids {
					if !ask((i + 15*line + 7*kill) % ids) {
						return // killed
					}
				}
			})
		}
		for now() < until {
			time.Sleep(time.Millisecond)
		}
		check(t, r.Process.Kill()) // SIGKILL
		_ = r.Wait()
		lines.Wait()
		if s := r.ProcessState.Sys().(syscall.WaitStatus); s.Signal() != syscall.SIGKILL {
			t.Fatal("it ended before it was killed", s)
		}
	}
	before := len(seen)
	r := s.serve("--socket", "sign.sock")
	for i := range ids {
		if !ask(i) {
			t.Fatalf("request %d is not answered\n%s", i, r.log)
		}
	}
	r.stop(t)
	all := map[string]bool{}
	for i := range ids {
		if len(seen[i]) != 1 {
			t.Errorf("request %d has %d answers", i, len(seen[i]))
		}
		for b := range seen[i] {
			all[string(s.accept([]byte(b), false).SOD)] = true
		}
	}
	if len(all) != ids {
		t.Errorf("%d objects for %d requests", len(all), ids)
	}
	t.Logf("%d ids were answered before the last start, %d answers in all", before, answered)
}
