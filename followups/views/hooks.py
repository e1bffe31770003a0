"""What the text gateway tells us. Every call must be signed; an unsigned, old or changed one changes nothing."""

import base64
import hashlib
import hmac
from contextlib import suppress

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts import clock
from followups import stopping

FRESH = 300  # seconds


@csrf_exempt
@login_not_required
@require_POST
def sms_answer(request: HttpRequest) -> HttpResponse:
    """A patient answered a text. Fields `from` and `text` (generic gateway), `From` and `Body` (Twilio)."""
    twilio = settings.SMS_GATEWAY_KIND == "twilio"
    if not (_signed_by_twilio(request) if twilio else _signed(request)):
        return HttpResponse(status=400)
    number, text = (request.POST.get(name, "") for name in (("From", "Body") if twilio else ("from", "text")))
    stopping.heard(number=number.strip()[:20], text=text, now=clock.now())
    return HttpResponse(status=204)


def _signed(request: HttpRequest) -> bool:
    """HMAC-SHA256 of "timestamp.body" with the gateway's token; the timestamp is at most five minutes old."""
    stamp, given = request.headers.get("X-Timestamp", ""), request.headers.get("X-Signature", "")
    if not settings.SMS_TOKEN or not _is_fresh(stamp):
        return False
    wanted = hmac.new(settings.SMS_TOKEN.encode(), stamp.encode() + b"." + request.body, hashlib.sha256)
    return hmac.compare_digest(wanted.hexdigest(), given)


def _is_fresh(stamp: str) -> bool:
    with suppress(ValueError):
        return stamp.isascii() and abs(clock.now().timestamp() - int(stamp)) <= FRESH
    return False


def _signed_by_twilio(request: HttpRequest) -> bool:
    """Base64 of HMAC-SHA1 over our address and the sorted fields, as Twilio documents it."""
    said = settings.SITE_ORIGIN + request.path + "".join(f"{k}{v}" for k, v in sorted(request.POST.items()))
    wanted = base64.b64encode(hmac.new(settings.SMS_TOKEN.encode(), said.encode(), hashlib.sha1).digest())
    given = request.headers.get("X-Twilio-Signature", "")
    return bool(settings.SMS_TOKEN) and hmac.compare_digest(wanted, given.encode())
