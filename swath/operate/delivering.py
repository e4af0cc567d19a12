"""Brings alerts to those who want them: sends what is due, and writes down what came of it, message by message."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from swath.errors import DataError, InputError, SwathError
from swath.report.alert_feed import alerts_ics, atom_feed, cap_message, mail_of, page_name, signed, webhook_body
from swath.sources.checked import Limits, post
from swath.sources.mail import send_mail
from swath.store.folder import write_whole
from swath.watch.book import Book
from swath.watch.outbox import Message, after_failure, after_success, due, message_for
from swath.watch.records import Alert, Target, WatchFile

__all__ = ["Sent", "messages_of", "send_due"]

PageOf = Callable[[Alert], str]
_GONE = 410
_LIMITS = Limits(whole_s=60.0, silence_s=20.0)


@dataclass(frozen=True)
class Sent:
    """What came of one message."""

    message: Message
    target: str
    arrived: bool
    why: str


def messages_of(watch: WatchFile, alert: Alert) -> list[Message]:
    """The messages that an alert, as it stands, is to be told by."""
    wanted = watch.place(alert.place).deliver if any(p.place.id == alert.place for p in watch.places) else ()
    return [message_for(alert, target) for target in watch.targets if target.id in wanted]


def send_due(
    watch: WatchFile,
    book: Book,
    now: Callable[[], np.datetime64],
    *,
    folder: Path,
    secrets: Mapping[str, str],
    page_of: PageOf,
) -> list[Sent]:
    """Send every message that is due, one after the other; each is written down before the next goes.

    A target that does not answer costs a minute at most and keeps no other waiting for longer. Where this program is
    stopped after a message went and before that was written down, it goes again with the same id. ``folder`` is what
    file targets are relative to, ``secrets`` the environment.
    """
    alerts = {one.id: one for one in book.alerts()}
    targets = {one.id: one for one in watch.targets}
    found = []
    for message in due(book.messages(["waiting"]), now()):
        alert, target = alerts.get(message.alert), targets.get(message.target)
        final, why = False, ""
        if alert is None or target is None:
            final, why = True, "the watch file has no such delivery any more"
        else:
            try:
                _send(watch, target, alert, message, now(), folder, secrets, page_of, list(alerts.values()))
            except SwathError as error:
                final, why = isinstance(error, InputError), str(error)
        after = after_failure(message, now(), why, final=final) if why else after_success(message, now())
        book.keep(
            messages=[after, *_replaced(book.messages(["waiting"], alert=message.alert), after)],
            who="swath",
            why="delivery",
        )
        found.append(Sent(after, message.target, not why, why))
    return found


def _replaced(messages: Sequence[Message], sent: Message) -> list[Message]:
    """Older revisions that need not go any more."""
    if sent.state != "sent":
        return []
    return [
        replace(one, state="replaced")
        for one in messages
        if one.state == "waiting"
        and (one.alert, one.target) == (sent.alert, sent.target)
        and one.revision < sent.revision
    ]


def _send(
    watch: WatchFile,
    target: Target,
    alert: Alert,
    message: Message,
    at: np.datetime64,
    folder: Path,
    secrets: Mapping[str, str],
    page_of: PageOf,
    alerts: Sequence[Alert],
) -> None:
    """Raises :class:`InputError` where it can never go, :class:`DataError` where it may later."""
    if target.kind == "email":
        mail = mail_of(alert, target, message.id, page_of(alert))
        password = _secret(target, secrets) if target.user else ""
        send_mail(mail, target.server, user=target.user, password=password, private=target.private)
    elif target.kind == "webhook":
        body = webhook_body(alert, message.id)
        _post(target, body, signed(message.id, at, body, _secret(target, secrets)))
    elif target.kind == "cap" and target.address.startswith(("http://", "https://")):
        headers = {"Content-Type": "application/cap+xml", "Idempotency-Key": message.id}
        _post(target, cap_message(alert, sender=watch.sender).encode(), headers)
    else:
        mine = {one.place.id for one in watch.places if target.id in one.deliver}
        _write(watch, target, alert, [one for one in alerts if one.place in mine], at, folder, page_of)


def _post(target: Target, body: bytes, headers: Mapping[str, str]) -> None:
    limits = replace(_LIMITS, private=target.private)
    posted = post(target.address, body, headers, limits=limits)
    if not posted.taken:
        words = f"HTTP {posted.status} {posted.said}".strip()
        kind = InputError if posted.status == _GONE else DataError
        raise kind(words[:200], where=target.id, fix="It is tried again" if kind is DataError else "Remove it")


def _secret(target: Target, secrets: Mapping[str, str]) -> str:
    if not target.secret or not secrets.get(target.secret):
        raise DataError(
            f"the environment has no {target.secret or 'secret'}",
            where=f"delivery {target.id}",
            fix="Set the variable that secret = names",
        )
    return secrets[target.secret]


def _write(
    watch: WatchFile,
    target: Target,
    alert: Alert,
    alerts: Sequence[Alert],
    at: np.datetime64,
    folder: Path,
    page_of: PageOf,
) -> None:
    """Feeds, calendars and CAP files, whole or not at all; evidence pages lie in ``alerts/`` beside the feed."""
    path = folder / target.address
    try:
        if target.kind == "calendar":
            write_whole(path, alerts_ics(watch.title, alerts, at))
        elif target.kind == "cap":
            write_whole(path / f"{page_name(alert)}.{alert.revision}.xml", cap_message(alert, sender=watch.sender))
        else:
            write_whole(path.parent / "alerts" / f"{page_name(alert)}.html", page_of(alert))
            write_whole(path, atom_feed(watch.title, alerts, page_at=lambda one: f"alerts/{page_name(one)}.html"))
    except OSError as error:
        raise DataError(f"cannot be written: {error.strerror}", where=str(path), fix="Look at the folder") from error
