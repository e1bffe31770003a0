"""The real beat with its real schedule, but a tick each second: a test cannot wait for minutes."""

import sys

from avntracker.celery import app

if __name__ == "__main__":
    schedule = dict(app.conf.beat_schedule)
    schedule["sweep"] = {**schedule["sweep"], "schedule": 1.0}
    app.conf.beat_schedule = schedule
    app.Beat(schedule=sys.argv[1], loglevel="info", pidfile=None, max_interval=1).run()
