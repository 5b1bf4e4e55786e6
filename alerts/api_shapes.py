"""What the API of alerts takes and answers.  The fields of each kind come from where the kind is declared."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from alerts.choices import RuleKind
from alerts.rules import KINDS, Field, FieldType, Kind
from alerts.selectors import PRICED
from alerts.services import LONGEST_NOTE
from portfolio_site.web.serializers import ExactField

_SCHEMAS: dict[FieldType, dict[str, Any]] = {
    FieldType.COUNT: {"type": "integer"},
    FieldType.TARGETS: {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["name", "weight", "band"],
            "properties": {
                "name": {"type": "string", "example": "AAPL"},
                "weight": {"type": "string", "format": "decimal", "example": "0.10"},
                "band": {"type": "string", "format": "decimal", "example": "0.02"},
            },
        },
    },
}
_DECIMAL = {"type": "string", "format": "decimal"}
_UNITS = {
    FieldType.PRICE: "as the instrument is quoted: in its currency, a bond in percent of par",
    FieldType.MONEY: "in the currency of the portfolio, your own for all of them",
    FieldType.PERCENT: "a fraction: 0.05 is 5 %",
}


def schema_of(field: Field) -> dict[str, Any]:
    """One field as OpenAPI describes it."""
    found = dict(_SCHEMAS.get(field.type) or (_DECIMAL if field.type in _UNITS else {"type": "string"}))
    found["description"] = ". ".join(part for part in (_UNITS.get(field.type, ""), field.help) if part) or field.label
    if field.choices:
        found["enum"] = [name for name, _ in field.choices]
    if field.default is not None:
        found["default"] = field.default
    if field.example:
        found["example"] = int(field.example) if field.type is FieldType.COUNT else field.example
    return found


def _parameters_schema(kind: Kind) -> dict[str, Any]:
    needed = [field.name for field in kind.fields if field.default is None]
    return {
        "type": "object",
        "title": kind.name,
        "description": kind.help,
        "properties": {field.name: schema_of(field) for field in kind.fields},
        "additionalProperties": False,
        **({"required": needed} if needed else {}),
    }


@extend_schema_field(
    {"description": "The fields of the type, as `GET /alerts/kinds` lists them.", "anyOf": [_parameters_schema(one) for one in KINDS.values()]}
)
class ParametersField(serializers.DictField):
    """The fields of a kind: numbers as text."""


class AlertSerializer(serializers.Serializer[Any]):
    """A rule as it is answered."""

    id = serializers.IntegerField(read_only=True)
    type = serializers.ChoiceField(choices=RuleKind.choices, source="kind")
    watches = serializers.CharField(source="watch.value", help_text="`instrument`, `portfolio`, or `all`: all of your portfolios")
    instrument = serializers.IntegerField(source="instrument_id", read_only=True, allow_null=True)
    portfolio = serializers.IntegerField(source="portfolio_id", read_only=True, allow_null=True)
    symbol = serializers.SerializerMethodField(help_text="of an instrument; null also while you cannot see it")
    parameters = ParametersField()
    threshold = serializers.SerializerMethodField(help_text="of a price: the same as in `parameters`, in `price_unit`; null of others")
    price_unit = serializers.CharField(
        source="instrument.price_unit",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="what its prices are in: the currency, or `%` for a bond in percent of par",
    )
    currency = serializers.CharField(source="instrument.currency", read_only=True, allow_null=True, default=None, help_text="of the instrument")
    note = serializers.CharField()
    active = serializers.BooleanField()
    armed = serializers.BooleanField(
        help_text="False after it fired, until the number has been back by `margin` of the threshold and `cool_down` minutes have passed."
    )
    once = serializers.BooleanField()
    margin = ExactField()
    cool_down = serializers.IntegerField()
    quiet_from = serializers.TimeField(format="%H:%M", allow_null=True)
    quiet_until = serializers.TimeField(format="%H:%M", allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    why_not = serializers.SerializerMethodField(help_text="why the last look saw nothing; empty where it saw something")
    created_at = serializers.DateTimeField()
    last_fired_at = serializers.DateTimeField(allow_null=True)

    def get_symbol(self, rule: Any) -> str | None:
        return None if rule.instrument is None or rule.pk in self.context["hidden"] else rule.instrument.symbol

    def get_why_not(self, rule: Any) -> str:
        return self.context["hidden"].get(rule.pk) or rule.why_not  # type: ignore[no-any-return]

    def get_threshold(self, rule: Any) -> str | None:
        return rule.parameters.get("threshold") if rule.kind in PRICED else None


class AlertChange(serializers.Serializer[Any]):
    """What may be changed."""

    type = serializers.ChoiceField(choices=RuleKind.choices, source="kind", required=False)
    threshold = ExactField(required=False, help_text="stands for `threshold` of `parameters`")
    parameters = ParametersField(required=False)
    note = serializers.CharField(max_length=LONGEST_NOTE, allow_blank=True, required=False)
    active = serializers.BooleanField(required=False)
    once = serializers.BooleanField(required=False, help_text="paused after it fired")
    margin = ExactField(required=False, help_text="how far back the number must have been before it tells again, a fraction of the threshold")
    cool_down = serializers.IntegerField(min_value=0, max_value=527040, required=False, help_text="minutes from one time to the next, at least")
    quiet_from = serializers.TimeField(required=False, allow_null=True, help_text="on your clock; what fires then is told at `quiet_until`")
    quiet_until = serializers.TimeField(required=False, allow_null=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class AlertWanted(AlertChange):
    """A new rule, on an instrument (`symbol` or `instrument`), on a `portfolio`, or with none of them on all of your portfolios."""

    type = serializers.ChoiceField(choices=RuleKind.choices, source="kind")
    symbol = serializers.CharField(max_length=60, required=False)
    instrument = serializers.IntegerField(min_value=1, max_value=10**18 - 1, required=False)
    portfolio = serializers.IntegerField(min_value=1, max_value=10**18 - 1, required=False)


class RehearsalDay(serializers.Serializer[Any]):
    date = serializers.DateField()
    message = serializers.CharField()


class RehearsalSerializer(serializers.Serializer[Any]):
    """When a rule would have fired in the past year; `why_not` says why that is not known."""

    times = serializers.IntegerField()
    days = RehearsalDay(many=True)
    since = serializers.DateField(allow_null=True)
    until = serializers.DateField(allow_null=True)
    why_not = serializers.CharField()


class KindField(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    type = serializers.CharField()
    help = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]
    default = serializers.JSONField(allow_null=True)
    choices = serializers.ListField(child=serializers.CharField())


class KindSerializer(serializers.Serializer[Any]):
    """A type of alert with the fields of its `parameters`."""

    type = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    group = serializers.CharField()
    help = serializers.CharField()
    watches = serializers.ListField(child=serializers.CharField())
    parameters = KindField(many=True)


def kind_shown(kind: Kind) -> dict[str, Any]:
    """A kind as `KindSerializer` answers it."""
    return {
        "type": kind.name,
        "label": kind.label,
        "group": kind.group,
        "help": kind.help,
        "watches": sorted(kind.watches),
        "parameters": [
            {
                "name": one.name,
                "label": one.label,
                "type": one.type.value,
                "help": one.help,
                "required": one.default is None,
                "default": one.default,
                "choices": [name for name, _ in one.choices],
            }
            for one in kind.fields
        ],
    }


class NoticeSerializer(serializers.Serializer[Any]):
    """What somebody did to what is shared with you, or by you."""

    id = serializers.IntegerField()
    message = serializers.CharField(source="sentence")
    path = serializers.CharField(help_text="the page where one looks at it; empty where there is none any more")
    told_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class NotificationSerializer(serializers.Serializer[Any]):
    """One time that a rule came true."""

    id = serializers.IntegerField()
    alert = serializers.IntegerField(source="rule_id")
    type = serializers.CharField(source="rule.kind")
    instrument = serializers.IntegerField(source="instrument_id", allow_null=True)
    symbol = serializers.SerializerMethodField(help_text="of the instrument; null also while you cannot see it")
    portfolio = serializers.IntegerField(source="rule.portfolio_id", allow_null=True)
    message = serializers.CharField(source="sentence")
    fired_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)

    def get_symbol(self, firing: Any) -> str | None:
        return None if firing.instrument is None or firing.instrument_id in self.context["unseen"] else firing.instrument.symbol
