from django.urls import path

from catalog.music import api as music
from catalog.music import team_api as teams
from catalog.search import api as search

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
    path("invitations/show", teams.InvitationView.as_view()),
    path("invitations/accept", teams.InvitationAcceptView.as_view()),
    path("invitations/decline", teams.InvitationDeclineView.as_view()),
    path("search", search.SearchView.as_view()),
]
