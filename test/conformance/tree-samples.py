"""Runs the original fail2ban's filter engine over files of annotated sample lines and prints a JSON report.

usage: tree-samples.py CONFIG_DIR FILTER=SAMPLE_FILE …

Every line is run once for each set of filter options that is in force there. The report has for each filter a list with
one entry for each run: {line, options, expected, found, text}, where "found" lists the failures {host, time, data}.
"""

import json
import os
import re
import sys
import time

os.environ["TZ"] = "UTC"
time.tzset()

from fail2ban.client.filterreader import FilterReader  # noqa: E402
from fail2ban.server.filter import Filter  # noqa: E402
from fail2ban.server.mytime import MyTime  # noqa: E402

DIRECTIVE = re.compile(r"^#+ ?(failJSON|fileOptions|filterOptions|addFILE):(.+)$")
NOW = 1795219200 + 86400  # 2026-11-22 00:00:00 UTC


def make_filter(base, name, options):
    given = {key: value for key, value in options.items() if not key.startswith("test.")}
    given.setdefault("logtype", "file")
    reader = FilterReader(name, "samples", given, basedir=base)
    if not reader.read():
        raise SystemExit("cannot read filter.d/%s under %s" % (name, base))
    reader.getOptions(None)
    engine = Filter(None)
    engine.setUseDns("raw")
    engine.returnRawHost = True
    engine.checkAllRegex = True
    engine.checkFindTime = False
    engine.active = True
    setters = {
        "prefregex": lambda value: setattr(engine, "prefRegex", value),
        "maxlines": lambda value: engine.setMaxLines(value),
        "datepattern": lambda value: engine.setDatePattern(value),
        "addfailregex": lambda value: engine.addFailRegex(value),
        "addignoreregex": lambda value: engine.addIgnoreRegex(value),
        "usedns": lambda value: None,
        "addjournalmatch": lambda value: None,
    }
    for command in reader.convert():
        values = command[3] if command[0] == "multi-set" else [command[3]]
        for value in values:
            setters[command[2]](value)
    return engine, {key: value for key, value in given.items() if not key.startswith("known/")}


def run_line(engine, options, text):
    if options.get("logtype") == "journal":
        failures = engine.processLine(("", MyTime.time2str(NOW), text), NOW)
    else:
        failures = engine.processLine(text)
    found = []
    for _, host, when, data in failures:
        if data.get("nofail") or data.get("mlfpending"):
            continue
        plain = {key: str(value) for key, value in data.items() if key in ("user", "ip4", "ip6", "dns")}
        plain["attempts"] = len(data.get("matches", ()))
        found.append({"host": str(host), "time": when, "data": plain})
    return found


def report_on(base, name, path):
    engines = {}
    option_sets = [{}]
    file_options = {}
    expected = None
    report = []
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    for number, text in enumerate(lines, 1):
        directive = DIRECTIVE.match(text) if expected is None else None
        if directive and directive.group(1) == "failJSON":
            expected = json.loads(directive.group(2))
            continue
        if directive and directive.group(1) == "fileOptions":
            file_options = json.loads(directive.group(2))
            continue
        if directive and directive.group(1) == "filterOptions":
            sets = json.loads(directive.group(2))
            option_sets = [dict(file_options, **one) for one in (sets if isinstance(sets, list) else [sets])]
            continue
        if expected is None and (directive or not text or text.startswith("#")):
            continue
        for options in option_sets:
            key = json.dumps(options, sort_keys=True)
            if key not in engines:
                engines[key] = make_filter(base, options.get("test.filter-name", name), options)
            engine, given = engines[key]
            constraint = (expected or {}).get("constraint")
            if constraint and not eval(constraint, {}, {"name": name, "opts": given}):
                continue
            report.append(
                {
                    "line": number,
                    "options": given,
                    "expected": expected or {"match": False},
                    "found": run_line(engine, given, text),
                    "text": text,
                }
            )
        expected = None
    return report


def main(base, *pairs):
    MyTime.setTime(NOW)
    reports = {}
    for pair in pairs:
        name, path = pair.split("=", 1)
        reports[name] = report_on(base, name, path)
    json.dump(reports, sys.stdout)


main(*sys.argv[1:])
