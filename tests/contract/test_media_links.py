import json
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.lib.links import TTL_SECONDS, media_link, sign_asset
from tests.contract import cloudflare_rules as rules

CONTRACT = json.loads(Path(__file__).with_name("media_links.json").read_text())
README = Path(__file__).parents[2] / "edge" / "README.md"
NOW = CONTRACT["now"]
KEYS = CONTRACT["keys"]
ACCEPTED = [KEYS[name] for name in CONTRACT["accepted_keys"]]
OBJECTS = frozenset(CONTRACT["objects"])
VECTORS = CONTRACT["vectors"]
ATTACKS = [vector for vector in VECTORS if "opens" in vector]

key_texts = st.text(alphabet="ABCDEFabcdef0123456789-_", min_size=1, max_size=64)
files = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}(\.[a-z0-9]{1,5})?", fullmatch=True)
times = st.integers(min_value=1_000_000_000, max_value=9_999_999_999 - TTL_SECONDS)


def by_name(vectors):
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


def answer(path, **more):
    return rules.answer(path, keys=ACCEPTED, now=NOW, objects=OBJECTS, **more)


@by_name(VECTORS)
def test_the_rules_answer_each_vector(vector):
    found = answer(vector["path"])

    assert found.status == vector["status"]
    # What opens is the asset that the path itself names.
    assert found.key is None or found.key.startswith(vector["path"][1:37] + "/")


@pytest.mark.parametrize("signed", CONTRACT["signed"])
def test_the_signer_makes_the_tokens_of_the_contract(signed):
    link = media_link(
        base_url="https://media.example.com",
        key=KEYS[signed["key"]],
        asset=UUID(signed["asset"]),
        file="main.m3u8",
        issued_at=signed["issued_at"],
    )

    assert link.url == f"https://media.example.com/{signed['asset']}/{signed['token']}/main.m3u8"
    assert link.expires_at == signed["issued_at"] + CONTRACT["ttl_seconds"]


def test_the_contract_has_each_status_and_two_accepted_keys():
    assert {vector["status"] for vector in VECTORS} == {200, 403, 404}
    assert len(ACCEPTED) == 2
    assert KEYS["retired"] not in ACCEPTED
    assert CONTRACT["ttl_seconds"] == TTL_SECONDS == rules.TTL_SECONDS


@by_name(ATTACKS)
def test_without_the_block_the_token_of_one_asset_would_open_another(vector):
    unblocked = answer(vector["path"], with_block=False)

    assert unblocked == rules.Answer(200, vector["opens"])
    assert vector["path"][1:37] not in vector["opens"]


def test_several_spellings_of_the_attack_are_among_the_vectors():
    assert len(ATTACKS) >= 5


@pytest.mark.parametrize(
    ("raw", "normalised"),
    [
        ("/hello", "/hello"),
        ("/%68ello", "/hello"),
        ("/%68ello//pa\\th", "/hello/pa/th"),
        ("/a/b/../c", "/a/c"),
        ("/a/b/%2e%2E/c", "/a/c"),
        ("/a/./b/.", "/a/b/"),
        ("/a/b/..", "/a/"),
        ("/../../a", "/a"),
        ("/a%2fb%3f", "/a%2Fb%3F"),
        ("/a%252e", "/a%252e"),
        ("/%7euser/%5f%2D", "/~user/_-"),
        ("/ä b", "/%C3%A4%20b"),
        ("/", "/"),
    ],
)
def test_paths_are_normalised_as_cloudflare_documents(raw, normalised):
    assert rules.normalise(raw) == normalised


@given(key=key_texts, asset=st.uuids(version=4), file=files, issued_at=times, age=st.integers(0, 2 * TTL_SECONDS))
def test_what_the_signer_signs_opens_exactly_that_file_until_it_expires(key, asset, file, issued_at, age):
    path = sign_asset(base_url="", key=key, asset=asset, issued_at=issued_at).url(file)
    objects = [f"{asset}/{file}"]

    found = rules.answer(path, keys=[key], now=issued_at + age, objects=objects)

    assert found == (rules.Answer(200, objects[0]) if age < TTL_SECONDS else rules.Answer(403))


@given(key=key_texts, other=key_texts, asset=st.uuids(version=4), issued_at=times)
def test_a_link_opens_with_either_of_two_keys_and_no_third(key, other, asset, issued_at):
    path = sign_asset(base_url="", key=key, asset=asset, issued_at=issued_at).url("main.m3u8")
    objects = [f"{asset}/main.m3u8"]

    statuses = [
        rules.answer(path, keys=keys, now=issued_at, objects=objects).status
        for keys in ([key, other], [other, key], [other])
    ]

    assert statuses == [200, 200, 200 if key == other else 403]


@given(position=st.integers(1, 91), sign=st.characters(min_codepoint=33, max_codepoint=126), asset=st.uuids(version=4))
def test_no_single_changed_sign_before_the_file_opens_anything(position, sign, asset):
    path = sign_asset(base_url="", key="key", asset=asset, issued_at=NOW).url("main.m3u8")
    changed = path[:position] + sign + path[position + 1 :]

    found = rules.answer(changed, keys=["key"], now=NOW, objects=[f"{asset}/main.m3u8"])

    assert found.status == (200 if changed == path else 403)


def test_the_rules_that_are_documented_are_the_rules_that_are_tested():
    text = README.read_text()

    assert rules.block_expression(host="media.example.com", keys=["CURRENT_KEY", "PREVIOUS_KEY"]) in text
    assert rules.rewrite_expression() in text
