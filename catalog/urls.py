from django.urls import path

from catalog.library import api as library
from catalog.music import api as music
from catalog.music import team_api as teams
from catalog.playlists import api as playlists
from catalog.playlists.cover_api import PlaylistCover
from catalog.search import api as search
from catalog.search.recent_api import MySearch, MySearches

urlpatterns = [
    path("tracks", music.TrackList.as_view()),
    path("tracks/<str:uid>", music.TrackDetail.as_view()),
    path("tracks/<str:uid>/lyrics", music.TrackLyrics.as_view()),
    path("artists", music.ArtistList.as_view()),
    path("artists/<str:uid>", music.ArtistDetail.as_view()),
    path("releases", music.ReleaseList.as_view()),
    path("releases/<str:uid>", music.ReleaseDetail.as_view()),
    path("new-releases", music.NewReleaseList.as_view()),
    path("labels", music.LabelList.as_view()),
    path("labels/<str:uid>", music.LabelDetail.as_view()),
    path("genres", music.GenreList.as_view()),
    path("me/artists", music.MyArtists.as_view()),
    path("me/library", library.MyLibrary.as_view()),
    path("me/library/contains", library.MyLibraryContains.as_view()),
    path("me/playlists", playlists.MyPlaylists.as_view()),
    path("me/searches", MySearches.as_view()),
    path("me/searches/<str:uid>", MySearch.as_view()),
    path("playlists", playlists.PlaylistList.as_view()),
    path("playlists/<str:uid>", playlists.PlaylistDetail.as_view()),
    path("playlists/<str:uid>/copies", playlists.PlaylistCopies.as_view()),
    path("playlists/<str:uid>/cover", PlaylistCover.as_view()),
    path("playlists/<str:uid>/secret", playlists.PlaylistSecret.as_view()),
    path("playlists/<str:uid>/entries", playlists.PlaylistEntries.as_view()),
    path("playlists/<str:uid>/entries/move", playlists.PlaylistMoves.as_view()),
    path("playlists/<str:uid>/entries/remove", playlists.PlaylistRemovals.as_view()),
    path("invitations/show", teams.InvitationView.as_view()),
    path("invitations/accept", teams.InvitationAcceptView.as_view()),
    path("invitations/decline", teams.InvitationDeclineView.as_view()),
    path("search", search.SearchView.as_view()),
    path("search/suggest", search.SuggestView.as_view()),
]
