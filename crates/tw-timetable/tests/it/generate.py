"""Records what a stock Airflow answers, for the differential tests beside this file.

Run with the Python of a stock Airflow 3 installation; writes next to itself:

    syntax.tsv      expression, whether it can be read
    cron.tsv        expression, zone, instant, the point before, the point after
    walk.tsv        expression, zone, start, the next points after it across a change of the clock
    timetable.tsv   last interval, earliest, latest, catchup, now, next interval
    manual.tsv      run_after, interval of a manual run

In the last two a line with a timetable stands before the lines that are about it.

Instants at which Airflow's own answer depends on where it is asked from are left out; each
omission is explained where it is made. The output is the same on every run.
"""

import datetime as dt
import json
import pathlib
import random
from unittest import mock

import pendulum
from airflow.timetables.base import TimeRestriction
from airflow.timetables.events import EventsTimetable
from airflow.timetables.interval import CronDataIntervalTimetable, DeltaDataIntervalTimetable
from airflow.timetables.simple import ContinuousTimetable, OnceTimetable
from airflow.timetables.trigger import (
    CronTriggerTimetable,
    DeltaTriggerTimetable,
    MultipleCronTriggerTimetable,
)
from croniter import croniter
from dateutil.relativedelta import relativedelta

HERE = pathlib.Path(__file__).parent
UTC = pendulum.timezone("UTC")
SEED = 20240331
ZONES = [
    "UTC",
    "Europe/Zurich",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Tehran",
]


def instant(text):
    return pendulum.parse(text, tz=UTC)


def show(at):
    if at is None:
        return "-"
    at = at.astimezone(dt.UTC)
    text = at.strftime("%Y-%m-%dT%H:%M:%S")
    return text + (f".{at.microsecond:06}" if at.microsecond else "") + "Z"


def show_interval(interval):
    return "-" if interval is None else f"{show(interval.start)}/{show(interval.end)}"


def write(name, rows):
    text = "".join("\t".join(row) + "\n" for row in rows)
    (HERE / name).write_text(text)


# -- syntax ------------------------------------------------------------------------------------

SYNTAX = """
* * * * *|*/5 * * * *|0 0 * * 7|0 0 * * 8|60 * * * *|0 24 * * *|0 0 0 * *|0 0 32 * *|0 0 * 0 *
0 0 * 13 *|0 0 L * *|0 0 l,15 * *|0 0 L-3 * *|0 0 25-L * *|0 0 L/2 * *|0 0 15W * *|0 0 W15 * *
0 0 LW * *|0 0 1,15W * *|0 0 * * 1#1|0 0 * * MON#2|0 0 * * 1#6|0 0 * * 1#0|0 0 * * 1-5#2
0 0 * * mon-fri#2|0 0 * * 7#1|0 0 * * L5|0 0 * * L7|0 0 * * 5L|0 0 * * L|0 0 * * 1,2#3|0 0 * * ,
0 0 * JAN *|0 0 * jan-mar *|0 0 * MON *|0 0 * * JAN|0 0 * * SUN-SAT|0 0 * * sat-sun|0 0 ? * ?
? 0 * * *|0 ? * * *|0 0 * ? *|0 0 ?,1 * *|0 0 * * *,1|* */2,5 * * *|1-5/2 * * * *|5-1/2 * * * *
1/5 * * * *|59/15 * * * *|*/0 * * * *|*/61 * * * *|1-1 * * * *|1--5 * * * *|-1 * * * *|1- * * * *
1,,2 * * * *|1, * * * *|,1 * * * *|a * * * *|*-5 * * * *|5-* * * * *|5/5/5 * * * *|/5 * * * *
* * * *|* * * * * *|* * * * * * *|* * * * * * * *|0 0 * * * 30|0 0 * * * 60|0 0 * * * */10
0 0 1 1 * 0 2030|0 0 1 1 * 0 2100|0 0 1 1 * 0 1969|0 0 1 1 * 0 2030-2040/3|H * * * *|h(0-5) * * * *
@hourly|@daily|@midnight|@weekly|@monthly|@yearly|@annually|@quarterly|@reboot|@DAILY|0 0 * * 0-7
0 0 * * 5-7|0 0 * * 7-2|0 0 30-0 * *|0 0 5-31/7 * *|0 0 30 2 *|00 01 01 01 *|007 * * * *|0 0 * * sunday
1.5 * * * *|1+1 * * * *|0 0 1-31 * 1|0 0 */1 * 1|0 0 * 2-1 *|0 0 * * tue#5,l3|0 0 * * 2,tue#5
"""


def syntax_rows():
    from airflow.utils.dates import cron_presets

    for text in SYNTAX.strip().replace("\n", "|").split("|"):
        try:
            croniter(cron_presets.get(text, text))
            yield text, "accepted"
        except ValueError:
            yield text, "refused"


# -- cron points -------------------------------------------------------------------------------

FIXED = [
    "0 0 * * *", "30 6 * * *", "*/15 9-17 * * 1-5", "0 0 1 * *", "0 0 L * *", "0 12 31 * *",
    "0 0 29 2 *", "15 3 1,15 * 1", "0 8 * * MON#1", "0 8 * * L5", "0 0 15W * *", "0 0 1W * *",
    "0 0 31W * *", "5 4 * JAN-MAR,oct sun", "0 22 * * 5-7", "0 22 * * sat-mon", "10-50/20 */6 * * *",
    "0 0 */10 * 2", "0 0 1-31 * 3", "0 0 1-31 * */3", "0 0 * 11-2 *", "50-10/15 1-3 * * *",
    "7/13 5 * 4-1/3 *", "0 0 13 * 5", "1 2 3 4 5", "0 3 * * * 30", "*/20 3 * * * */25",
    "0 0 1 1 * 0 2020-2030/5", "59/15 23/5 * * *", "0 0 10,L * 1", "0 0 5#2 * *", "0 0 2 * mon#2",
    "0 0 W2 * 3", "0 0 * 2 1-5", "45 23 28-31 * *", "0 1 * * 1-1", "0 7 30 4,6 *", "0 0 l 2 *",
]  # fmt: skip
HOURLY = ["* * * * *", "*/7 * * * *", "5,35 * * * *", "0 0-23 * * *", "20 * * * * 10", "* * * * * */15"]
HOURLY_SOME_DAYS = ["30 * * * 1", "*/25 * 1 * *", "0 * 31 12 *", "10 * * * 2#1"]


def changes(zone):
    """Every change of the zone's clock from 2000 to 2030, to the hour."""
    tz = pendulum.timezone(zone)
    at = pendulum.datetime(2000, 1, 1, tz="UTC")
    end = pendulum.datetime(2030, 1, 1, tz="UTC")
    found = []
    offset = at.in_timezone(tz).utcoffset()
    while at < end:
        at = at.add(hours=1)
        now = at.in_timezone(tz).utcoffset()
        if now != offset:
            found.append(at)
            offset = now
    return found


CHANGES = {zone: changes(zone) for zone in ZONES}


def is_near_change(zone, at, hours=26):
    return any(abs((change - at).total_seconds()) <= hours * 3600 for change in CHANGES[zone])


def is_across_change(zone, low, high):
    return any(low <= change <= high for change in CHANGES[zone])


def random_instant(rng):
    # Years whose clock changes are history: predictions differ between releases of the zone data.
    at = pendulum.datetime(2011, 1, 1, tz="UTC").add(seconds=rng.randrange(13 * 365 * 86400))
    return rng.choice([at, at.start_of("minute"), at.start_of("hour"), at.start_of("day"), at.add(microseconds=250000)])


def cron_rows():
    rng = random.Random(SEED)
    for expression in FIXED + HOURLY + HOURLY_SOME_DAYS:
        count = 0
        while count < 6:
            zone = rng.choice(ZONES)
            at = random_instant(rng)
            timetable = CronTriggerTimetable(expression, timezone=zone)
            try:
                before, after = timetable._get_prev(at), timetable._get_next(at)
            except ValueError:
                # A year that is over, or croniter's refusal to join # with an unlucky day.
                count += 1
                continue
            if rng.random() < 0.3:
                # Ask at a point itself.
                at, before, after = after, timetable._get_prev(after), timetable._get_next(after)
            # Within a day of a change the answer depends on where it is asked from (S-2.29). An
            # hourly expression limited to some days also adds elapsed time across a change.
            if any(is_near_change(zone, it) for it in (at, before, after)):
                continue
            if expression in HOURLY_SOME_DAYS and is_across_change(zone, before, after):
                continue
            count += 1
            yield expression, zone, show(at), show(before), show(after)


WALK_ZONES = {
    "Europe/Zurich": ["2024-03-31T01:00:00", "2024-10-27T01:00:00"],
    "America/New_York": ["2024-03-10T07:00:00", "2024-11-03T06:00:00"],
    "America/Sao_Paulo": ["2018-11-04T03:00:00", "2018-02-18T02:00:00"],
    "Asia/Beirut": ["2022-03-26T22:00:00", "2022-10-29T21:00:00"],
}
WALKS = [
    "0 2 * * *", "30 2 * * *", "*/30 2 * * *", "0 */2 * * *", "15,45 1-3 * * *", "30 0 * * *", "0 1 * * *",
    "30 * * * *", "*/30 * * * *", "0 0 * * 0", "20 0,3 * * *",
]  # fmt: skip


def walk_rows():
    for expression in WALKS:
        for zone, texts in WALK_ZONES.items():
            for change in map(instant, texts):
                timetable = CronTriggerTimetable(expression, timezone=zone)
                at = change.subtract(hours=27)
                points = []
                while at < change.add(hours=27) and len(points) < 10:
                    if not points and at < change.subtract(hours=4) and expression.split()[1] == "*":
                        at = change.subtract(hours=4)
                    at = timetable._get_next(at)
                    points.append(at)
                start = change.subtract(hours=4 if expression.split()[1] == "*" else 27)
                yield expression, zone, show(start), " ".join(map(show, points))


# -- timetables --------------------------------------------------------------------------------


def step(value):
    if isinstance(value, dt.timedelta):
        return {"fixed": value.total_seconds()}
    fields = "years months days hours minutes seconds year month day hour minute second microsecond"
    found = {name: getattr(value, name) for name in fields.split() if getattr(value, name)}
    if value.weekday is not None:
        found["weekday"] = [value.weekday.weekday, value.weekday.n or 1]
    return {"calendar": found}


def cron_trigger(*expressions, zone="UTC", interval=dt.timedelta(), run_immediately=None):
    immediately = "always" if run_immediately is True else "within_buffer"
    if isinstance(run_immediately, dt.timedelta):
        immediately = {"within": run_immediately.total_seconds()}
    described = {
        "kind": "cron_trigger",
        "expressions": list(expressions),
        "timezone": zone,
        "interval": step(interval),
        "run_immediately": immediately,
    }
    kind = CronTriggerTimetable if len(expressions) == 1 else MultipleCronTriggerTimetable
    return described, kind(*expressions, timezone=zone, interval=interval, run_immediately=run_immediately)


def cron_data_interval(expression, zone="UTC"):
    described = {"kind": "cron_data_interval", "expression": expression, "timezone": zone}
    return described, CronDataIntervalTimetable(expression, pendulum.timezone(zone))


def delta_trigger(delta, interval=dt.timedelta()):
    described = {"kind": "delta_trigger", "delta": step(delta), "interval": step(interval)}
    return described, DeltaTriggerTimetable(delta, interval=interval)


def delta_data_interval(delta):
    return {"kind": "delta_data_interval", "delta": step(delta)}, DeltaDataIntervalTimetable(delta)


def events(*texts, restrict=False):
    dates = [instant(text) for text in texts]
    described = {
        "kind": "events",
        "event_dates": [show(date) for date in dates],
        "restrict_to_events": restrict,
        "description": None,
    }
    return described, EventsTimetable(dates, restrict_to_events=restrict)


TIMETABLES = [
    ({"kind": "once"}, OnceTimetable()),
    ({"kind": "continuous"}, ContinuousTimetable()),
    cron_trigger("0 6 * * *"),
    cron_trigger("*/10 * * * *", zone="Asia/Kolkata", run_immediately=dt.timedelta(minutes=3)),
    cron_trigger("0 0 * * 1-5", zone="America/New_York", run_immediately=True),
    cron_trigger("0 0 1 * *", interval=relativedelta(months=1)),
    cron_trigger("0 6 * * *", "30 18 * * *", "0 */6 * * 6"),
    delta_trigger(dt.timedelta(hours=7)),
    delta_trigger(relativedelta(months=1), interval=dt.timedelta(days=1)),
    cron_data_interval("0 6 * * *"),
    cron_data_interval("0 0 1 * *", zone="Europe/Zurich"),
    delta_data_interval(dt.timedelta(hours=7)),
    delta_data_interval(dt.timedelta(minutes=90, microseconds=500000)),
    delta_data_interval(relativedelta(months=1)),
    delta_data_interval(relativedelta(days=1, hours=12)),
    delta_data_interval(relativedelta(weeks=1, weekday=0, hour=5)),
    events("2024-01-20T00:00:00", "2024-01-31T12:00:00", "2024-05-15T09:30:00", "2024-07-01T00:00:00"),
    events("2024-01-31T12:00:00", "2024-05-15T09:30:00", restrict=True),
]
NOW, ON_DAY_31, ON_POINT = NOWS = ["2024-05-15T09:32:10", "2024-01-31T12:00:00", "2024-05-15T06:00:00"]
PAST, FUTURE, END = "2024-01-31T08:15:00", "2024-06-01T00:00:00", "2024-05-15T09:31:00"
SITUATIONS = [
    (now, earliest, None, catchup)
    for now, earliest in [(NOW, None), (NOW, PAST), (NOW, FUTURE), (ON_DAY_31, PAST), (ON_POINT, PAST)]
    for catchup in (False, True)
] + [
    (ON_DAY_31, None, None, False),
    (NOW, None, END, False),
    (NOW, PAST, END, False),
    (NOW, PAST, END, True),
]
SEQUENCE = 2


def is_comparable(described, last, restriction, now):
    """Leaves out what Tradewind does differently on purpose."""
    kind = described["kind"]
    if kind == "continuous" and last is not None and (last.start == last.end or last.end > now):
        return False  # Airflow plans a second run with the first one's logical date.
    if kind == "events" and last is not None and not restriction.catchup:
        return False  # Airflow forgets an event that passed between two evaluations (S-2.21).
    return True


def next_interval(timetable, last, restriction, now):
    with (
        mock.patch("airflow.timetables.trigger.utcnow", return_value=now),
        mock.patch("airflow.timetables.interval.utcnow", return_value=now),
        mock.patch("airflow._shared.timezones.timezone.utcnow", return_value=now),
        mock.patch("airflow.timetables.trigger.time.time", return_value=now.timestamp()),
    ):
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
    if info is None:
        return None
    assert info.run_after == info.data_interval.end and info.logical_date == info.data_interval.start
    return info.data_interval


def timetable_rows():
    for described, timetable in TIMETABLES:
        yield (json.dumps(described, separators=(",", ":")),)
        for now, earliest, latest, catchup in SITUATIONS:
            now = instant(now)
            restriction = TimeRestriction(earliest and instant(earliest), latest and instant(latest), catchup)
            last = None
            # A few runs in a row; time passes a little between two of them.
            for _ in range(SEQUENCE):
                if not is_comparable(described, last, restriction, now):
                    break
                found = next_interval(timetable, last, restriction, now)
                limits = show(restriction.earliest), show(restriction.latest)
                flag = "catchup" if catchup else "skip"
                yield show_interval(last), *limits, flag, show(now), show_interval(found)
                if found is None:
                    break
                last, now = found, now.add(minutes=20)


def manual_rows():
    for described, timetable in TIMETABLES:
        yield (json.dumps(described, separators=(",", ":")),)
        for now in NOWS:
            interval = timetable.infer_manual_data_interval(run_after=instant(now))
            yield show(instant(now)), show_interval(interval)


if __name__ == "__main__":
    write("syntax.tsv", syntax_rows())
    write("cron.tsv", cron_rows())
    write("walk.tsv", walk_rows())
    write("timetable.tsv", timetable_rows())
    write("manual.tsv", manual_rows())
