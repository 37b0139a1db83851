#!/usr/bin/env python3
"""Writes the results of benches/whole.sh as the Markdown tables of BENCHMARKS.md.

tables.py FOLDER CORES RUNS SMALLER

FOLDER holds LOG.WHAT.ROUND.json (hyperfine's seconds), LOG.WHAT.peak (KiB, several times) and C.report.bytes.
"""

import glob
import json
import os
import statistics
import sys

LOGS = {
    "A": "2.85 M lines, addresses in bursts, logins",
    "B": "1 M lines, 8,000 addresses × 309 names",
    "C": "10 M lines, 50,000 addresses",
    "D": "the first 2,000 lines of A",
    "E": "2 M lines, each with an address and a name of its own",
}

# What is wanted: the log, what is measured, the most that it may be, and how it is written.
LIMITS = [
    ("A", "summary ÷ pipe", 0.28, "{:.2f}"),
    ("A", "summary ÷ reading", 1.4, "{:.2f}"),
    ("A", "peak of the summary", 200, "{:.0f} MiB"),
    ("A", "peak where the log is there twice ÷ once", 1.1, "{:.2f}"),
    ("A", "reading ÷ pipe", 0.14, "{:.2f}"),
    ("A", "peak of reading", 130, "{:.0f} MiB"),
    ("B", "summary ÷ pipe", 0.30, "{:.2f}"),
    ("B", "summary ÷ reading", 1.8, "{:.2f}"),
    ("B", "peak of the summary", 250, "{:.0f} MiB"),
    ("C", "summary ÷ pipe", 0.42, "{:.2f}"),
    ("C", "reading ÷ pipe", 0.30, "{:.2f}"),
    ("C", "summary ÷ reading", 1.4, "{:.2f}"),
    ("C", "peak of the summary", 400, "{:.0f} MiB"),
    ("C", "the report", 12, "{:.1f} s"),
    ("C", "peak of the report", 800, "{:.0f} MiB"),
    ("C", "size of the report", 8, "{:.1f} MB"),
    ("D", "the summary", 40, "{:.0f} ms"),
    ("D", "peak of the summary", 60, "{:.0f} MiB"),
    ("E", "summary ÷ reading", 2, "{:.2f}"),
    ("E", "peak of the summary", 900, "{:.0f} MiB"),
]

RIVALS = [
    ("no-geo", "rapsheet --no-geo"),
    ("geo", "rapsheet, built-in geo"),
    ("pipe", "grep, grep -o, sort, uniq -c, sort"),
    ("utf8", "the same in the locale C.UTF-8"),
]


class Results:
    """The numbers of a folder; nothing where something was not measured."""

    def __init__(self, folder):
        self.folder = folder

    def times(self, log, what):
        times = []
        for path in glob.glob(os.path.join(self.folder, f"{log}.{what}.*.json")):
            with open(path, encoding="utf-8") as file:
                times += json.load(file)["results"][0]["times"]
        return times

    def seconds(self, log, what):
        # The median: now and then a shared machine is slow to give memory, and a mean is then a tale of that.
        times = self.times(log, what)
        return statistics.median(times) if times else None

    def mebibytes(self, log, what):
        try:
            with open(os.path.join(self.folder, f"{log}.{what}.peak"), encoding="utf-8") as file:
                return statistics.median(int(line) for line in file) / 1024
        except FileNotFoundError:
            return None

    def megabytes_of_report(self):
        try:
            with open(os.path.join(self.folder, "C.report.bytes"), encoding="utf-8") as file:
                return int(file.read()) / 1e6
        except FileNotFoundError:
            return None

    def ratio(self, one, other):
        return one / other if one is not None and other else None

    def measured(self, log, what):
        """What a limit is about."""
        if " ÷ " in what and not what.startswith("peak"):
            one, other = what.split(" ÷ ")
            return self.ratio(self.seconds(log, one), self.seconds(log, other))
        milliseconds = self.seconds(log, "summary")
        return {
            "peak of the summary": self.mebibytes(log, "summary"),
            "peak of reading": self.mebibytes(log, "reading"),
            "peak of the report": self.mebibytes(log, "report"),
            "peak where the log is there twice ÷ once": self.ratio(self.mebibytes(log, "twice"), self.mebibytes(log, "summary")),
            "the report": self.seconds(log, "report"),
            "the summary": milliseconds and milliseconds * 1000,
            "size of the report": self.megabytes_of_report(),
        }[what]


def shown(form, value):
    return "–" if value is None else form.format(value)


def shapes(results):
    logs = [log for log in LOGS if results.seconds(log, "summary")]
    if not logs:
        return
    print("| log | reading alone | summary | pipe | summary ÷ pipe | summary ÷ reading | peak: reading → summary |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for log in logs:
        reading, summary, pipe = (results.seconds(log, what) for what in ("reading", "summary", "pipe"))
        cells = [
            f"{log}: {LOGS[log]}",
            shown("{:.3f} s", reading),
            shown("{:.3f} s", summary),
            shown("{:.3f} s", pipe),
            shown("{:.2f}", results.ratio(summary, pipe)),
            shown("{:.2f}", results.ratio(summary, reading)),
            f"{shown('{:.0f}', results.mebibytes(log, 'reading'))} → {shown('{:.0f} MiB', results.mebibytes(log, 'summary'))}",
        ]
        print(f"| {' | '.join(cells)} |")
    print("\n| log | what | measured | limit | |")
    print("|---|---|--:|--:|---|")
    for log, what, limit, form in LIMITS:
        value = results.measured(log, what)
        if value is not None:
            verdict = "kept" if value <= limit else f"missed: {value / limit:.2f} × the limit"
            digits = form if "÷" in what else form.replace(":.1f", ":g").replace(":.0f", ":g")
            print(f"| {log} | {what} | {form.format(value)} | ≤ {digits.format(limit)} | {verdict} |")
    print()


def rivals(results, smaller):
    pipe = results.seconds("million", "pipe")
    if pipe is None:
        return
    print("| lines | command | seconds: median (least to most) | against the pipe | peak memory |")
    print("|--:|---|--:|--:|--:|")
    lines = f"{1 / smaller:g} M"
    for what, command in RIVALS:
        times = results.times("million", what)
        median = statistics.median(times)
        span = f"{median:.3f} ({min(times):.3f} to {max(times):.3f})"
        peak = shown("{:.0f} MiB", results.mebibytes("million", what))
        print(f"| {lines} | {command} | {span} | {pipe / median:.2f} × as fast | {peak} |")
    part = results.seconds("million", "fail2ban")
    if part is not None:
        print(f"| {lines} | fail2ban-regex (a tenth, times ten) | {part * 10:.1f} | {pipe / (part * 10):.3f} × as fast | – |")


def main():
    folder, cores, runs, smaller = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    results = Results(folder)
    print(f"On {cores} cores, one run of `benches/whole.sh`: medians of {runs} rounds in which the commands take turns; the files are in the page cache.")
    if smaller > 1:
        print(f"The logs have {smaller} times fewer lines than the tables say: these numbers only show that the script works.")
    print()
    shapes(results)
    rivals(results, smaller)


if __name__ == "__main__":
    main()
