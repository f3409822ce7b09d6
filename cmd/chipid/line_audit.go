package main

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/cmd/internal/storeflags"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer/line/audit"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

type lineAudit struct {
	db             storeflags.Flags
	dir, key, keys string
	witness        string
	drain, json    bool
}

func newLineAuditCmd(env *env) *cobra.Command {
	var f lineAudit
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Verify the tamper-evident log of every decision, and the store against it",
		Long: `audit reads the whole audit log and says what does not fit: a line that was edited,
dropped, moved, put in or cut off; a checkpoint that the log's key did not sign; a
card, a posting, an approval, a batch or a box of the store without its line, or a
line without what it decided. The line may go on meanwhile.

The key that signs checkpoints is named with --key, its certificate or public key,
or with --keys, a keys file whose audit: names it in the token. Without one nothing
is proven about who wrote the log: exit status 6.

--checkpoint FILE is a copy of the newest checkpoint that lies where those who can
change log and store cannot: the log must have grown out of it, and a good log is
then noted there. Only such a copy finds a log and a store that both went back to an
older state. The first time the file is made.

--drain writes what waits in the store into the log first; it needs --keys.

Example:
  chipid line audit --key audit.cer --checkpoint /media/auditor/line.checkpoint
  chipid line audit --keys keys.yaml --drain --json

Exit statuses: 5 when anything does not fit; the first bad line is named. 6 without
a key, or when there is no log yet.
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed, exitInconclusive, exitHSM),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	fs := cmd.Flags()
	f.db.Register(fs)
	registerAuditDir(cmd, &f.dir)
	fs.StringVar(&f.key, "key", "", "certificate or public key that checkpoints are signed with")
	fs.StringVar(&f.keys, "keys", "", "keys file whose audit: names that key")
	fs.StringVar(&f.witness, "checkpoint", "", "copy of the newest checkpoint that is kept elsewhere")
	fs.BoolVar(&f.drain, "drain", false, "write what waits in the store into the log first")
	fs.BoolVar(&f.json, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("key", "keys")
	return cmd
}

// registerAuditDir adds --audit.
func registerAuditDir(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "audit", "", "folder of the audit log (default beside the store: FILE.audit, for PostgreSQL line.audit)")
}

// auditDir is the folder of a store's audit log.
func auditDir(dir string, db *storeflags.Flags, beside string) string {
	if dir != "" {
		return dir
	}
	url := db.URL(beside)
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		return filepath.Join(filepath.Dir(beside), "line.audit")
	}
	return strings.TrimPrefix(url, "sqlite:") + ".audit"
}

func (f *lineAudit) run(ctx context.Context, env *env) error {
	if f.drain && f.keys == "" {
		return usagef("--drain: signs a checkpoint; name the keys file with --keys")
	}
	st, err := f.db.Open(ctx, "")
	if err != nil {
		return err
	}
	defer st.Close()
	check := audit.Check{Dir: auditDir(f.dir, &f.db, ""), Witness: f.witness}
	switch {
	case f.key != "":
		if check.Key, err = auditKeyFile(f.key); err != nil {
			return err
		}
	case f.keys != "":
		if check.Key, err = f.token(ctx, env, st, check.Dir); err != nil {
			return err
		}
	}
	report, err := audit.Verify(ctx, st, check)
	if errors.Is(err, audit.ErrNoLog) {
		return exitError{exitInconclusive, err}
	}
	if err != nil {
		return err
	}
	if f.witness != "" && !report.Tampered() && report.Signed {
		if err := report.Keep(f.witness); err != nil {
			return err
		}
	}
	return f.tell(env, report)
}

func auditKeyFile(path string) (crypto.PublicKey, error) {
	text, err := readTrustFile(path)
	if err != nil {
		return nil, err
	}
	key, err := audit.ParseKey(text)
	if err != nil {
		return nil, &cardprofile.InputError{File: path, Field: "key", Problem: err.Error(), Fix: "name the certificate or public key of the key that audit: names"}
	}
	return key, nil
}

// token finds the public key in the token, and drains with the private one if wanted.
func (f *lineAudit) token(ctx context.Context, env *env, st *store.Store, dir string) (crypto.PublicKey, error) {
	keys, err := keyflags.Load(f.keys)
	if err != nil {
		return nil, err
	}
	if keys.Audit == "" {
		return nil, noAuditKey(f.keys)
	}
	ring, err := keys.Open(ctx, env.pinPrompt())
	if err != nil {
		return nil, err
	}
	defer ring.Close()
	signer, err := ring.Signer(ctx, keys.Audit)
	if err != nil {
		return nil, err
	}
	if !f.drain {
		return signer.Public(), nil
	}
	l, err := audit.Open(ctx, st, audit.Options{Dir: dir, Key: signer})
	if err == nil {
		_, err = l.Drain(ctx)
		err = errors.Join(err, l.Close())
	}
	if errors.Is(err, audit.ErrTampered) {
		// The verification says what it is.
		env.talk("%v", err)
		err = nil
	}
	return signer.Public(), auditError(err, f.keys)
}

func noAuditKey(path string) error {
	return &cardprofile.InputError{File: path, Field: "audit", Problem: "is missing", Fix: "make a P-256 key with chipid keys create, and name it"}
}

// auditError says what to do about errors of feeding the log.
func auditError(err error, keysFile string) error {
	switch {
	case errors.Is(err, audit.ErrKey):
		return &cardprofile.InputError{File: keysFile, Field: "audit", Problem: err.Error(), Fix: "name a P-256 key"}
	case errors.Is(err, audit.ErrElsewhere):
		return &cardprofile.InputError{Field: "--audit", Problem: err.Error(), Fix: "name the folder that the log has lain in from the beginning"}
	case errors.Is(err, audit.ErrTampered):
		return exitError{exitFailed, fmt.Errorf("%w; chipid line audit says what it is", err)}
	}
	return err
}

func (f *lineAudit) tell(env *env, r *audit.Report) error {
	status := exitOK
	outcome := "passed"
	switch {
	case r.Tampered():
		status, outcome = exitFailed, "failed"
	case !r.Signed:
		status, outcome = exitInconclusive, "inconclusive"
	}
	var err error
	if f.json {
		err = printJSON(env, struct {
			Schema  string `json:"schema"`
			Outcome string `json:"outcome"`
			*audit.Report
		}{"chipid.audit/1", outcome, r})
	} else {
		tellAudit(env, r)
	}
	if err == nil && status != exitOK {
		return exitError{status: status}
	}
	return err
}

func tellAudit(env *env, r *audit.Report) {
	t := newTable(env.Stdout)
	t.row(env.tr("log", "nhật ký"), r.Origin)
	t.row(env.tr("lines", "số dòng"), fmt.Sprintf(env.tr("%d, %d wait", "%d, %d đang chờ"), r.Size, r.Waiting))
	t.row(env.tr("root", "gốc"), r.Root)
	signed := env.tr("signed by the key", "có chữ ký của khóa")
	switch {
	case r.Signed:
	case r.Tampered():
		signed = env.tr("not verified", "chưa kiểm tra được")
	default:
		signed = env.tr("not verified: name the key with --key", "chưa kiểm tra: hãy nêu khóa với --key")
	}
	t.row(env.tr("checkpoint", "điểm kiểm"), signed)
	witness := map[audit.WitnessState]string{
		audit.WitnessNone:       env.tr("none was given", "không có"),
		audit.WitnessFirst:      env.tr("begins now", "bắt đầu từ bây giờ"),
		audit.WitnessConsistent: env.tr("the log grew out of it", "nhật ký tiếp nối đúng bản sao"),
		audit.WitnessRefused:    env.tr("THE LOG DID NOT GROW OUT OF IT", "NHẬT KÝ KHÔNG TIẾP NỐI BẢN SAO"),
	}
	t.row(env.tr("copy kept elsewhere", "bản sao giữ nơi khác"), witness[r.Witness])
	t.row(env.tr("cards compared", "số thẻ đã đối chiếu"), r.Cards)
	t.flush()
	for _, f := range r.Findings {
		place := env.tr("store", "kho dữ liệu")
		if f.Index >= 0 {
			place = fmt.Sprintf(env.tr("line %d", "dòng %d"), f.Index)
		}
		fmt.Fprintf(env.Stdout, "%s: %s: %s\n", place, f.Kind, f.Text)
	}
	switch {
	case r.Tampered():
		more := ""
		if r.Count > len(r.Findings) {
			more = fmt.Sprintf(env.tr(", %d shown", ", nêu %d"), len(r.Findings))
		}
		first := ""
		if r.First >= 0 {
			first = fmt.Sprintf(env.tr("; the first at line %d", "; sớm nhất ở dòng %d"), r.First)
		}
		env.talk(env.tr("TAMPERED: %d things do not fit%s%s", "BỊ SỬA ĐỔI: %d chỗ không khớp%s%s"), r.Count, more, first)
	case r.Signed:
		env.talk("%s", env.tr("nothing was edited, dropped, moved, put in or cut off", "không có dòng nào bị sửa, mất, đổi chỗ, chèn hay cắt"))
	}
}

// feedAudit feeds the audit log while a line runs; the function that it returns drains
// once more and lets go. A line without an audit key runs, and says so; one whose log
// was tampered with does not.
func feedAudit(ctx context.Context, env *env, st *store.Store, dir, keysFile string, ref hsm.KeyRef, ring hsm.Keyring) (end func(), err error) {
	if ref == "" {
		env.talk(env.tr("%s: audit: is missing: decisions wait in the store and no log of them is signed", "%s: thiếu audit: các quyết định còn chờ trong kho, chưa có nhật ký nào được ký"), keysFile)
		return func() {}, nil
	}
	signer, err := ring.Signer(ctx, ref)
	if err != nil {
		return nil, err
	}
	say := func(err error) {
		if err != nil {
			env.talk(env.tr("audit log: %v", "nhật ký kiểm toán: %v"), err)
		}
	}
	o := audit.Options{Dir: dir, Key: signer}
	l, err := audit.Open(ctx, st, o)
	switch {
	case errors.Is(err, audit.ErrUnsupported), errors.Is(err, audit.ErrElsewhere):
		// Another machine's matter.
		say(err)
		return func() {}, nil
	case err != nil && !errors.Is(err, audit.ErrBusy):
		return nil, auditError(err, keysFile)
	}
	own, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		// Who feeds may end before this process does.
		for l == nil {
			select {
			case <-own.Done():
				return
			case <-time.After(time.Second):
			}
			var err error
			if l, err = audit.Open(own, st, o); err != nil && !errors.Is(err, audit.ErrBusy) {
				say(err)
				return
			}
		}
		l.Run(own, time.Second, say)
	}()
	return func() {
		stop()
		<-done
		if l == nil {
			return
		}
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		_, err := l.Drain(last)
		say(errors.Join(err, l.Close()))
	}, nil
}
