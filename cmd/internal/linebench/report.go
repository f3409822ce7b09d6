package main

import (
	"fmt"
	"io"
	"time"
)

// tell writes what the stations of several days did, a column each.
func tell(out io.Writer, cores int, days []*outcome) {
	fmt.Fprintf(out, "A line of %s on a host of %d cores: real line, modelled link, chips and printers (docs/model.md)\n\n", profile, cores)
	row := func(name string, value func(o *outcome) string) {
		fmt.Fprintf(out, "%-44s", name)
		for _, o := range days {
			fmt.Fprintf(out, " %12s", value(o))
		}
		fmt.Fprintln(out)
	}
	per := func(d time.Duration, o *outcome) string {
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)/float64(max(o.made, 1)))
	}
	row("stations", func(o *outcome) string { return fmt.Sprint(o.stations) })
	row("cards", func(o *outcome) string { return fmt.Sprint(o.made) })
	row("cards an hour", func(o *outcome) string { return fmt.Sprintf("%.0f", o.perHour) })
	fmt.Fprintln(out, "\nmodelled time of a card in its station")
	row("  feed, move, print, flip, eject", func(o *outcome) string { return per(o.mechanics, o) })
	row("  chip", func(o *outcome) string { return per(o.silicon, o) })
	row("  link", func(o *outcome) string { return per(o.link, o) })
	row("  host", func(o *outcome) string { return per(o.waited(), o) })
	fmt.Fprintln(out, "\nwhat of the host it waits for")
	for c := range causes {
		row("  "+causeNames[c], func(o *outcome) string { return per(o.by[c], o) })
	}
	row("  not explained", func(o *outcome) string {
		d := o.waited()
		for _, x := range o.by {
			d -= x
		}
		return per(d, o)
	})
	fmt.Fprintln(out, "\nshare of the time without the mechanics")
	row("  chip and link", func(o *outcome) string { return fmt.Sprintf("%.2f %%", o.share(o.encoded)) })
	row("  host", func(o *outcome) string { return fmt.Sprintf("%.2f %%", o.share(o.waited())) })
	row("share of all time in station: host", func(o *outcome) string {
		return fmt.Sprintf("%.2f %%", 100*float64(o.waited())/float64(o.inStation))
	})
	fmt.Fprintln(out, "\nreal processor time of the host for a card")
	row("  at the station", func(o *outcome) string { return per(o.stationCPU, o) })
	row("  prepared: record, plan, both faces", func(o *outcome) string { return per(o.prepareCPU, o) })
	row("  queue, heartbeats, collector, the model", func(o *outcome) string { return per(o.otherCPU, o) })
	row("  all", func(o *outcome) string { return per(o.hostCPU()*time.Duration(o.made), o) })
	row("apart: virtual chips", func(o *outcome) string { return per(o.chipCPU, o) })
	row("a commit until it is durable", func(o *outcome) string { return fmt.Sprintf("%.2f ms", float64(o.commit)/float64(time.Millisecond)) })
	row("commits of a card, heartbeats included", func(o *outcome) string { return fmt.Sprintf("%.1f", float64(o.commits)/float64(max(o.made, 1))) })
	row("exchanges of a card", func(o *outcome) string { return fmt.Sprintf("%.0f", float64(o.exchanges)/float64(max(o.made, 1))) })
	fmt.Fprintln(out)
}
