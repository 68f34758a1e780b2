"""Each page at phone and desktop width, light and dark: no serious accessibility finding, no sideways scroll."""

from pathlib import Path

import pytest

from accounts.models import User
from analytics.totals.services import roll_up
from catalog.music.models import Membership, Recording
from catalog.playlists.services import add_tracks, create_playlist
from catalog.search.backlog import store_waiting
from tests.factories import (
    ArtistFactory,
    RecordingFactory,
    ReleaseFactory,
    TrackFactory,
    UserFactory,
    viewer_of_user,
)
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

AXE = Path("web/node_modules/axe-core/axe.min.js")
SHOTS = Path("var/screenshots")
SIZES = [(390, 800, "dark"), (1280, 800, "light")]


@pytest.fixture
def catalogue(transactional_db):
    artist = ArtistFactory(name="Mira Solano")
    release = ReleaseFactory(title="Harbour Lights", by=[artist])
    for title in ("Harbour at Night", "A Very Long Title That Has To Be Cut Somewhere Before It Breaks The Row"):
        TrackFactory(release=release, recording=RecordingFactory(title=title, by=[artist]))
    TrackFactory(recording=RecordingFactory(title="Tide", kind=Recording.Kind.VIDEO, by=[artist]))
    member = UserFactory(email="artist@example.com", display_name="Mira")
    Membership.objects.create(user=member, artist=artist, role=Membership.Role.OWNER)
    roll_up()
    store_waiting()
    return release, artist


def sign_in(page):
    page.goto("/sign-in")
    page.fill("[name=email]", "artist@example.com")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def playlist_of(email, release):
    viewer = viewer_of_user(User.objects.get(email=email))
    playlist = create_playlist(viewer=viewer, name="Late trains", description="For the way home.")
    tracks = list(release.tracks.values_list("uid", flat=True))
    add_tracks(viewer=viewer, uid=playlist.uid, tracks=tracks, before=None, skip_present=False, revisions=None)
    return playlist


def serious_findings(page):
    # From outside: the page's policy lets no script in.
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [rule for rule in found["violations"] if rule["impact"] in ("serious", "critical")]
    return [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in serious]


def scrolls_sideways(page):
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def check_page(page, name):
    page.wait_for_load_state("networkidle")
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    assert not scrolls_sideways(page)
    assert serious_findings(page) == []


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]} {size[2]}")
def sized_page(request, browser, live_server):
    width, height, scheme = request.param
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": width, "height": height}, color_scheme=scheme
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.shot_name = f"{width}-{scheme}"
    yield page
    context.close()


def shows_focus(page):
    """An outline of the element itself, or of the overlay that stretches it over its row."""
    return page.evaluate(
        "[null, '::after'].some(part => getComputedStyle(document.activeElement, part).outlineStyle === 'solid')"
    )


def test_the_pages_can_be_used_by_everyone(sized_page, catalogue):
    page, (release, artist) = sized_page, catalogue
    for name, path in (
        ("home", "/"),
        ("search", "/search?q=harbour"),
        ("nothing-found", "/search?q=zzzz"),
        ("release", f"/releases/{release.uid}"),
        ("artist", f"/artists/{artist.uid}"),
        ("sign-up", "/sign-up"),
    ):
        page.goto(path)
        check_page(page, f"{name}-{page.shot_name}")
    sign_in(page)
    page.goto(f"/artists/{artist.uid}/dashboard")
    check_page(page, f"dashboard-{page.shot_name}")
    playlist = playlist_of("artist@example.com", release)
    for name, path in (("library", "/library"), ("playlist", f"/playlists/{playlist.uid}")):
        page.goto(path)
        page.get_by_text("Late trains").first.wait_for()
        check_page(page, f"{name}-{page.shot_name}")
    page.goto("/account")
    page.wait_for_selector("[data-testid=sessions]")
    check_page(page, f"account-{page.shot_name}")


def test_an_empty_catalogue_says_what_to_do(sized_page, transactional_db):
    sized_page.goto("/")

    check_page(sized_page, f"empty-{sized_page.shot_name}")
    assert sized_page.get_by_role("main").inner_text().strip()


def test_the_walk_works_by_keyboard_alone(page, catalogue):
    """Search by `/`, go to a row's play button by Tab, press it: the sign-in dialog comes, and takes the keyboard."""
    page.goto("/")
    page.wait_for_load_state("networkidle")

    page.keyboard.press("/")
    page.keyboard.type("harbour at")
    page.get_by_test_id("track-row").first.wait_for()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.testid === 'play-button'"):
            break
    assert page.evaluate("document.activeElement.dataset.testid") == "play-button"
    assert shows_focus(page)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    assert page.evaluate("document.querySelector('dialog[open], [role=dialog]').contains(document.activeElement)")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")

    page.keyboard.press("?")
    page.get_by_role("dialog").get_by_text("Space").first.wait_for()


def test_the_first_link_leads_past_the_navigation(page, catalogue):
    page.goto("/")
    page.wait_for_load_state("networkidle")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_function("document.activeElement.id === 'main'")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('main').contains(document.activeElement)")
