"""The one thing this app says to whoever stands on it."""

from django.dispatch import Signal

# A patient's record changed, inside the transaction that changed it. Arguments: patient, by, now.
record_changed = Signal()
