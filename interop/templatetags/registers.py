"""What other pages say of registers that were sent: templates may ask upwards where code may not."""

from typing import Any

from django import template

from accounts import access
from accounts.models import Clinic
from interop.models import Import, ImportRow

register = template.Library()

COUNTED = 1_000


@register.inclusion_tag("interop/_rows_waiting.html")
def rows_waiting(clinic: Clinic, role: str) -> dict[str, Any]:
    """How many rows of registers wait for a person, and where; nothing for whoever may not decide about them."""
    if role not in access.IMPORTERS:
        return {}
    sent = Import.objects.at(clinic).exclude(status=Import.Status.CANCELLED)
    rows = ImportRow.objects.filter(of__in=sent.values("pk")).waiting()
    found = list(rows.values_list("of__public_id", flat=True)[:COUNTED])
    one = found[0] if len(set(found)) == 1 else None
    return {"n": len(found), "more": len(found) == COUNTED, "one": one}
