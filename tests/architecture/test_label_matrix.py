"""What people of a label get at pages of rows that exist: of their own label and, in the last column, of another."""

import pytest
from django.contrib import admin

from tests.architecture.label_matrix import LABEL_PAGES
from tests.catalog.music import other_label
from tests.factories import LabelFactory, PlaylistFactory, staff_of

ROLES = ("owner", "member", "reader", "stranger")
FILE = {"filename": "song.wav", "size": 4, "content_type": "audio/wav"}


@pytest.fixture
def rows(db):
    """One row of each model, all of one label."""
    return {**other_label.build(), "playlist": PlaylistFactory()}


@pytest.fixture
def people(rows):
    team = {role: staff_of(rows["label"], role=role) for role in ROLES[:3]}
    return {**team, "stranger": staff_of(LabelFactory(), role="owner")}


def call(client, name, rows):
    """`#release` in a name is what an upload is for."""
    method, address = name.split(" ")
    for model, row in rows.items():
        address = address.replace(f"{{{model}}}", str(row.pk)).replace(f"{{{model}.uid}}", str(getattr(row, "uid", "")))
    address, _, target = address.partition("#")
    sent = {"data": {target: rows[target].pk, **FILE}, "content_type": "application/json"} if target else {}
    return getattr(client, method.lower())(address, **sent)


@pytest.mark.parametrize("name", sorted(LABEL_PAGES))
def test_people_of_a_label_get_the_answer_of_the_matrix(people, rows, staff_as, name):
    expected = dict(zip(ROLES, LABEL_PAGES[name].split(), strict=True))

    answers = {role: str(call(staff_as(user), name, rows).status_code) for role, user in people.items()}

    assert answers == expected


def test_each_page_of_rows_of_a_label_has_a_row():
    models = {model._meta.model_name for model in admin.site._registry if model._meta.app_label == "catalog"}

    for model in models - {"genre"}:
        for page in (f"{{{model}}}/change/", f"{{{model}}}/delete/", "add/"):
            for method in ("GET", "POST"):
                assert f"{method} /admin/catalog/{model}/{page}" in LABEL_PAGES
