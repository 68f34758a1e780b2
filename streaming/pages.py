"""The listening page: one built file for every client-side route, and the local mailbox."""

import email
import email.policy
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache

from streaming.api import content_policy

# The client-side routes of web/src; any other unknown address is a 404 problem.
ROUTES = (
    "",
    "search",
    "charts",
    "library",
    "sign-in",
    "sign-up",
    "account",
    "pricing",
    "subscription",
    "invitations",
    "releases/<uuid:uid>",
    "artists/<uuid:uid>",
    "playlists/<uuid:uid>",
    "artists/<uuid:uid>/dashboard",
)


@never_cache
def listening_page(request: HttpRequest, **ignored: object) -> HttpResponse:
    """The page names its scripts by hash, so it must always be asked for anew."""
    index = settings.WEB_DIST / "index.html"
    if not index.is_file():
        return HttpResponse("The page is not built. Run `npm ci` and `npm run build` in web/.", status=503)
    return HttpResponse(index.read_bytes(), headers={content_policy.HEADER: content_policy.listening_page()})


def mailbox_page(request: HttpRequest) -> HttpResponse:
    """Every mail that was sent here, newest first: only where MAILBOX_DIR is set."""
    folder = Path(settings.MAILBOX_DIR)
    if not folder.is_dir():
        return render(request, "mailbox.html", {"mails": []})
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    return render(request, "mailbox.html", {"mails": [mail for file in files for mail in _read(file)]})


def _read(file: Path) -> list[dict[str, str]]:
    found = []
    for text in reversed(file.read_text().split("-" * 79 + "\n")):
        if not text.strip():
            continue
        message = email.message_from_string(text, policy=email.policy.default)
        body = message.get_body(("plain",))
        found.append(
            {
                "to": str(message["To"]),
                "subject": str(message["Subject"]),
                "at": str(message["Date"]),
                "text": body.get_content() if body else "",
            }
        )
    return found


def routes(*, mailbox: bool) -> list[URLPattern]:
    patterns = [path(route, listening_page) for route in ROUTES]
    if mailbox:
        patterns.append(path("mail/", mailbox_page, name="mailbox"))
    return patterns
