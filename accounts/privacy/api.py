from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.privacy import exports
from accounts.privacy.models import Export
from accounts.sessions.api import own_session, require_proof
from streaming.api.params import UidInPath


class ExportSerializer(serializers.ModelSerializer[Export]):
    link = serializers.SerializerMethodField(help_text="Good for an hour; null until the file is ready.")

    class Meta:
        model = Export
        fields = ["uid", "state", "created_at", "ready_at", "link"]
        read_only_fields = fields

    def get_link(self, export: Export) -> str | None:
        return exports.link_of(export)


class ExportsView(APIView):
    @extend_schema(operation_id="exportMyData", request=None, responses={202: ExportSerializer}, tags=["me"])
    def post(self, request: Request) -> Response:
        """Ask for a file with everything we hold of me. A mail says when it is ready; it is kept for a week."""
        session = own_session(request)
        require_proof(session)
        return Response(ExportSerializer(exports.ask_export(user=session.user)).data, status=202)


class ExportView(UidInPath, APIView):
    @extend_schema(operation_id="getMyExport", responses=ExportSerializer, tags=["me"])
    def get(self, request: Request, uid: str) -> Response:
        """How far an export is, and the link to its file."""
        user = own_session(request).user
        export = Export.objects.filter(user=user, uid=self.kwargs["uid"]).exclude(state=Export.State.EXPIRED).first()
        if export is None:
            raise NotFound
        answer: dict[str, Any] = ExportSerializer(export).data
        return Response(answer, headers={"Cache-Control": "no-store"})
