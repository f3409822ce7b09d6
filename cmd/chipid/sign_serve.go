package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/cmd/internal/signd"
	"github.com/chipid-toolkit/chipid/cmd/internal/signers"
	"github.com/chipid-toolkit/chipid/hsm"
)

type signServe struct {
	keys, socket, listen, cert, key, clientCA, store, keep string
	allow                                                  []string
	workers, queue                                         int
	json                                                   bool
}

// servingJSON is what `sign serve --json` prints once it answers.
type servingJSON struct {
	Schema  string       `json:"schema"` // "chipid.sign-serve/1"
	Listen  string       `json:"listen"`
	Signers []signerJSON `json:"signers"`
}

type signerJSON struct {
	Issuer string `json:"issuer"`
	Serial string `json:"serial"`
}

func newSignServeCmd(env *env) *cobra.Command {
	var f signServe
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer requests for EF.SOD on a unix socket or over mutual TLS",
		Long: `serve answers POST /v1/sod: data groups or hashes of them in, EF.SOD out, as JSON. The
Document Signers of the keys file sign, by the rules of docs/sign.md, and the file may be
changed while the service runs. The keys file must name the trust store of the
checkpoints (trust:): nothing leaves that they would not accept. card-master is not
needed.

The same request id with the same content gets the same bytes, also after a crash: what
leaves is in the store first. With other content it is refused. What the rules refuse
comes back with the rule's name.

--socket makes a unix socket that this user alone can reach. --listen answers other
machines, over TLS 1.3 with client certificates and not otherwise; --allow, given once
for each client, narrows down whom the client CA vouches for: spki:HEX, or a whole
subject.

SIGTERM ends it; what was accepted is answered first, within 30 seconds.

Exit statuses: 0 when a signal has ended it.
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Example: `  chipid sign serve --keys keys.yaml --socket /run/chipid/sign.sock --keep 30d
  chipid sign serve --keys keys.yaml --listen 10.0.0.5:8490 --tls-cert server.pem --tls-key server.key \
    --client-ca lines.pem --allow CN=line-1,O=Bureau`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.keys, "keys", "", "the keys file")
	fs.StringVar(&f.socket, "socket", "", "path of the unix socket")
	fs.StringVar(&f.listen, "listen", "", "address to listen on with mutual TLS, such as 10.0.0.5:8490")
	fs.StringVar(&f.cert, "tls-cert", "", "certificate chain of the service, PEM")
	fs.StringVar(&f.key, "tls-key", "", "private key of the service, PEM")
	fs.StringVar(&f.clientCA, "client-ca", "", "certificates of the CA that issues to clients, PEM")
	fs.StringArrayVar(&f.allow, "allow", nil, "a client that may ask: spki:HEX, or its whole subject (default all of the client CA)")
	fs.StringVar(&f.store, "store", "", "file that keeps what was answered (default signed.db beside the keys file)")
	fs.StringVar(&f.keep, "keep", "0", "how long answers are kept: 30d, 12h; 0: for good")
	fs.IntVar(&f.workers, "workers", 8, "documents signed at a time")
	fs.IntVar(&f.queue, "queue", 64, "requests that may wait beside them")
	fs.BoolVar(&f.json, "json", false, "print the address as JSON")
	_ = cmd.MarkFlagRequired("keys")
	cmd.MarkFlagsOneRequired("socket", "listen")
	cmd.MarkFlagsMutuallyExclusive("socket", "listen")
	return cmd
}

// Bounds of the flags.
const (
	maxWorkers = 64
	maxQueue   = 1024
)

func (f *signServe) run(ctx context.Context, env *env) (err error) {
	keep, err := parseRetain("--keep", f.keep)
	if err != nil {
		return err
	}
	if f.workers < 1 || f.workers > maxWorkers || f.queue < 0 || f.queue > maxQueue {
		return usagef("--workers is 1 to %d, --queue 0 to %d", maxWorkers, maxQueue)
	}
	if f.socket != "" && (f.cert != "" || f.key != "" || f.clientCA != "" || len(f.allow) > 0) {
		return usagef("--tls-cert, --tls-key, --client-ca and --allow go with --listen")
	}
	allow, err := signd.AllowList(f.allow)
	if err != nil {
		return err
	}
	listen := func() (net.Listener, error) { return signd.ListenSocket(ctx, f.socket) }
	if f.listen != "" {
		secure, err := signd.TLSConfig(f.cert, f.key, f.clientCA)
		if err != nil {
			return err
		}
		listen = func() (net.Listener, error) { return signd.ListenTLS(ctx, f.listen, secure) }
	}
	keys, err := keyflags.Load(f.keys)
	if err != nil {
		return err
	}
	if keys.Trust == "" {
		return &cardprofile.InputError{File: f.keys, Field: "trust", Problem: "is missing: nothing leaves that is not verified up to a CSCA first", Fix: "name the trust store that checkpoints use"}
	}
	ring, err := keys.Open(ctx, env.pinPrompt())
	if err != nil {
		return err
	}
	defer ring.Close()
	set, err := signers.Open(ctx, keys, ring, nil, func(path string) ([]byte, error) { return readKeyCertificate(env, path) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, set.Close()) }()
	if err := set.Pool.Ready(time.Now()); err != nil {
		return fmt.Errorf("%s: %w", f.keys, err)
	}
	if f.store == "" {
		f.store = filepath.Join(filepath.Dir(f.keys), "signed.db")
	}
	st, err := signd.OpenStore(ctx, f.store)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	log := slog.New(slog.NewTextHandler(env.Stderr, nil))
	s := &signd.Server{Pool: set.Pool, Store: st, Token: tokenAnswers(ring, keys.Signers()[0].Key), Workers: f.workers, Queue: f.queue, Keep: keep, Allow: allow, Log: log}
	l, err := listen()
	if err != nil {
		return err
	}
	following, stop := context.WithCancel(ctx)
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		set.Follow(following, f.keys, func(err error) { log.Warn("the keys file was not taken over", "error", err) })
	}()
	defer func() { stop(); <-followed }()
	if err := f.say(env, l, set); err != nil {
		return errors.Join(err, l.Close())
	}
	// From here on a signal ends it by itself: what was accepted is answered.
	finishes.Store(true)
	return s.Serve(ctx, l)
}

// say tells where it answers.
func (f *signServe) say(env *env, l net.Listener, set *signers.Set) error {
	at := "unix:" + f.socket
	if f.listen != "" {
		at = "https://" + l.Addr().String() + signd.Path
	}
	if f.json {
		j := servingJSON{Schema: "chipid.sign-serve/1", Listen: at}
		for _, c := range set.Pool.Signers() {
			j.Signers = append(j.Signers, signerJSON{c.Issuer.String(), c.Serial.Text(16)})
		}
		return printJSON(env, j)
	}
	var names []string
	for _, c := range set.Pool.Signers() {
		names = append(names, c.String())
	}
	env.talk(env.tr("signing with %s", "ký bằng %s"), strings.Join(names, ", "))
	_, err := fmt.Fprintln(env.Stdout, at)
	return err
}

// tokenAnswers asks the token for something that uses no key.
func tokenAnswers(ring hsm.Keyring, key hsm.KeyRef) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := ring.Certificate(ctx, key)
		if errors.Is(err, hsm.ErrCertificateMissing) || errors.Is(err, hsm.ErrKeyNotFound) {
			return nil // it answered; the first key of the file may have been retired since
		}
		return err
	}
}
