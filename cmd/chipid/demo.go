package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cmd/internal/demo"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/pkcs11"
	"github.com/chipid-toolkit/chipid/hsm/soft"
)

func newDemoCmd(env *env) *cobra.Command {
	var (
		cards    int
		out      string
		embedded bool
		asJSON   bool
	)
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "The main job, start to end, on synthetic people",
		Long: `demo makes an issuing authority in a PKCS#11 token (SoftHSM2), checks a batch of
synthetic citizens, personalizes a virtual chip for each over a real pcscd, signs
what is on it, draws the card's faces, and takes the card to a checkpoint. Of the
batch one record is bad on purpose.

The token and the pcscd are its own, in a private folder, and are gone when it
ends, also when it is interrupted. With --embedded keys are in memory and chips
in this process: nothing needs to be installed.

All certificates carry the TEST mark, the faces SPECIMEN / MẪU.

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitNoCard, exitFailed, exitInconclusive, exitHSM),
		Example: `  chipid demo --out out
  chipid demo --embedded --cards 3`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cards < 0 {
				return usagef("--cards %d: a number of cards is not negative", cards)
			}
			return runDemo(cmd.Context(), env, demo.Options{Cards: cards, Out: out}, embedded, asJSON)
		},
	}
	cmd.Flags().IntVar(&cards, "cards", 0, "how many of the people get a card (default all)")
	cmd.Flags().StringVar(&out, "out", "demo-out", "folder for trust store, cards, verdicts and pictures")
	cmd.Flags().BoolVar(&embedded, "embedded", false, "no pcscd, no token: chips and keys in this process")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the summary as JSON")
	return cmd
}

// demoStations is how many cards the demo works on at once: a virtual card is
// seen by its reader only after a second or two.
const demoStations = 4

func runDemo(ctx context.Context, env *env, o demo.Options, embedded, asJSON bool) (err error) {
	started := []func() error{}
	defer func() {
		for i := len(started) - 1; i >= 0; i-- {
			err = errors.Join(err, started[i]())
		}
	}()
	keys := demoKeysEmbedded
	if embedded {
		o.Keyring, err = soft.Open(ctx, soft.Config{Label: "demo"}, soft.Embedded(env.Stderr))
		o.Bench = demo.Embedded()
	} else {
		var dir string
		var remove func() error
		if dir, remove, err = demo.TempDir(); err != nil {
			return err
		}
		started = append(started, remove)
		if o.Keyring, err = demoToken(ctx, dir); err == nil {
			started = append(started, o.Keyring.Close)
			keys = demoKeysToken
			o.Bench, err = demo.RealReaders(ctx, 2*demoStations)
		}
	}
	if err != nil && ctx.Err() != nil {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, env.tr(
			"Without pcscd and SoftHSM2, the same demo runs with --embedded.",
			"Nếu không có pcscd và SoftHSM2, hãy dùng --embedded."))
	}
	started = append(started, o.Bench.Close)
	o.Keys, o.Stations = keys, demoStations
	env.talk("%s", env.tr("keys:    ", "khóa:    ")+env.demoPart(keys))
	env.talk("%s", env.tr("readers: ", "đầu đọc: ")+env.demoPart(o.Bench.Name()))

	bar := newProgress(env)
	o.Progress = func(p demo.Progress) { bar.set(env.demoStage(p.Stage), p.Done, p.Total) }
	summary, err := demo.Run(ctx, o)
	bar.close()
	if asJSON {
		if jerr := printJSON(env, summary); err == nil {
			err = jerr
		}
	} else if summary.Records > 0 { // else nothing was begun
		env.printDemo(summary, o.Out)
	}
	var failed *demo.Failed
	if errors.As(err, &failed) {
		return exitError{verdictStatus(failed.Verdict), err}
	}
	return err
}

// demoToken makes a token that lives as long as the demo.
func demoToken(ctx context.Context, dir string) (hsm.Keyring, error) {
	so, err := demo.RandomPIN()
	if err != nil {
		return nil, err
	}
	user, err := demo.RandomPIN()
	if err != nil {
		return nil, err
	}
	const label = "chipid-demo"
	module, err := pkcs11.InitToken(ctx, pkcs11.TokenSetup{Dir: filepath.Join(dir, "token"), Label: label, SOPIN: so, UserPIN: user})
	if err != nil {
		return nil, err
	}
	return pkcs11.Open(ctx, pkcs11.Config{Module: module, Token: label, PIN: hsm.FixedPIN(user)})
}

// What keys and readers of a demo are, as its summary says.
const (
	demoKeysEmbedded = "keys in memory (--embedded): no token, for demonstration only"
	demoKeysToken    = "keys in a SoftHSM2 token, through PKCS#11"
)

// demoPart is what a part of a demo is called, for people.
func (e *env) demoPart(part string) string {
	vi := map[string]string{
		demoKeysEmbedded:     "khóa trong bộ nhớ (--embedded): không có token, chỉ để trình diễn",
		demoKeysToken:        "khóa trong token SoftHSM2, qua PKCS#11",
		demo.EmbeddedName:    "chip ảo trong chính chương trình này, không có đầu đọc",
		demo.RealReadersName: "chip ảo trong các đầu đọc của một pcscd thật",
	}[part]
	if e.Lang == "vi" && vi != "" {
		return vi
	}
	return part
}

func (e *env) demoStage(stage string) string {
	names := map[string][2]string{
		"authority": {"making the authority", "tạo cơ quan cấp thẻ"},
		"issue":     {"personalizing", "cá thể hóa"},
		"print":     {"drawing the faces", "vẽ mặt thẻ"},
		"inspect":   {"inspecting", "kiểm tra"},
		"sheet":     {"making the sheet", "tạo tờ in"},
	}
	n, ok := names[stage]
	if !ok {
		return stage
	}
	return e.tr(n[0], n[1])
}

// printDemo tells a person what was done, where it is, and how to go on alone.
func (e *env) printDemo(s *demo.Summary, out string) {
	w := e.Stdout
	if s.Sample != nil {
		fmt.Fprintln(w)
		fmt.Fprintln(w, e.tr("The checkpoint's verdict on the first card:", "Kết quả kiểm tra thẻ đầu tiên:"))
		e.printVerdict(s.Sample)
	}
	fmt.Fprintln(w)
	t := newTable(w)
	t.row(e.tr("records in", "số hồ sơ"), s.Records)
	t.row(e.tr("  = cards issued", "  = thẻ đã cấp"), s.Issued)
	t.row(e.tr("  + records rejected", "  + hồ sơ bị từ chối"), s.Rejected)
	if left := s.Records - s.Issued - s.Rejected; left > 0 {
		t.row(e.tr("  + not finished", "  + chưa xong"), left)
	}
	t.row(e.tr("blanks spoiled", "phôi hỏng"), s.Spoiled)
	t.row(e.tr("verdicts passed", "kiểm tra đạt"), s.Passed)
	t.row(e.tr("seconds", "giây"), fmt.Sprintf("%.1f", float64(s.DurationMS)/1000))
	t.flush()
	for _, r := range s.Rejects {
		fmt.Fprintf(w, "%s %s\n", e.tr("rejected:", "từ chối:"), r.Error())
	}
	if s.Issued == 0 || s.Issued+s.Rejected < s.Records {
		return // ended early: what there is, is in the folder
	}
	fmt.Fprintf(w, "\n%s\n", e.tr("Files:", "Tệp:"))
	t = newTable(w)
	t.row("  "+filepath.Join(out, "cards.pdf"), e.tr("all faces, true size", "mọi mặt thẻ, đúng kích thước"))
	t.row("  "+filepath.Join(out, "cards", "1"), e.tr("files read from the chip, front.png, back.png, verdict.json", "tệp đọc từ chip, front.png, back.png, verdict.json"))
	t.row("  "+filepath.Join(out, "trust"), e.tr("trust store with the CSCA", "kho tin cậy có CSCA"))
	t.row("  "+filepath.Join(out, "rejects.csv"), e.tr("rejected records with reasons", "hồ sơ bị từ chối kèm lý do"))
	t.row("  "+filepath.Join(out, "summary.json"), e.tr("the counts", "số liệu"))
	t.flush()
	fmt.Fprintf(w, "\n%s\n", e.tr("Each step alone:", "Từng bước riêng:"))
	for _, line := range []string{
		"chipid pki csca --help                       " + e.tr("an authority in a token of yours", "lập cơ quan cấp thẻ trong token của bạn"),
		"chipid emulate --help                        " + e.tr("a blank chip in a virtual reader", "chip trắng trong đầu đọc ảo"),
		"chipid card issue --help                     " + e.tr("one record onto one chip", "một hồ sơ lên một chip"),
		"chipid print preview --help                  " + e.tr("the faces of a card", "hai mặt thẻ"),
		"chipid file verify " + filepath.Join(out, "cards", "1") + " --trust " + filepath.Join(out, "trust"),
		"chipid file show " + filepath.Join(out, "cards", "1", "EF.DG1.bin"),
	} {
		fmt.Fprintln(w, "  "+line)
	}
}
