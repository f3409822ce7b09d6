package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

// The yardstick is compiled for each run, against the libcrypto that is here.
//
//go:embed testdata/openssl.c
var openSSLSource []byte

// openSSL is the compiled yardstick.
type openSSL struct{ dir string }

// buildOpenSSL compiles it; nil where there is no compiler or no libssl-dev, which
// on a machine of continuous integration is an error.
func buildOpenSSL(ctx context.Context) (*openSSL, error) {
	dir, err := os.MkdirTemp("", "chipid-bench-")
	if err != nil {
		return nil, err
	}
	o := &openSSL{dir}
	source := filepath.Join(dir, "openssl.c")
	if err := os.WriteFile(source, openSSLSource, 0o600); err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, "cc", "-O2", "-o", filepath.Join(dir, "verify"), source, "-lcrypto").CombinedOutput()
	if err == nil {
		return o, nil
	}
	o.remove()
	if os.Getenv("CI") == "true" {
		return nil, fmt.Errorf("compile the openssl yardstick (it needs cc and libssl-dev): %w: %s", err, out)
	}
	return nil, nil
}

func (o *openSSL) remove() {
	if o != nil {
		_ = os.RemoveAll(o.dir)
	}
}

// measure lets libcrypto do the signature work of one document for a while.
func (o *openSSL) measure(ctx context.Context, d *specimen, spell time.Duration) (perSecond float64, err error) {
	s, err := sod.Parse(d.efSOD)
	if err != nil {
		return 0, err
	}
	si := s.Signed.Signers[0]
	hash, err := si.DigestAlgorithm.Digest()
	if err != nil {
		return 0, err
	}
	args := []string{strconv.FormatFloat(spell.Seconds(), 'f', 3, 64), strings.ReplaceAll(hash.String(), "-", ""), "-"}
	put := func(name string, b []byte) {
		path := filepath.Join(o.dir, name)
		if werr := os.WriteFile(path, b, 0o600); err == nil {
			err = werr
		}
		args = append(args, path)
	}
	for _, job := range []struct {
		name                     string
		key                      any
		spki, message, signature []byte
	}{
		{"sod", d.ds.PublicKey, d.ds.RawSPKI, si.SignedAttrs, si.Signature},
		{"ds", d.csca.PublicKey, d.csca.RawSPKI, d.ds.RawTBS, d.ds.Signature},
	} {
		spki := job.spki
		if key, kerr := ecc.FromPublic(job.key); kerr == nil {
			// By the curve's name, which spares libcrypto the comparison of parameters.
			if spki, kerr = ecc.MarshalSPKI(key, false); kerr != nil {
				return 0, kerr
			}
		} else {
			args[2] = "pss"
		}
		put(job.name+".key", spki)
		put(job.name+".message", job.message)
		put(job.name+".signature", job.signature)
	}
	var groups []byte
	for _, g := range d.groups {
		groups = append(groups, g.Bytes...)
	}
	put("groups", groups)
	if err != nil {
		return 0, err
	}
	var out, talk bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(o.dir, "verify"), args...)
	cmd.Stdout, cmd.Stderr = &out, &talk
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("openssl yardstick: %w: %s", err, talk.Bytes())
	}
	return strconv.ParseFloat(strings.TrimSpace(out.String()), 64)
}
