"""Reads configuration folders with the installed fail2ban and prints, for each, what its client would send.

Input: a JSON list of {"directory": …, "jail": …, "missing": bool, "write": {name: text}} on stdin; files to write go
into the folder before it is read. Output: a JSON list of {"lines": […], "pretty": …} or {"error": …}.
"""
import json
import logging
import os
import sys
from pprint import pformat

sys.path.insert(0, "/usr/lib/python3/dist-packages")
logging.disable(logging.CRITICAL)
from fail2ban.client.configurator import Configurator  # noqa: E402


def read(request):
    for name, text in request.get("write", {}).items():
        with open(os.path.join(request["directory"], name), "w") as file:
            file.write(text)
    reader = Configurator()
    reader.setBaseDir(request["directory"])
    reader.readAll()
    early = reader.getEarlyOptions()
    main = {key: early[key] for key in ("loglevel", "logtarget", "syslogsocket")}
    reader.getOptions(request.get("jail"), main, ignoreWrong=True)
    reader.convertToProtocol(allow_no_files=request.get("missing", True))
    stream = reader.getConfigStream()
    return {
        "lines": [repr(command) for command in stream],
        "pretty": "".join(pformat(command, width=1000, indent=2) + "\n" for command in stream),
    }


def answer(request):
    try:
        return read(request)
    except RecursionError:
        return {"error": "RecursionError"}
    except Exception as error:
        return {"error": ("%s: %s" % (type(error).__name__, error))[:500]}


json.dump([answer(request) for request in json.load(sys.stdin)], sys.stdout)
