"""Roles in running the site: what each may look at and do in the administration.  One table, and nothing else, decides it.

A role is a Django group by its value; superusers are administrators.  None of them is a door to a person's rows outside the
administration, and nobody sees amounts, holdings or notes in it: those stand in no line.  A model without a line is closed.

What can be done with rows: look at them (`view`), `add`, `change`, `delete`, and the deeds of a page of their own (`work`: settle a
price, merge, send again).  Fields are those of the lists and pages; a computed column counts by its own name.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class SiteRole(StrEnum):
    """By the name of its group."""

    SUPPORT = "Support"
    STEWARD = "Market-data steward"
    AUDITOR = "Auditor"
    ADMINISTRATOR = "Administrator"


VERBS = ("view", "add", "change", "delete", "work")
_NOTHING: frozenset[str] = frozenset()
_LOOK = frozenset({"view"})
_WORK = frozenset({"work"})


@dataclass(frozen=True, slots=True)
class Line:
    """One model: what an administrator may; whether it belongs to the market, which stewards tend; and what support sees of it.

    Auditors look at all that administrators see.
    """

    label: str
    most: frozenset[str]
    market: bool = False
    support: frozenset[str] = _NOTHING  # the fields that support sees; none: support has no door to it
    lent: bool = False  # support works with it as administrators do: a person has to have allowed it
    withheld: frozenset[str] = _NOTHING  # from stewards: who did it

    def verbs(self, role: SiteRole) -> frozenset[str]:
        """What a role may do with the rows."""
        if role is SiteRole.ADMINISTRATOR:
            return self.most
        if role is SiteRole.AUDITOR:
            return self.most & _LOOK
        if role is SiteRole.STEWARD:
            return self.most if self.market else _NOTHING
        if self.lent:
            return _LOOK | (self.most & _WORK)
        return _LOOK if self.support else _NOTHING

    def sees(self, role: SiteRole, field: str) -> bool:
        """Whether a role that may look sees a field."""
        if role is SiteRole.SUPPORT:
            return field in self.support
        return role is not SiteRole.STEWARD or field not in self.withheld


def _person(label: str, most: str, support: str = "", *, lent: bool = False) -> Line:
    return Line(label, frozenset(most.split()), support=frozenset(support.split()), lent=lent)


def _market(label: str, most: str, withheld: str = "") -> Line:
    return Line(label, frozenset(most.split()), market=True, withheld=frozenset(withheld.split()))


TABLE: dict[str, Line] = {
    line.label: line
    for line in (
        # ── accounts: nobody's password or address is set here, or who does it could sign in as somebody else ──
        _person("accounts.User", "view add change", "username email is_active is_staff date_joined last_login"),
        _person("accounts.Preferences", "view", "locale time_zone welcome_done paused_at leaves_at"),
        _person("account.EmailAddress", "view", "user email primary verified"),
        _person("mfa.Authenticator", "view delete", "user type created_at last_used_at"),
        _person("usersessions.UserSession", "view", "user created_at last_seen_at"),
        _person("accounts.RefreshToken", "view"),
        _person("accounts.ApiKey", "view"),
        _person("accounts.AuditEntry", "view"),
        _person("accounts.SupportConsent", "view work", "id person given_at ends_at ended_at", lent=True),  # work: look at the account
        _person("accounts.SupportView", "view", "id consent staff started_at ended_at ending"),
        _person("socialaccount.SocialAccount", "view delete"),
        _person("socialaccount.SocialApp", "view add change delete"),
        _person("allauth_idp_oidc.Client", "view add change delete"),
        _person("allauth_idp_oidc.Token", "view delete"),
        # ── portfolios and alerts: that they are there and how they do ──────
        _person(
            "portfolios.Portfolio",
            "view",
            "id owner base_currency cost_method dividend_treatment tracks_cash allows_short is_sample revision entries created_at updated_at archived_at",
        ),
        _person("portfolios.ImportBatch", "view", "id portfolio uploaded_by format status rows_done rows_total created_at finished_at"),
        _person("portfolios.IntegrityReport", "view"),
        _person("alerts.Rule", "view", "id owner kind active armed due_at looked_at created_at"),
        _person("alerts.Firing", "view", "id rule fired_at held_until read_at"),
        _person("alerts.Delivery", "view delete work", "id owner channel family state attempts code next_at created_at sent_at"),
        _person("alerts.Webhook", "view", "id owner active stopped created_at"),
        # ── the market ──────────────────────────────────────────────────────
        _market("market.Benchmark", "view add change delete"),
        _market("market.Classification", "view add change"),
        _market("market.CorporateAction", "view add change delete"),
        _market("market.FundWeight", "view"),
        _market("market.FxRate", "view add change delete"),
        _market("market.Instrument", "view add change delete work"),
        _market("market.InstrumentMerge", "view work", withheld="asked_by"),
        _market("market.Price", "view add change delete"),
        _market("market.Quote", "view delete"),
        _market("market.RisklessRate", "view add change delete"),
        _market("market.SourceProfile", "view"),
        _market("market.SourceSymbol", "view add change delete work"),
        _market("market.Suspect", "view work", withheld="settled_by"),
        _market("market.UrlFeed", "view add change delete work"),
        # ── the schedule of jobs ────────────────────────────────────────────
        _person("django_celery_beat.PeriodicTask", "view add change delete work"),
        _person("django_celery_beat.ClockedSchedule", "view add change delete"),
        _person("django_celery_beat.CrontabSchedule", "view add change delete"),
        _person("django_celery_beat.SolarSchedule", "view add change delete"),
        _person("django_celery_beat.IntervalSchedule", "view add change delete"),
    )
}


def allowed(roles: Collection[SiteRole], verb: str, label: str) -> bool:
    """Whether any of the roles may do that with rows of the model."""
    line = TABLE.get(label)
    return line is not None and any(verb in line.verbs(role) for role in roles)


def seen(roles: Collection[SiteRole], label: str, field: str) -> bool:
    """Whether any of the roles sees a field of the model."""
    line = TABLE.get(label)
    return line is not None and any("view" in line.verbs(role) and line.sees(role, field) for role in roles)


def sees_whole(roles: Collection[SiteRole], label: str) -> bool:
    """Whether any of the roles sees what a row is called, and not only some of its fields."""
    line = TABLE.get(label)
    return line is not None and any("view" in line.verbs(role) and role is not SiteRole.SUPPORT for role in roles)
