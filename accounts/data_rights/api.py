"""The API of one's own data."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from accounts.confirming import confirmed_by_call
from accounts.data_rights import erasing, exporting
from accounts.data_rights.choices import JobStatus
from accounts.data_rights.selectors import get_export
from accounts.data_rights.views import as_file
from accounts.errors import NothingScheduled
from accounts.models import DataExport, Erasure
from portfolio_site.web.answers import KnownFields, read
from portfolio_site.web.json import ExactJSONRenderer, dumps


class DataExportSerializer(serializers.Serializer[Any]):
    """A request for everything that is kept about oneself."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=JobStatus.choices)
    asked_at = serializers.DateTimeField()
    done = serializers.IntegerField(help_text="parts done so far")
    total = serializers.IntegerField(help_text="of how many; 0 before it began")
    size = serializers.IntegerField(help_text="bytes, once it is ready")
    expires_at = serializers.DateTimeField(allow_null=True)
    problem = serializers.CharField(help_text="why it failed")
    file = serializers.SerializerMethodField(help_text="POST there, with the password, to take the file; it can be taken once")

    def get_file(self, export: DataExport) -> str | None:
        ready = export.status == JobStatus.READY
        return str(reverse("api-auth-export-file", args=[export.pk], request=self.context.get("request"))) if ready else None


class ConfirmSerializer(KnownFields):
    """That it is really the person."""

    password = serializers.CharField(
        max_length=1000, trim_whitespace=False, required=False, default="", help_text="not needed in a session that just gave it"
    )


class ZipRenderer(BaseRenderer):
    """So that `Accept: application/zip` is known; the view answers by itself."""

    media_type, format = "application/zip", "zip"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return dumps(data)  # a refusal, told as problem+json


def _told(export: DataExport, request: Request, status: int = 200) -> Response:
    return Response(DataExportSerializer(export, context={"request": request}).data, status=status)


class ExportsView(APIView):
    @extend_schema(operation_id="auth_export", request=None, responses={202: DataExportSerializer}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Ask for a ZIP of everything that is kept about oneself; it is put together by a job."""
        asked = exporting.ask_for_export(request.user)  # type: ignore[arg-type]
        return _told(get_export(request.user, asked.pk), request, 202)  # type: ignore[arg-type]


class ExportView(APIView):
    @extend_schema(operation_id="auth_export_status", responses=DataExportSerializer, tags=["auth"])
    def get(self, request: Request, pk: int) -> Response:
        """How far it is."""
        return _told(get_export(request.user, pk), request)  # type: ignore[arg-type]


class ExportFileView(APIView):
    renderer_classes = (ExactJSONRenderer, ZipRenderer)

    @extend_schema(
        operation_id="auth_export_file", request=ConfirmSerializer, responses={(200, "application/zip"): OpenApiTypes.BINARY}, tags=["auth"]
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        """The file, once, within 24 hours, with the password."""
        export = get_export(request.user, pk)  # type: ignore[arg-type]
        confirmed_by_call(request, read(ConfirmSerializer, request.data)["password"])
        return as_file(exporting.take_export(request.user, export.pk), export.ready_at)  # type: ignore[arg-type]


class KeptAfterErasureSerializer(serializers.Serializer[Any]):
    """What stays after an erasure."""

    what = serializers.CharField()
    reason = serializers.CharField()
    until = serializers.CharField()


class EraseSerializer(ConfirmSerializer):
    """What erasing needs to be told."""

    confirm = serializers.CharField(max_length=254, help_text="the username, typed")


class ErasureSerializer(serializers.Serializer[Any]):
    """An erasure that is scheduled, with what goes and what stays."""

    status = serializers.CharField()
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="until then DELETE takes it back")
    goes = serializers.ListField(child=serializers.CharField())
    stays = KeptAfterErasureSerializer(many=True)
    shares = serializers.ListField(child=serializers.CharField(), help_text="what becomes of what you share with others, and others with you")


def _erasure(erasure: Erasure, person: Any, status: int = 200) -> Response:
    shares = erasing.what_others_see(person)
    told = {name: getattr(erasure, name) for name in ("status", "asked_at", "due_at")}
    return Response(ErasureSerializer({**told, "goes": erasing.what_goes(), "stays": erasing.what_stays(), "shares": shares}).data, status=status)


class EraseView(APIView):
    @extend_schema(operation_id="auth_erase_status", responses=ErasureSerializer, tags=["auth"])
    def get(self, request: Request) -> Response:
        """The erasure that is scheduled; 404 where there is none."""
        erasure = erasing.open_erasure(request.user)  # type: ignore[arg-type]
        if erasure is None:
            raise NothingScheduled("No erasure of this account is scheduled.")
        return _erasure(erasure, request.user)

    @extend_schema(operation_id="auth_erase", request=EraseSerializer, responses={202: ErasureSerializer}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Ask for the account to be erased, in seven days, with everything in it."""
        given = read(EraseSerializer, request.data)
        confirmed_by_call(request, given["password"])
        return _erasure(erasing.schedule_erasure(request.user, typed=given["confirm"]), request.user, 202)  # type: ignore[arg-type]

    @extend_schema(operation_id="auth_erase_cancel", request=None, responses={204: None}, tags=["auth"])
    def delete(self, request: Request) -> Response:
        """Keep the account after all."""
        erasing.cancel_erasure(request.user)  # type: ignore[arg-type]
        return Response(status=204)
