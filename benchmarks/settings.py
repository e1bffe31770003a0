"""The app as it is, with the floors mounted beside it."""

from avntracker.settings import *  # noqa: F403
from avntracker.settings import INSTALLED_APPS

INSTALLED_APPS += ["benchmarks"]
ROOT_URLCONF = "benchmarks.urls"
