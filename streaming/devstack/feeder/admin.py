"""A member of staff who is signed in to the admin: finds, adds and changes through its own pages, and uploads files."""

import itertools
import mimetypes
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyotp
import requests

from streaming.devstack.feeder.forms import Form, Page, Value
from streaming.devstack.feeder.http import SECONDS, UPLOAD_SECONDS, RefusedError, checked, json_of, session

Row = Mapping[str, Value]
# What the upload page sends at once.
PART_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Edit:
    """Fields by name, and new rows of the inlines by their prefix."""

    fields: Row = field(default_factory=dict)
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A form field that completes what is typed: where to ask for rows of another model."""

    app: str
    model: str
    field: str


class Admin:
    """`address` is the admin's. Raises RefusedError with the page's own words."""

    def __init__(self, address: str, *, email: str, password: str, totp_secret: str) -> None:
        parts = urlsplit(address)
        self._web, self._root = f"{parts.scheme}://{parts.netloc}", parts.path
        self._http = session(self._web)
        path = f"{self._root}login/"
        form = _form_of(Page(self._get(path).text), "login-form", path)
        form.fill({"username": email, "password": password, "code": pyotp.TOTP(totp_secret).now()})
        answer = self._post(f"{path}?next={self._root}", form)
        if not answer.is_redirect:
            raise RefusedError(f"{email} can't sign in to the admin. {_complaint(answer)}")

    def find(self, source: Source, term: str) -> dict[int, str]:
        """Rows by id with their names, found by that field's search. Every word must match."""
        params = {"term": term, "app_label": source.app, "model_name": source.model, "field_name": source.field}
        answer = self._http.get(f"{self._web}{self._root}autocomplete/", params=params, timeout=SECONDS)
        return {int(row["id"]): row["text"] for row in json_of(answer)["results"]}

    def add(self, model: str, edit: Edit) -> int:
        """The id of a new row of a model such as `catalog/artist`."""
        location = self._submit(f"{self._root}{model}/add/", model, edit)
        return int(location.split("/")[-3])

    def change(self, model: str, pk: int, edit: Edit) -> None:
        self._submit(f"{self._root}{model}/{pk}/change/", model, edit)

    def values(self, model: str, pk: int, prefix: str, name: str) -> list[str]:
        """What stands in one column of the rows of an inline."""
        path = f"{self._root}{model}/{pk}/change/"
        form = _form_of(Page(self._get(path).text), f"{model.partition('/')[2]}_form", path)
        row = re.compile(rf"{prefix}-\d+-{name}")
        return [value for key, values in form.values.items() if row.fullmatch(key) for value in values]

    def newest_master(self, model: str, pk: int) -> str | None:
        """The uid of the newest master that was uploaded for a recording or a release."""
        page = Page(self._get(f"{self._root}{model}/{pk}/change/").text)
        return next(iter(page.loose.values.get("master", [])), None)

    def upload(self, kind: str, pk: int, path: Path) -> str:
        """Send a file for a `recording` or `release` straight to storage; its master's uid."""
        content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        asked = {kind: pk, "filename": path.name, "size": path.stat().st_size, "content_type": content_type}
        start = json_of(self._json("start", asked))
        with path.open("rb") as file:
            # Not in our session: storage has no business with its cookies.
            checked(requests.put(start["url"], data=file, headers=start["headers"], timeout=UPLOAD_SECONDS))
        json_of(self._json(f"{start['master']}/complete", {}))
        return str(start["master"])

    def upload_in_parts(self, label: int, path: Path) -> str:
        """Send a file that belongs to nothing yet, as the upload page does; its master's uid."""
        content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        about = {"label": label, "size": path.stat().st_size}
        asked = {"filename": path.name, "type": content_type, "metadata": about}
        uid = str(json_of(self._json("s3/multipart", asked))["uploadId"])
        parts = []
        with path.open("rb") as file:
            for number in itertools.count(1):
                part = file.read(PART_BYTES)
                if not part:
                    break
                address = f"{self._web}{self._root}uploads/s3/multipart/{uid}/{number}"
                url = json_of(self._http.get(address, timeout=SECONDS))["url"]
                sent = checked(requests.put(url, data=part, timeout=UPLOAD_SECONDS))
                parts.append({"PartNumber": number, "ETag": sent.headers["ETag"]})
        json_of(self._json(f"s3/multipart/{uid}/complete", {"parts": parts}))
        return uid

    def create_recordings(self, masters: Collection[str], defaults: Mapping[str, str]) -> None:
        """Send the upload page's forms for these files as they are; `defaults` fill in what a tag left empty."""
        path = f"{self._root}catalog/master/"
        for form in Page(self._get(path).text).forms:
            if not set(form.values.get("master", [])) & set(masters):
                continue
            for name, value in form.values.items():
                field = name.rpartition("-")[2]
                if field in defaults and value in ([], [""]):
                    form.values[name] = [defaults[field]]
            answer = self._post(path, form)
            if not answer.is_redirect:
                raise RefusedError(f"The form at {path} was refused. {_complaint(answer)}")

    def upload_state(self, master: str) -> dict[str, Any]:
        """{"state": "inspecting|unassigned|waiting|running|ready|failed", "progress", "message", "filename"}."""
        return json_of(self._http.get(f"{self._web}{self._root}uploads/{master}", timeout=SECONDS))

    def _submit(self, path: str, model: str, edit: Edit) -> str:
        """Fill in and send a page's form; the path that it leads to."""
        form = _form_of(Page(self._get(path).text), f"{model.partition('/')[2]}_form", path)
        try:
            form.fill(edit.fields)
            for prefix, rows in edit.rows.items():
                form.add_rows(prefix, rows)
        except KeyError as missing:
            raise RefusedError(f"The form at {path} has no field {missing}.") from missing
        form.values["_continue"] = ["1"]
        answer = self._post(path, form)
        if not answer.is_redirect:
            raise RefusedError(f"The form at {path} was refused. {_complaint(answer)}")
        return urlsplit(answer.headers["Location"]).path

    def _get(self, path: str) -> requests.Response:
        answer = checked(self._http.get(f"{self._web}{path}", allow_redirects=False, timeout=SECONDS))
        if answer.is_redirect:
            raise RefusedError(f"{path} is not open to this account.")
        return answer

    def _post(self, path: str, form: Form) -> requests.Response:
        data = form.data()
        return checked(self._http.post(f"{self._web}{path}", data=data, allow_redirects=False, timeout=SECONDS))

    def _json(self, path: str, body: Mapping[str, Any]) -> requests.Response:
        headers = {"X-CSRFToken": self._http.cookies.get("csrftoken", "")}
        address = f"{self._web}{self._root}uploads/{path}"
        return self._http.post(address, json=body, headers=headers, timeout=SECONDS)


def _form_of(page: Page, form_id: str, path: str) -> Form:
    form = page.form(form_id)
    if form is None:
        raise RefusedError(f"There is no form {form_id} at {path}.")
    return form


def _complaint(answer: requests.Response) -> str:
    return " ".join(Page(answer.text).errors) or "The page does not say why."
