"""Runs cases through fail2ban's own counting and banning; JSON in, JSON out."""
import json
import logging
import os
import sys

from fail2ban.server.banmanager import BanManager
from fail2ban.server.database import Fail2BanDb
from fail2ban.server.failmanager import FailManager
from fail2ban.server.jail import Jail
from fail2ban.server.mytime import MyTime
from fail2ban.server.observer import ObserverThread
from fail2ban.server.ticket import BanTicket, FailTicket

logging.getLogger("fail2ban").setLevel(logging.CRITICAL + 10)


def run_counting(case):
    manager = FailManager()
    manager.setMaxRetry(case["maxretry"])
    manager.setMaxTime(case["findtime"])
    manager.maxMatches = case["maxmatches"]
    out = []
    for step in case["steps"]:
        if step["purge"]:
            manager.cleanup(step["time"])
        ticket = FailTicket(
            step["id"], step["time"], matches=list(step["lines"]), data={"failures": step["attempts"]}
        )
        retry = manager.addFailure(ticket, step["count"])
        record = [retry, manager.size(), manager.getFailTotal()]
        if retry >= case["maxretry"]:
            ban = manager.toBan(step["id"])
            record += [ban.getTime(), ban.getAttempt(), ban.getMatches()]
        out.append(record)
    return out


def run_banning(case):
    manager = BanManager()
    manager.setBanTime(case["bantime"])
    out = []
    for step in case["steps"]:
        MyTime.setTime(step["now"])
        over = sorted(str(ticket.getID()) for ticket in manager.unBanList(step["now"]))
        reason = {}
        added = manager.addBanTicket(BanTicket(step["id"], step["time"]), reason)
        kind = "ban" if added else "expired" if "expired" in reason else "already-banned"
        out.append([over, kind, manager.size(), manager.getBanTotal(), None])
        if kind != "expired":
            ends = {
                str(t.getID()): t.getEndOfBanTime(manager.getBanTime())
                for t in manager._BanManager__banList.values()
            }
            out[-1][4] = ends
    return out


def run_growth(case):
    jail = Jail("j", backend="polling")
    for option, value in case["options"].items():
        jail.setBanTimeExtra(option, value)
    observer = ObserverThread()
    return [observer.calcBanTime(jail, case["base"], count) for count in range(1, 26)]


def run_growing(case):
    MyTime.setTime(case["steps"][0]["time"])
    db = Fail2BanDb(":memory:")
    jail = Jail("j", backend="polling", db=db)
    db.addJail(jail)
    for option, value in case["options"].items():
        jail.setBanTimeExtra(option, value)
    # The observer does nothing for jails whose threads do not run.
    jail.isAlive = lambda: True
    manager = jail.filter.failManager
    manager.setMaxRetry(case["maxretry"])
    manager.setMaxTime(case["findtime"])
    jail.actions.setBanTime(case["bantime"])
    bans = BanManager()
    bans.setBanTime(case["bantime"])
    observer = ObserverThread()
    observer.add_timer = lambda *args: None
    purged = 0
    out = []
    for step in case["steps"]:
        now = step["time"]
        MyTime.setTime(now)
        bans.unBanList(now)
        if now - purged >= 5:
            purged = now
            manager.cleanup(now - 5)
        ticket = FailTicket(step["id"], now, matches=[step["line"]])
        attempts = manager.addFailure(ticket)
        if attempts >= manager.getMaxRetry():
            jail.filter.performBan(step["id"])
        else:
            observer.failureFound(jail, ticket)
        record = []
        while True:
            found = jail.getFailTicket()
            if not found:
                break
            ban = BanTicket.wrap(found)
            btime = ban.getBanTime(bans.getBanTime())
            if bans.addBanTicket(ban, {}):
                observer.banFound(ban, jail, btime)
                record.append(
                    [
                        str(ban.getID()),
                        ban.getTime(),
                        ban.getBanTime(bans.getBanTime()),
                        ban.getBanCount(),
                        ban.getAttempt(),
                        ban.getMatches(),
                    ]
                )
            else:
                record.append([str(ban.getID()), "already"])
        out.append(record)
    return out


KINDS = {"counting": run_counting, "banning": run_banning, "growth": run_growth, "growing": run_growing}
cases = json.load(sys.stdin)
json.dump([KINDS[case["kind"]](case) for case in cases], sys.stdout)
sys.stdout.flush()
os._exit(0)
