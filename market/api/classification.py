"""What an instrument is to the caller, and saying so."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from market import selectors, services
from market.api.common import read
from market.shapes.classification import ClassificationSerializer, ClassificationWanted, told_classification


class InstrumentClassification(APIView):
    @extend_schema(
        operation_id="instruments_classification",
        responses=ClassificationSerializer,
        tags=["market"],
        summary="What an instrument is, and who says so",
    )
    def get(self, request: Request, pk: int) -> Response:
        return Response(_told(request.user, selectors.get_instrument(request.user, pk)))

    @extend_schema(
        operation_id="instruments_classify",
        request=ClassificationWanted,
        responses=ClassificationSerializer,
        tags=["market"],
        summary="Say what an instrument is in one's own portfolios",
    )
    def put(self, request: Request, pk: int) -> Response:
        """In place of what the caller said before.  It holds in the caller's portfolios, also for those they are shared with."""
        instrument = selectors.get_instrument(request.user, pk)
        services.classify(request.user, instrument, **read(ClassificationWanted, request.data, also=ClassificationSerializer().fields))
        return Response(_told(request.user, instrument))

    @extend_schema(
        operation_id="instruments_declassify", responses={204: None}, tags=["market"], summary="Leave what an instrument is to the sources again"
    )
    def delete(self, request: Request, pk: int) -> Response:
        services.declassify(request.user, selectors.get_instrument(request.user, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _told(user: Any, instrument: Any) -> dict[str, Any]:
    return told_classification(selectors.classification(user, instrument))
