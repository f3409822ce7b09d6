package console_test

import (
	"bytes"
	"context"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// chromium starts Debian's Chromium; in CI its absence fails the test.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("chromium is missing: the Debian package is chromium")
		}
		t.Skip("chromium is not installed")
	}
	life, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	t.Cleanup(cancel)
	alloc, cancelAlloc := chromedp.NewExecAllocator(life, chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("lang", "en-US"))
	t.Cleanup(cancelAlloc)
	browser, cancelBrowser := chromedp.NewContext(alloc)
	t.Cleanup(cancelBrowser)
	must(t, chromedp.Do(browser)) // starts it
	return browser
}

// tab is a browser of its own: nothing is shared with the others.
func tab(t *testing.T, browser context.Context) context.Context {
	t.Helper()
	c, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	must(t, chromedp.Do(c)) // opens it: a tab ends with the context of its first action
	return c
}

func do(t *testing.T, tab context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	limited, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	if err := chromedp.Do(limited, steps...); err != nil {
		t.Helper()
		shoot(t, tab, "failed")
		t.Fatal(err)
	}
}

func until(t *testing.T, tab context.Context, expression string) {
	t.Helper()
	limited, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	if _, err := chromedp.Run(limited, chromedp.Poll[bool](expression)); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
}

func (w *world) enter(t *testing.T, tab context.Context, name string) {
	t.Helper()
	do(t, tab, chromedp.Navigate(w.url+"/login"))
	do(t, tab, chromedp.SendKeys(chromedp.CSS(`input[name=name]`), name), chromedp.SendKeys(chromedp.CSS(`input[name=password]`), password))
	do(t, tab, chromedp.Click(chromedp.CSS(`main button`)))
	do(t, tab, chromedp.WaitVisible(chromedp.CSS(`.numbers`)))
}

// shoot keeps a picture where CHIPID_PICTURES says, and looks that it is one.
func shoot(t *testing.T, tab context.Context, name string) {
	t.Helper()
	b, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
	must(t, err)
	if _, err := png.DecodeConfig(bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("CHIPID_PICTURES"); dir != "" {
		must(t, os.WriteFile(filepath.Join(dir, name+".png"), b, 0o644))
	}
}

func TestInABrowser(t *testing.T) {
	w := newWorld(t)
	w.fill(140, 120, false)
	browser := chromium(t)
	lan := tab(t, browser)
	w.enter(t, lan, "lan")
	do(t, lan, chromedp.EmulateViewport(1366, 860))
	until(t, lan, `document.querySelector(".calm") !== null && document.querySelectorAll(".troubles li").length === 0`)
	shoot(t, lan, "console-normal")

	// A fault shows by itself, without a reload and without moving what stands below more
	// than it must.
	w.do(func(tx *store.Tx) error {
		if _, err := tx.Report(ctx, store.Station{Name: "S2", Process: "hall-1", State: store.StationHalted, CardID: 118, Message: "printer: the ribbon is empty or torn", Made: 30, Spoiled: 1}); err != nil {
			return err
		}
		return madeUpTo(tx, 121, "S3", 120, card.RejectPending)
	})
	until(t, lan, `document.querySelectorAll(".troubles li").length === 2 && document.querySelector(".stations .halted") !== null`)
	shoot(t, lan, "console-fault")
	do(t, lan, chromedp.Navigate(w.url+"/?lang=vi"), chromedp.EmulateViewport(768, 1024), chromedp.WaitVisible(chromedp.CSS(`.troubles`)))
	shoot(t, lan, "console-fault-tablet-vi")
	// Whatever a finger is to hit is large enough for it.
	small, err := chromedp.Run(lan, chromedp.Evaluate[[]string](`[...document.querySelectorAll("button, nav a, .troubles a")].filter(e => e.getBoundingClientRect().height < 44).map(e => e.textContent)`))
	must(t, err)
	if len(small) > 0 {
		t.Errorf("too small for a finger: %q", small)
	}
	wide, err := chromedp.Run(lan, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`))
	must(t, err)
	if wide {
		t.Error("a tablet has to scroll sideways")
	}

	// Two people in two browsers.
	minh := tab(t, browser)
	w.enter(t, minh, "minh")
	do(t, minh, chromedp.EmulateViewport(1366, 860), chromedp.Navigate(w.url+"/rejects"), chromedp.WaitVisible(chromedp.CSS(`.scan input[name=serial]`)))
	shoot(t, minh, "console-rejects")
	do(t, minh, chromedp.Click(chromedp.CSS(`tr.warn td a`)), chromedp.WaitVisible(chromedp.CSS(`form[action="/rejects/confirm"]`)))
	do(t, minh, chromedp.SendKeys(chromedp.CSS(`form[action="/rejects/confirm"] input[type=password]`), password), chromedp.Click(chromedp.CSS(`form[action="/rejects/confirm"] button`)), chromedp.WaitVisible(chromedp.CSS(`.said`)))
	do(t, lan, chromedp.Navigate(w.url+"/approvals"), chromedp.WaitVisible(chromedp.CSS(`.decide form`)))
	shoot(t, lan, "console-approval-vi")
	do(t, lan, chromedp.SendKeys(chromedp.CSS(`.decide input[type=password]`), password), chromedp.Click(chromedp.CSS(`.decide button`)), chromedp.WaitVisible(chromedp.CSS(`.said`)))
	w.do(func(tx *store.Tx) error {
		c, err := tx.Card(ctx, 121)
		if c.State != card.RejectConfirmed {
			t.Errorf("after two people the card is %s", c.State)
		}
		return err
	})
	// The stream brings it to the page that is open elsewhere.
	do(t, minh, chromedp.Navigate(w.url+"/rejects"), chromedp.WaitVisible(chromedp.CSS(`main table`)))
	until(t, minh, `document.querySelectorAll("tr.warn").length === 0`)
}
