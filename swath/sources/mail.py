"""Hands a mail to a configured mail server (SMTP, RFC 5321), encrypted where the server can or must be."""

from __future__ import annotations

import smtplib
import socket
import ssl
from email.message import EmailMessage

from swath.errors import DataError, InputError
from swath.sources.checked import Limits, Resolve, addresses_of, checked_connection

__all__ = ["send_mail"]

_IMPLICIT_TLS = 465
_READY = 220
_SILENCE_S = 20.0


def send_mail(
    mail: EmailMessage,
    server: str,
    *,
    user: str = "",
    password: str = "",
    private: bool = False,
    resolve: Resolve = addresses_of,
) -> None:
    """Give a mail to ``server`` (``host:port``); returns when the server has taken it for every receiver.

    Its address is checked as every other (:mod:`swath.sources.checked`). TLS from the start on port 465, else STARTTLS;
    without it only to a ``private`` server, and a password is then never sent. Raises :class:`InputError` for a server
    that may not be asked, or that refuses the mail for good (5xx), :class:`DataError` for what may be otherwise later.
    """
    host, _, port = server.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise InputError(
            f"{server!r} is no mail server", where="server", fix="Write host:port, as mail.example.org:587"
        )
    limits = Limits(whole_s=60.0, silence_s=_SILENCE_S, private=private)
    raw = checked_connection(host.strip("[]"), int(port), limits=limits, resolve=resolve)
    try:
        with _spoken_to(raw, host.strip("[]"), int(port) == _IMPLICIT_TLS) as client:
            secure = isinstance(client.sock, ssl.SSLSocket)
            if not secure and not private:
                raise InputError("the mail server speaks no TLS", where=host, fix="Use another, or private = true")
            if user and secure:
                client.login(user, password)
            elif user:
                raise InputError("a password is never sent in the clear", where=host, fix="Use a server with TLS")
            refused = client.send_message(mail)
            if refused:
                raise DataError(f"refused for {', '.join(refused)}", where=host, fix="Look at the addresses")
    except smtplib.SMTPResponseException as error:
        told = f"{error.smtp_code} {error.smtp_error!r}"[:200]
        kind = InputError if error.smtp_code >= 500 else DataError
        raise kind(f"the mail server says {told}", where=host, fix="Look at the server and the addresses") from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        kind = InputError if all(code >= 500 for code in codes) else DataError
        raise kind(f"refused for {', '.join(error.recipients)}", where=host, fix="Look at the addresses") from error
    except (OSError, smtplib.SMTPException) as error:
        raise DataError(f"the mail did not go: {error}", where=host, fix="Try again") from error


def _spoken_to(raw: socket.socket, host: str, tls: bool) -> smtplib.SMTP:
    """A conversation on a connection that is there already, so that no name is looked up a second time."""
    context = ssl.create_default_context()
    client = smtplib.SMTP(local_hostname="localhost", timeout=_SILENCE_S)
    client._host = host  # type: ignore[attr-defined]  # the name that STARTTLS holds the certificate against
    client.sock = context.wrap_socket(raw, server_hostname=host) if tls else raw
    code, said = client.getreply()
    if code != _READY:
        raise smtplib.SMTPConnectError(code, said)
    client.ehlo_or_helo_if_needed()
    if not tls and client.has_extn("starttls"):
        client.starttls(context=context)
        client.ehlo()
    return client
