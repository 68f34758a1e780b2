from pathlib import Path

import yaml

from streaming.lib.errors import Code


def committed():
    return yaml.safe_load(Path("docs/openapi.yaml").read_text())


def test_the_schema_is_openapi_3_1_and_can_be_read_signed_out(db, api):
    response = api.get("/api/schema/?format=json")

    assert response.status_code == 200
    assert response.json()["openapi"] == "3.1.0"


def test_swagger_ui_loads_nothing_from_elsewhere(db, api):
    page = api.get("/api/docs/").content.decode()

    assert "swagger-ui" in page
    assert "https://" not in page


def test_operation_ids_are_stable_names():
    operations = [operation["operationId"] for path in committed()["paths"].values() for operation in path.values()]

    assert sorted(operations) == [
        "acceptInvitation", "addToPlaylist", "askAdBreak", "changeMe", "changePlaylist", "changeSubscription",
        "claimPurchase", "confirmPlaylistCover", "countAdImpression", "createPlayTickets", "createPlaylist",
        "declineInvitation", "deletePlaylist", "duplicatePlaylist", "endMySession", "eraseMe", "exportMyData",
        "followAd", "forgetMySearch", "forgetMySearches", "getArtist", "getArtistDashboard", "getChart",
        "getInvitation", "getLabel", "getMe", "getMyExport", "getMyTop", "getPlaylist", "getRelease",
        "getSubscription", "getTrack", "isInMyLibrary", "listArtists", "listCharts", "listGenres",
        "listLabels", "listLyrics", "listMyArtists", "listMyLibrary", "listMyPlaylists", "listMySearches",
        "listMySessions", "listNewReleases", "listOfferings", "listPlaylistEntries", "listPlaylists",
        "listReleases", "listTracks", "lockMyExplicitFilter", "movePlaylistEntries", "noteMySearch",
        "openPortal", "refresh", "removeFromMyLibrary", "removePlaylistCover", "removePlaylistEntries",
        "renameMySession", "renewPlaylistSecret", "restorePurchases", "saveToMyLibrary", "search",
        "sendPlays", "setMyMarket", "signOut", "signOutEverywhere", "startCheckout", "startPlaylistCover",
        "suggest", "unlockMyExplicitFilter",
    ]  # fmt: skip


def test_every_operation_answers_errors_with_the_problem_document():
    for path in committed()["paths"].values():
        for operation in path.values():
            answer = operation["responses"]["default"]["content"]
            assert answer == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert committed()["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] == [
        code.value for code in Code
    ]
