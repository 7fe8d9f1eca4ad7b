"""Opens a database with fail2ban's own class; the request (JSON) says what to do, the answer says what it saw."""
import json
import logging
import os
import sys

from fail2ban.server.database import Fail2BanDb
from fail2ban.server.jail import Jail
from fail2ban.server.mytime import MyTime
from fail2ban.server.ticket import FailTicket

logging.getLogger("fail2ban").setLevel(logging.CRITICAL + 10)
request = json.load(sys.stdin)
MyTime.setTime(request["now"])
db = Fail2BanDb(request["path"], purgeAge=86400)
db.maxMatches = request.get("maxMatches", 10)


def show(ticket):
    return {
        "id": str(ticket.getID()),
        "time": ticket.getTime(),
        "bantime": ticket.getBanTime(),
        "bancount": ticket.getBanCount(),
        "failures": ticket.getAttempt(),
        "matches": ["".join(m) if isinstance(m, (list, tuple)) else m for m in ticket.getMatches()],
        "user": ticket.getData("user"),
    }


jails = {}
for name in request["jails"]:
    jails[name] = Jail(name, backend="polling", db=db)
    db.addJail(jails[name])
for ban in request.get("add", []):
    ticket = FailTicket(ban["id"], ban["time"], matches=ban["matches"], data={"failures": ban["failures"]})
    if ban.get("user") is not None:
        ticket.setData("user", ban["user"])
    ticket.setBanTime(ban["bantime"])
    ticket.setBanCount(ban["bancount"])
    db.addBan(jails[ban["jail"]], ticket)
for jail, name in request.get("delete", []):
    db.delBan(jails[jail], name)
if request.get("purge"):
    db.purge()


def restore(jail, rule):
    """What comes back at the start of a jail with these settings."""
    jail.actions.setBanTime(rule["bantime"])
    jail.filter.failManager.maxMatches = 100
    if rule["increment"]:
        jail.setBanTimeExtra("increment", "true")
    if rule["increment"] and rule["cap"] is not None:
        jail.setBanTimeExtra("maxtime", rule["cap"])
    jail.restoreCurrentBans()
    tickets = []
    while True:
        ticket = jail.getFailTicket()
        if not ticket:
            return [show(one) for one in tickets]
        tickets.append(ticket)


def column(sql):
    """The database class itself gives only the first row of these."""
    return sorted(row[0] for row in db._db.execute(sql))


answer = {
    "jails": column("SELECT name FROM jails"),
    "logs": column("SELECT DISTINCT path FROM logs"),
    "bans": {},
    "history": {},
    "merged": {},
}
for name, jail in jails.items():
    answer["bans"][name] = restore(jail, request["rule"])
for name in request["ids"]:
    answer["history"][name] = [
        [list(row) for row in db.getBan(name, jail, overalljails=overall)]
        for jail, overall in [(jails[request["jails"][0]], False), (None, True)]
    ]
    merged = db.getBansMerged(name)
    own = db.getBansMerged(name, jail=jails[request["jails"][0]])
    answer["merged"][name] = [show(one) if one else None for one in (merged, own)]
db.close()
json.dump(answer, sys.stdout)
sys.stdout.flush()
os._exit(0)
