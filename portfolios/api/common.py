"""What the endpoints of this app share: fields, names of fields, and how refusals are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from market.models import Instrument
from market.selectors import candidates, exchange_code, find_instrument, get_instrument, instruments_visible_to
from portfolio_site.kernel.errors import DomainError, Invalid
from portfolio_site.web.answers import word_of_query
from portfolio_site.web.idempotency import Idempotent
from portfolios.choices import CostMethod

# names inside → names in the API
NAMES = {"kind": "type", "traded_on": "date", "traded_at": "time", "day": "date"}
OTHER_NAMES = {"instrument": ("symbol", "isin"), "date": ("time",)}  # what may be sent in the place of a field


METHOD = OpenApiParameter("method", OpenApiTypes.STR, enum=list(CostMethod.values), description="the cost method; where missing, the portfolio's own")


def method_of_query(request: Request) -> str:
    """The cost method asked for, blank where none is.  Raises ValidationError."""
    return word_of_query(request, "method", CostMethod.values)


# ── fields ──────────────────────────────────────────────────────────────────


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}], "description": "the instrument's id, or its symbol"})
class InstrumentField(serializers.Field[Any, Any, int | None, Any]):
    """An instrument by id or symbol.  Stays as given until it is looked up (`find_one`, `find_all`)."""

    default_error_messages = {"invalid": "Give the id of an instrument, or its symbol."}

    def to_internal_value(self, data: Any) -> int | str:
        if isinstance(data, bool) or not isinstance(data, int | str):
            self.fail("invalid")
        text = str(data).strip()
        if not text or len(text) > 32 or "\x00" in text:
            self.fail("invalid")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else text

    def to_representation(self, value: Any) -> int | None:
        return value.pk if isinstance(value, Instrument) else value


# ── instruments ─────────────────────────────────────────────────────────────


class Unknown(serializers.ValidationError):
    def __init__(self, field: str, said: object) -> None:
        super().__init__({field: [serializers.ErrorDetail(unknown_words(said), code="unknown_instrument")]})


def unknown_words(said: object) -> str:
    return f"No single instrument is meant by “{str(said)[:40]}”. Search /instruments, and give its id as `instrument`."


def find_one(user: Any, asked: int | str, field: str = "instrument") -> Instrument:
    """Raises Unknown."""
    if isinstance(asked, int):
        return get_instrument(user, asked)
    found = find_instrument(user, symbol=asked)
    if found is None:
        raise Unknown(field, asked)
    return found


def find_all(user: Any, rows: Sequence[Mapping[str, Any]], places: Sequence[str] | None = None) -> list[Instrument | None]:
    """The instrument of each row, None where it names none.  Two queries.  Raises ValidationError that names the rows (see `look_up`)."""
    found, wrong = look_up(user, rows, places)
    if wrong:
        raise serializers.ValidationError(wrong)
    return found


def look_up(
    user: Any, rows: Sequence[Mapping[str, Any]], places: Sequence[str] | None = None
) -> tuple[list[Instrument | None], dict[str, list[serializers.ErrorDetail]]]:
    """The instrument of each row, None where it names none or no single one, and the fields by which none was found.  Two queries.

    places  what stands before a field of each row in errors; where missing, "transactions.<place from 0>."
    """
    ids = {asked for row in rows if isinstance(asked := row.get("instrument"), int)}
    symbols = {str(asked).upper() for row in rows if (asked := row.get("symbol") or row.get("instrument")) and not isinstance(asked, int)}
    isins = {row["isin"].upper() for row in rows if row.get("isin")}
    by_id: dict[int, Instrument] = {one.pk: one for one in instruments_visible_to(user).filter(pk__in=ids)} if ids else {}
    by_name = _Names(candidates(user, symbols=symbols, isins=isins))
    found: list[Instrument | None] = []
    wrong: dict[str, list[serializers.ErrorDetail]] = {}
    for number, row in enumerate(rows):
        asked = row.get("instrument") or row.get("isin") or row.get("symbol")
        one = None
        if isinstance(asked, int):
            one = by_id.get(asked)
        elif asked:
            one = by_name.find(
                symbol=str(row.get("symbol") or row.get("instrument") or ""), isin=row.get("isin") or "", exchange=row.get("exchange") or ""
            )
        if asked and one is None:
            field = "instrument" if row.get("instrument") else "isin" if row.get("isin") else "symbol"
            place = f"transactions.{number}." if places is None else places[number]
            wrong[place + field] = [serializers.ErrorDetail(unknown_words(asked), code="unknown_instrument")]
        found.append(one)
    return found, wrong


class _Names:
    """Instruments by symbol and ISIN: the person's own before everybody's; none where several could be meant."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._all = list(instruments)
        self._known: dict[tuple[str, str, str], Instrument | None] = {}

    def find(self, *, symbol: str, isin: str, exchange: str) -> Instrument | None:
        key = (symbol.upper(), isin.upper(), exchange.upper())
        if key not in self._known:
            self._known[key] = self._search(*key)
        return self._known[key]

    def _search(self, symbol: str, isin: str, exchange: str) -> Instrument | None:
        left = [one for one in self._all if isin and one.isin == isin] or [one for one in self._all if symbol and one.symbol == symbol]
        for narrower in (
            [one for one in left if exchange and exchange_code(one.exchange) == exchange_code(exchange)],
            [one for one in left if symbol and one.symbol == symbol],
            [one for one in left if one.owner_id is not None],
        ):
            left = narrower or left
        return left[0] if len(left) == 1 else None


# ── views ───────────────────────────────────────────────────────────────────


class LedgerView(Idempotent, APIView):
    """Tells refusals in the API's names.  What is wrong with single fields is 400; what the ledger refuses is 422."""

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, DomainError) and exc.errors:
            errors = tuple(replace(error, field=_renamed(error.field, self.request.data)) for error in exc.errors)
            if type(exc) is Invalid:
                exc = serializers.ValidationError({error.field: [serializers.ErrorDetail(error.detail, code=error.code)] for error in errors})
            else:
                exc.errors = errors
        answer: Response = super().handle_exception(exc)
        return answer


def _renamed(path: str, sent: Any) -> str:
    """A field in the API's names; where it can be told in several, by the one that was sent."""
    *steps, last = path.split(".")
    for step in steps:
        if isinstance(sent, list) and step.isdigit() and int(step) < len(sent):
            sent = sent[int(step)]
        else:
            sent = sent.get(step) if isinstance(sent, Mapping) else None
    name = NAMES.get(last, last)
    if isinstance(sent, Mapping) and name not in sent:
        name = next((other for other in OTHER_NAMES.get(name, ()) if other in sent), name)
    return ".".join([*steps, name])


IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, description="the same key and body answer the same for 24 h"
)
IF_MATCH = OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="the ETag of the version to be changed")
