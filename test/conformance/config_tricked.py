"""Feeds lines to filters of the installed fail2ban and prints who they accuse.

Input: a JSON list of {"directory": …, "jail": …, "line": …} on stdin, lines as Python writes them. Output: a JSON list
of the addresses that the first regex to match names, or null.
"""
import ast
import json
import logging
import sys

sys.path.insert(0, "/usr/lib/python3/dist-packages")
logging.disable(logging.CRITICAL)
from fail2ban.client.jailsreader import JailsReader  # noqa: E402
from fail2ban.server.filter import Filter  # noqa: E402
from fail2ban.server.jail import Jail  # noqa: E402


def make_filter(directory, name):
    reader = JailsReader(basedir=directory, force_enable=True)
    reader.read()
    reader.getOptions(name)
    jail_filter = Filter(Jail(name, backend="polling"))
    jail_filter.checkFindTime = False
    # Otherwise lines that only tell the address of a session give nothing.
    jail_filter.checkAllRegex = True
    setters = {
        "prefregex": lambda value: setattr(jail_filter, "prefRegex", value),
        "usedns": jail_filter.setUseDns,
        "maxlines": jail_filter.setMaxLines,
        "addfailregex": jail_filter.addFailRegex,
        "addignoreregex": jail_filter.addIgnoreRegex,
    }
    for command in reader.convert(allow_no_files=True):
        if command[0] == "set" and command[2] in setters:
            setters[command[2]](command[3])
        elif command[0] == "multi-set" and command[2] in setters:
            for value in command[3]:
                setters[command[2]](value)
    return jail_filter


def accused(request):
    line = ast.literal_eval(request["line"])
    found = make_filter(request["directory"], request["jail"]).findFailure(("", "", line), 1000.0)
    return str(found[0][1]) if found else None


json.dump([accused(request) for request in json.load(sys.stdin)], sys.stdout)
