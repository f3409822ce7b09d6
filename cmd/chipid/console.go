package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cmd/internal/console"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/cmd/internal/storeflags"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer/line/office"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/seal"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

type consoleFlags struct {
	db                                    storeflags.Flags
	listen, cert, key, keys, metricsToken string
}

func newConsoleCmd(env *env) *cobra.Command {
	var f consoleFlags
	cmd := &cobra.Command{
		Use:   "console",
		Short: "The operators' page of a production line",
		Long: `console serves the page at which operators see the line and decide: stations, batches,
blanks, rejects, decisions of two people, the log. Add people first with
"chipid console user".

It listens on this machine alone, or anywhere with --tls-cert and --tls-key. With
--keys a supervisor may see who a card is for; each look is in the log. Numbers for
Prometheus are at /metrics, for this machine or with --metrics-token.

Example:
  chipid console user add lan --role supervisor
  chipid console --db line.db --listen 127.0.0.1:8470

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	fs := cmd.Flags()
	f.db.Register(fs)
	fs.StringVar(&f.listen, "listen", "127.0.0.1:8470", "address to listen on")
	fs.StringVar(&f.cert, "tls-cert", "", "certificate chain of the server, PEM")
	fs.StringVar(&f.key, "tls-key", "", "private key of the server, PEM")
	fs.StringVar(&f.keys, "keys", "", "keys file: lets supervisors see holders")
	fs.StringVar(&f.metricsToken, "metrics-token", "", "file:PATH or env:NAME of the bearer token for /metrics")
	cmd.AddCommand(newConsoleUserCmd(env))
	return cmd
}

func (f *consoleFlags) run(ctx context.Context, env *env) error {
	secure := f.cert != "" || f.key != ""
	if err := mayListen(f.listen, secure); err != nil {
		return err
	}
	token, err := secretSource("--metrics-token", f.metricsToken)
	if err != nil {
		return err
	}
	st, err := f.db.Open(ctx, "")
	if err != nil {
		return err
	}
	defer st.Close()
	q, err := queue.Open(ctx, st, queue.Config{Process: "console"})
	if err != nil {
		return err
	}
	s := &console.Server{Store: st, Office: &office.Office{Store: st, Queue: q}, TLS: secure, MetricsToken: token,
		Log: slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	if f.keys != "" {
		keys, ring, err := lineKeys(ctx, env, f.keys)
		if err != nil {
			return err
		}
		defer ring.Close()
		s.Holder = holderOf(st, keys, ring)
	}
	var people []store.Person
	if err := st.Do(ctx, "people", func(tx *store.Tx) (err error) {
		people, err = tx.People(ctx)
		return err
	}); err != nil {
		return err
	}
	if len(people) == 0 {
		env.talk("%s", env.tr("Nobody can log in yet: chipid console user add NAME --role supervisor", "Chưa ai đăng nhập được: chipid console user add TÊN --role supervisor"))
	}
	h, err := s.Handler()
	if err != nil {
		return err
	}
	return serveHTTP(ctx, env, f.listen, f.cert, f.key, h)
}

// mayListen refuses to be reached from elsewhere without TLS.
func mayListen(address string, secure bool) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return usagef("--listen: %s is no address such as 127.0.0.1:8470", address)
	}
	ip := net.ParseIP(host)
	if !secure && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usagef("--listen: %s can be reached from other machines; give --tls-cert and --tls-key, or listen on 127.0.0.1", address)
	}
	return nil
}

// serveHTTP answers until ctx ends.
func serveHTTP(ctx context.Context, env *env, address, cert, key string, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx }, ErrorLog: slog.NewLogLogger(slog.NewTextHandler(env.Stderr, nil), slog.LevelDebug)}
	scheme := "http"
	if cert != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return &cardprofile.InputError{File: cert, Field: "tls-cert", Problem: "certificate and key cannot be used", Fix: "give a PEM chain and its key"}
		}
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		scheme = "https"
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return usagef("--listen: %v", err)
	}
	fmt.Fprintf(env.Stdout, "%s://%s/\n", scheme, l.Addr())
	done := make(chan error, 1)
	go func() {
		if srv.TLSConfig != nil {
			done <- srv.ServeTLS(l, "", "")
			return
		}
		done <- srv.Serve(l)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err = srv.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	return err
}

// holderOf opens the record of a request for a supervisor's look.
func holderOf(st *store.Store, keys *keyflags.File, ring hsm.Keyring) func(context.Context, store.Request) (*console.Holder, error) {
	var one sync.Mutex
	return func(ctx context.Context, r store.Request) (*console.Holder, error) {
		one.Lock()
		defer one.Unlock()
		var b store.Batch
		if err := st.Do(ctx, "holder", func(tx *store.Tx) (err error) {
			b, err = tx.BatchByID(ctx, r.BatchID)
			return err
		}); err != nil {
			return nil, err
		}
		data, err := seal.OpenBatch(ctx, ring, keys.Seal, b.Name, b.SealedKey)
		if err != nil {
			return nil, err
		}
		defer data.Close()
		record, portrait, err := data.Open(seal.Binding{Line: r.Line, Number: r.NumberDigest}, r.Sealed)
		if err != nil {
			return nil, err
		}
		return &console.Holder{Name: record.FullName, Number: record.Number, Portrait: portrait}, nil
	}
}

// secretSource reads a secret that a flag names and does not hold.
func secretSource(flag, source string) (string, error) {
	if source == "" {
		return "", nil
	}
	var secret string
	if name, ok := strings.CutPrefix(source, "env:"); ok {
		secret = os.Getenv(name)
	} else if path, ok := strings.CutPrefix(source, "file:"); ok {
		b, err := os.ReadFile(path)
		if err != nil {
			return "", usagef("%s: %s cannot be read", flag, path)
		}
		secret = strings.TrimRight(string(b), "\r\n")
	} else {
		return "", usagef("%s: write file:PATH or env:NAME, never the secret itself", flag)
	}
	if secret == "" || len(secret) > 1024 {
		return "", usagef("%s: %s holds nothing that can be used", flag, source)
	}
	return secret, nil
}
