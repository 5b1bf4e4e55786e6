"""What becomes of what this app keeps about people (portfolio_site/web/personal.py)."""

from __future__ import annotations

from portfolio_site.web.personal import DERIVED, GIVEN, INTERNAL, NOBODYS, SECRET, UNLINKED, rows

PERSONAL = [
    rows(
        "portfolios.Portfolio",
        "Portfolios with their rules",
        person="owner",
        fields={
            GIVEN: "id owner name description base_currency cost_method dividend_treatment tracks_cash allows_short locked_until applies_splits"
            " applies_dividends benchmark blend is_sample created_at updated_at archived_at",
            DERIVED: "is_linked revision writes",
        },
    ),
    rows(
        "portfolios.Transaction",
        "Entries of ledgers, with all earlier versions",
        person="portfolio__owner",
        fields={
            GIVEN: "id portfolio instrument kind traded_on traded_at settles_on currency settlement_currency fx_source costs_currency ratio_new"
            " ratio_old acquired_on method link proposal sealed source batch recorded_at voided_at replaces origin",
            DERIVED: "tag_keys source_key",
            UNLINKED: "recorded_by",
        },
    ),
    rows(
        "portfolios.TransactionLeg",
        "What spin-offs and mergers gave",
        person="transaction__portfolio__owner",
        fields={GIVEN: "id transaction place instrument ratio_new ratio_old cost_share local_rate fraction cash"},
    ),
    rows(
        "portfolios.ActionProposal",
        "Corporate actions that were proposed",
        person="portfolio__owner",
        fields={GIVEN: "id portfolio action status reason by_rule created_at decided_at"},
    ),
    rows(
        "portfolios.Reconciliation",
        "What statements said was there",
        person="portfolio__owner",
        fields={GIVEN: "id portfolio day positions cash created_at", UNLINKED: "created_by"},
    ),
    rows(
        "portfolios.Holding",
        "What is held",
        person="portfolio__owner",
        fields={GIVEN: "id portfolio instrument quantity cost cost_local realised income expenses is_open opened_on changed_on"},
    ),
    rows(
        "portfolios.Membership",
        "Who sees a portfolio of somebody else's, and in which role",
        person="user portfolio__owner",
        fields={GIVEN: "id portfolio user role since", UNLINKED: "invited_by"},
    ),
    rows(
        "portfolios.Invitation",
        "Invitations to a portfolio that were not accepted yet",
        person="portfolio__owner invited_by",
        fields={GIVEN: "id portfolio email role invited_by created_at expires_at", DERIVED: "email_key", SECRET: "token_hash"},
    ),
    rows(
        "portfolios.Comment",
        "Comments on portfolios, by their owner and by others",
        person="author portfolio__owner",
        fields={GIVEN: "id portfolio instrument entry author text written_at changed_at"},
    ),
    rows(
        "portfolios.Suggestion",
        "Entries that were suggested for portfolios, by their owner and by others",
        person="author portfolio__owner",
        fields={
            GIVEN: "id portfolio deed entry version fields note author suggested_at state decided_at reason recorded",
            UNLINKED: "decided_by",
        },
    ),
    rows(
        "portfolios.OwnershipOffer",
        "Portfolios that somebody is to take over",
        person="portfolio__owner to",
        fields={GIVEN: "id portfolio to stays created_at expires_at"},
    ),
    rows(
        "portfolios.PortfolioUserObjectPermission",
        "The same as single permissions",
        person="user",
        fields={DERIVED: "id permission user content_object"},
    ),
    rows(
        "portfolios.PublicLink",
        "Public links to a portfolio",
        person="portfolio__owner made_by",
        fields={GIVEN: "id portfolio title with_amounts made_by created_at expires_at opened", SECRET: "digest"},
    ),
    rows(
        "portfolios.PublicVisit",
        "When, and from which part of the net, a public link was opened",
        person="link__portfolio__owner link__made_by",
        fields={GIVEN: "id link at network"},
    ),
    rows("portfolios.CashBalance", "Cash", person="portfolio__owner", fields={GIVEN: "id portfolio currency amount cost"}),
    rows(
        "portfolios.ImportBatch",
        "Statements that were read in, or are being read",
        person="portfolio__owner",
        fields={
            UNLINKED: "uploaded_by",
            GIVEN: "id portfolio file_name content format mapping facts status problem rows_total rows_done created_at finished_at",
            INTERNAL: "attempts touched_at",
        },
    ),
    rows(
        "portfolios.ImportRow",
        "Rows of those statements",
        person="batch__portfolio__owner",
        fields={GIVEN: "id batch number part verdict draft reason remarked instrument chosen", DERIVED: "instrument_key source_key"},
    ),
    rows("portfolios.IntegrityReport", "What the nightly check of all ledgers found", fields={NOBODYS: "id checked_at portfolios findings"}),
]
