"""Alerts for programs: an Atom feed, a Common Alerting Protocol message, calendar events, a signed webhook, a mail."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Callable, Iterable
from email.message import EmailMessage
from email.utils import format_datetime

import numpy as np

from swath import __version__
from swath.errors import InputError
from swath.model import SIMULATED
from swath.report.ics import calendar, escaped, event_id, lasting
from swath.report.svg import esc, tag
from swath.time import format_utc, seconds, to_datetime
from swath.watch.records import Alert, Target

__all__ = [
    "alert_lines",
    "alert_title",
    "alerts_ics",
    "atom_feed",
    "cap_message",
    "mail_of",
    "page_name",
    "signed",
    "webhook_body",
]

AddressOf = Callable[[Alert], str]
_ROOM = uuid.UUID("5a2f4a34-58b5-5d0c-9f0e-7d6f3a1c2b11")
_CATEGORY = {"cover": "Env", "surface": "Other", "radar": "Other", "ships": "Transport", "objects": "Transport"}
_CERTAINTY = {"open": "Likely", "confirmed": "Observed", "dismissed": "Unlikely"}
_PLAIN = re.compile(r"[^\w.@-]+")
"""what CAP forbids in names, and what is no part of a file's name"""


def alert_title(alert: Alert) -> str:
    """One line: what, where, and that it is simulated where it is."""
    mark = f"[{SIMULATED}] " if alert.simulated else ""
    word = "" if alert.status == "open" else f" ({alert.status})"
    return f"{mark}{alert.place}: {alert.headline}{word}"


def alert_lines(alert: Alert) -> list[str]:
    """What a person must know, in a few lines of text."""
    lon_deg, lat_deg = alert.lonlat
    size = alert.area_m2
    doubt = f" ({size.low:,.0f} to {size.high:,.0f})" if size.low is not None and size.high is not None else ""
    lines = [
        alert_title(alert),
        f"seen {_said(alert.after)}, not there {_said(alert.before)}",
        f"at {lat_deg:.5f}, {lon_deg:.5f}; {size.value:,.0f} {size.unit}{doubt}",
        *(f"{one.name}: {one.value:.3g} {one.unit}, bound {one.bound:.3g}".rstrip() for one in alert.tests),
        f"set for {alert.false_alarms_per_unit:g} false alarms per 1,000 km2 and year",
    ]
    if alert.answer:
        lines.append(f"a further picture: {alert.answer}")
    return [*lines, *alert.limits, f"swath watch confirm {alert.id} | swath watch dismiss {alert.id}"]


def _said(at: np.datetime64) -> str:
    return f"{format_utc(at)[:16].replace('T', ' ')} UTC"


def _urn(name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_ROOM, name)}"


def atom_feed(
    title: str,
    alerts: Iterable[Alert],
    *,
    page_at: AddressOf = lambda alert: f"{page_name(alert)}.html",
    cap_at: AddressOf | None = None,
    kind: str = "text/html",
) -> str:
    """RFC 4287, with GeoRSS points. An alert keeps its entry's id for ever, so that no reader shows it twice.

    ``page_at`` says where an alert's evidence page is, ``cap_at`` where its CAP message is, if anywhere: as an address
    or beside the feed. ``kind`` is the media type of the former.
    """
    ordered = sorted(alerts, key=lambda one: (one.changed, one.id), reverse=True)
    newest = format_utc(ordered[0].changed) if ordered else "1970-01-01T00:00:00Z"
    head = [
        tag("title", esc(title)),
        tag("id", _urn(f"feed {title}")),
        tag("updated", newest),
        tag("author", tag("name", "swath")),
        tag("generator", "swath", version=__version__),
    ]
    entries = [_entry(one, page_at(one), None if cap_at is None else cap_at(one), kind) for one in ordered]
    inner = "\n".join([*head, *entries])
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:georss="http://www.georss.org/georss">\n{inner}\n</feed>\n'
    )


def _entry(alert: Alert, page: str, cap: str | None, kind: str) -> str:
    lon_deg, lat_deg = alert.lonlat
    ring = " ".join(f"{lat:.6f} {lon:.6f}" for lon, lat in (*alert.ring, alert.ring[0]))
    return tag(
        "entry",
        tag("title", esc(alert_title(alert))),
        tag("id", _urn(f"alert {alert.id}")),
        tag("updated", format_utc(alert.changed)),
        tag("published", format_utc(alert.noticed)),
        f'<link rel="alternate" type="{kind}" href="{esc(page)}"/>',
        "" if cap is None else f'<link rel="alternate" type="application/cap+xml" href="{esc(cap)}"/>',
        f'<category term="{esc(alert.kind)}"/>',
        tag("content", esc("\n".join(alert_lines(alert))), type="text"),
        f"<georss:point>{lat_deg:.6f} {lon_deg:.6f}</georss:point>",
        f"<georss:polygon>{ring}</georss:polygon>",
    )


def page_name(alert: Alert) -> str:
    """The name of an alert's evidence page, without its ending."""
    return _PLAIN.sub("-", alert.id)


def cap_message(alert: Alert, *, sender: str) -> str:
    """CAP 1.2 (OASIS, 1 July 2010): an Alert, an Update once it has changed, a Cancel once it was dismissed.

    What is simulated is an exercise. Urgency is ``Past`` (it has happened), severity ``Unknown`` (swath does not judge
    what it means). The same alert and revision give the same identifier.
    """
    kind = "Alert" if alert.revision == 1 else "Cancel" if alert.status == "dismissed" else "Update"
    status = "Exercise" if alert.simulated else "Actual"
    parts = [
        tag("identifier", esc(_identifier(alert, alert.revision))),
        tag("sender", esc(_PLAIN.sub("-", sender))),
        tag("sent", _offset(alert.changed)),
        tag("status", status),
        tag("msgType", kind),
        tag("scope", "Restricted"),
        tag("restriction", "For those who watch this place."),
    ]
    if alert.simulated:
        parts.append(tag("note", f"{SIMULATED}: nothing of this happened."))
    if alert.revision > 1:
        parts.append(tag("references", esc(" ".join(_references(alert, sender)))))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tag("alert", *parts, _info(alert), xmlns=_CAP)}\n'


_CAP = "urn:oasis:names:tc:emergency:cap:1.2"


def _identifier(alert: Alert, revision: int) -> str:
    return f"swath.{_PLAIN.sub('-', alert.id)}.{revision}"


def _references(alert: Alert, sender: str) -> list[str]:
    times = (alert.noticed, *alert.revised)
    who = _PLAIN.sub("-", sender)
    return [f"{who},{_identifier(alert, n)},{_offset(times[n - 1])}" for n in range(1, alert.revision)]


def _offset(at: np.datetime64) -> str:
    """CAP wants an offset and forbids Z; UTC is -00:00."""
    return f"{format_utc(at)[:19]}-00:00"


def _info(alert: Alert) -> str:
    lon, lat = np.array(alert.ring).T
    ring = " ".join(f"{y:.6f},{x:.6f}" for x, y in (*alert.ring, alert.ring[0]))
    numbers = {"kind": alert.kind, "area_m2": f"{alert.area_m2.value:.0f}", "before": _offset(alert.before)}
    numbers |= {"false_alarms_per_1000_km2_year": f"{alert.false_alarms_per_unit:g}", "status": alert.status}
    lines = alert_lines(alert)
    middle = f"about {float(lat.mean()):.4f}, {float(lon.mean()):.4f}"
    area = tag("area", tag("areaDesc", esc(f"{alert.place}, {middle}")), tag("polygon", ring))
    return tag(
        "info",
        tag("language", "en-US"),
        tag("category", _CATEGORY.get(alert.kind, "Other")),
        tag("event", esc(f"Change at {alert.place}")),
        tag("responseType", "Assess"),
        tag("urgency", "Past"),
        tag("severity", "Unknown"),
        tag("certainty", _CERTAINTY[alert.status]),
        tag("onset", _offset(alert.after)),
        tag("senderName", "swath"),
        tag("headline", esc(lines[0][:160])),
        tag("description", esc("\n".join(lines[1:]))),
        *(tag("parameter", tag("valueName", name), tag("value", esc(value))) for name, value in numbers.items()),
        area,
    )


def alerts_ics(title: str, alerts: Iterable[Alert], made: np.datetime64) -> str:
    """A calendar: an event a minute long where a change was seen. Same alert, same event, with a higher sequence."""
    events = []
    for alert in sorted(alerts, key=lambda one: (one.after, one.id)):
        lon_deg, lat_deg = alert.lonlat
        state = {"open": "TENTATIVE", "confirmed": "CONFIRMED", "dismissed": "CANCELLED"}[alert.status]
        lines = [
            *lasting(alert.after, alert.after + seconds(60.0)),
            f"SUMMARY:{escaped(alert_title(alert))}",
            f"DESCRIPTION:{escaped(chr(10).join(alert_lines(alert)[1:]))}",
            f"GEO:{lat_deg:.5f};{lon_deg:.5f}",
            f"STATUS:{state}",
            f"SEQUENCE:{alert.revision - 1}",
            f"CATEGORIES:{escaped(alert.kind)}",
        ]
        events.append((event_id("alert", alert.id), lines))
    return calendar(title, made, events, "watch")


def webhook_body(alert: Alert, message_id: str) -> bytes:
    """The JSON that a webhook gets; the same alert, revision and message give the same bytes."""
    body = {"type": "swath.alert", "id": message_id, "title": alert_title(alert), "alert": alert.to_json()}
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def signed(message_id: str, at: np.datetime64, body: bytes, secret: str) -> dict[str, str]:
    """Headers that prove who sent a webhook, and that it is the same when it comes twice.

    As the Standard Webhooks specification (1.0.0) says: HMAC-SHA-256 of ``id.seconds.body``, key in base64 with or
    without ``whsec_``; any other text is a key as it stands. ``tests/authorities/test_webhooks.py``.
    """
    if not secret:
        raise InputError("a webhook is signed with a secret", where="secret", fix="Name the variable that holds one")
    text = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = text.encode()
    stamp = str(int(at.astype("datetime64[s]").astype(np.int64)))
    digest = hmac.new(key, b".".join([message_id.encode(), stamp.encode(), body]), hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        "Idempotency-Key": message_id,
        "Content-Type": "application/json",
    }


def mail_of(alert: Alert, target: Target, message_id: str, page: str) -> EmailMessage:
    """A mail with the evidence page as its attachment; its id is the message's, its thread the alert's."""
    domain = target.sender.rpartition("@")[2] or "swath"
    mail = EmailMessage()
    mail["From"], mail["To"] = target.sender, target.address
    mail["Subject"] = " ".join(alert_title(alert).split())
    mail["Date"] = format_datetime(to_datetime(alert.changed))
    mail["Message-ID"] = f"<{message_id}@{domain}>"
    thread = f"<{event_id('alert', alert.id)}@{domain}>"
    mail["In-Reply-To"], mail["References"] = thread, thread
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join(alert_lines(alert)) + "\n")
    mail.add_attachment(page.encode(), maintype="text", subtype="html", filename=f"{page_name(alert)}.html")
    return mail
