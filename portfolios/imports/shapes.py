"""The shapes of the import endpoints: what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from market.choices import AssetClass
from portfolio_site.web.serializers import CurrencyField, ExactField, WordField
from portfolios.choices import ImportStatus, TransactionKind, Verdict
from portfolios.importers.generic_names import FIELDS
from portfolios.imports import selectors
from portfolios.imports.selectors import STATES
from portfolios.models import ImportBatch


class UploadSerializer(serializers.Serializer[Any]):
    """A statement.  `format` “generic” reads a known broker's file as a plain table."""

    file = serializers.FileField(allow_empty_file=True)
    format = WordField(choices=["generic"], required=False)


class CountsSerializer(serializers.Serializer[Any]):
    """`total` is rows of the file; the others are entries by state."""

    total = serializers.IntegerField()
    unknown = serializers.IntegerField()
    error = serializers.IntegerField()
    check = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    ready = serializers.IntegerField()
    out = serializers.IntegerField()


class QuestionSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    detail = serializers.CharField()


class RepairSerializer(serializers.Serializer[Any]):
    """PATCH the row with this column and text."""

    label = serializers.CharField()  # type: ignore[assignment]
    column = serializers.CharField()
    text = serializers.CharField()


class RowProblemSerializer(serializers.Serializer[Any]):
    """`field`: the column of a row that could not be read, else the field of the entry that it would make."""

    field = serializers.CharField()
    detail = serializers.CharField()


class RowSerializer(serializers.Serializer[Any]):
    """One entry that a row would make, or the problem of a row that makes none."""

    number = serializers.IntegerField(help_text="The line of the file, from 1.")
    part = serializers.IntegerField(help_text="A row that makes several entries has parts 0, 1, 2.")
    state = serializers.ChoiceField(choices=list(STATES))
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    reason = serializers.CharField(help_text="All that is wrong in one text, or what to look at.")
    problems = serializers.SerializerMethodField(help_text="Of a refused row: each thing that is wrong.")
    type = serializers.CharField(source="kind")
    date = serializers.DateField(source="day", allow_null=True)
    name = serializers.CharField()
    symbol = serializers.CharField()
    quantity = ExactField(allow_null=True)
    ratio = serializers.CharField(help_text="Of a split: new to old, such as 4:1.")
    price = ExactField(allow_null=True)
    currency = serializers.CharField()
    fees = ExactField(allow_null=True)
    taxes = ExactField(allow_null=True)
    cash = ExactField(allow_null=True, help_text="Signed, in settlement_currency.")
    settlement_currency = serializers.CharField()
    column = serializers.CharField(help_text="The column that the reason is about.")
    cells = serializers.SerializerMethodField()
    repairs = serializers.SerializerMethodField()
    instrument_key = serializers.CharField(help_text="Equal for all rows of one instrument; resolve them together by it.")
    chosen = serializers.BooleanField()

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
    def get_cells(self, row: selectors.RowView) -> dict[str, str]:
        return dict(row.cells)

    @extend_schema_field(RowProblemSerializer(many=True))
    def get_problems(self, row: selectors.RowView) -> list[dict[str, str]]:
        return [{"field": field, "detail": detail} for field, detail in row.problems]

    @extend_schema_field(RepairSerializer(many=True))
    def get_repairs(self, row: selectors.RowView) -> list[dict[str, str]]:
        return [{"label": label, "column": column, "text": text} for label, column, text in row.repairs]


class RowsSerializer(serializers.Serializer[Any]):
    results = RowSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class LayoutSerializer(serializers.Serializer[Any]):
    """How to read a file of no known broker.  `columns`: field → column; `types`: type in the file → type here, or “skip”."""

    columns = serializers.DictField(child=serializers.CharField(max_length=300), help_text=f"Fields: {', '.join(FIELDS)}.")
    types = serializers.DictField(
        child=serializers.CharField(max_length=20, allow_blank=True),
        required=False,
        default=dict,
        help_text=f"{', '.join(TransactionKind.values)} or skip.",
    )
    decimals = WordField(choices=["", "point", "comma"], required=False, default="")
    day_first = serializers.BooleanField(required=False, allow_null=True, default=None)
    currency = CurrencyField(required=False, allow_blank=True, default="")
    rate_direction = WordField(choices=["", "base_per_unit", "unit_per_base"], required=False, default="")


class UnknownSerializer(serializers.Serializer[Any]):
    """An instrument that rows name and nobody knows."""

    key = serializers.CharField()
    isin = serializers.CharField()
    symbol = serializers.CharField()
    name = serializers.CharField()
    currency = serializers.CharField()
    rows = serializers.IntegerField()
    suggestions = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": {"type": "integer"}, "description": "Instruments that might be meant."})
    def get_suggestions(self, unknown: selectors.UnknownInstrument) -> list[int]:
        return [one.pk for one in unknown.suggestions]


class CashChangeSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    effect = ExactField()
    before = ExactField()
    after = ExactField()


class ChangeSerializer(serializers.Serializer[Any]):
    """What recording would change."""

    entries = serializers.IntegerField()
    entries_after = serializers.IntegerField()
    holdings_changed = serializers.IntegerField(source="changed")
    holdings_new = serializers.IntegerField(source="new")
    cash = serializers.SerializerMethodField()
    first = serializers.DateField(allow_null=True)
    last = serializers.DateField(allow_null=True)

    @extend_schema_field(CashChangeSerializer(many=True))
    def get_cash(self, change: selectors.Change) -> list[Mapping[str, Any]]:
        return [dict(CashChangeSerializer(dict(zip(("currency", "effect", "before", "after"), line, strict=True))).data) for line in change.cash]


class BatchSerializer(serializers.Serializer[ImportBatch]):
    """An import and how far it is."""

    id = serializers.IntegerField(source="pk")
    portfolio = serializers.IntegerField(source="portfolio_id")
    file_name = serializers.CharField()
    format = serializers.CharField()
    status = serializers.ChoiceField(choices=ImportStatus.choices)
    problem = serializers.CharField(help_text="Why it failed, or why nothing was recorded.")
    rows_total = serializers.IntegerField()
    rows_done = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ImportSerializer(BatchSerializer):
    """An import with its review.  `layout` and `questions` are of a file of no known broker."""

    counts = CountsSerializer()
    columns = serializers.ListField(child=serializers.CharField())
    layout = LayoutSerializer(allow_null=True)
    questions = QuestionSerializer(many=True)
    change = ChangeSerializer(allow_null=True)
    unknown = UnknownSerializer(many=True)
    rows = RowsSerializer()


class RowsQuery(serializers.Serializer[Any]):
    state = WordField(choices=list(STATES), required=False, default="")
    verdict = WordField(choices=Verdict.choices, required=False, default="")


class ResolveSerializer(serializers.Serializer[Any]):
    """Either `instrument`, or `create` with what is to differ from the file; or `create_all` for every unknown instrument at once."""

    key = serializers.CharField(max_length=64, required=False, default="")
    instrument = serializers.IntegerField(required=False, min_value=1, max_value=10**18 - 1)
    create = serializers.BooleanField(required=False, default=False)  # type: ignore[assignment]
    create_all = serializers.BooleanField(required=False, default=False)
    symbol = serializers.CharField(max_length=32, required=False, allow_blank=True, default="")
    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    currency = CurrencyField(required=False, allow_blank=True, default="")
    asset_class = WordField(choices=AssetClass.choices, required=False, default=AssetClass.STOCK)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        ways = [name for name in ("instrument", "create", "create_all") if attrs.get(name)]
        if len(ways) != 1:
            raise serializers.ValidationError("Give one of instrument, create and create_all.")
        if not attrs["create_all"] and not attrs["key"]:
            raise serializers.ValidationError({"key": "Say which instrument the rows name."})
        return attrs


class RowChangeSerializer(serializers.Serializer[Any]):
    """Either `chosen`, or `column` with `text`, or `anyway` for a duplicate."""

    chosen = serializers.BooleanField(required=False, allow_null=True, default=None)
    column = serializers.CharField(max_length=300, required=False, default="")
    text = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    anyway = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum([attrs["chosen"] is not None, bool(attrs["column"]), attrs["anyway"]]) != 1:
            raise serializers.ValidationError("Give one of chosen, column with text, and anyway.")
        return attrs


class UndoneSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    status = serializers.CharField()
    voided = serializers.IntegerField(help_text="Entries taken out of the ledger.")
