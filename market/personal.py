"""What becomes of what this app keeps about people (portfolio_site/web/personal.py).  Most of it is the market's, and about nobody."""

from __future__ import annotations

from portfolio_site.web.personal import DERIVED, GIVEN, INTERNAL, NOBODYS, UNLINKED, rows

PERSONAL = [
    rows(
        "market.Instrument",
        "Instruments of a person's own",
        person="owner",
        fields={
            GIVEN: "id owner symbol name asset_class currency exchange price_factor isin sector industry country region provider note created_at",
            DERIVED: "prices_version",
        },
        known_by="symbol exchange isin name currency asset_class price_factor",
    ),
    rows(
        "market.Price",
        "Prices of a person's own instruments",
        person="instrument__owner",
        fields={GIVEN: "id instrument day open high low close volume source simulated"},
    ),
    rows(
        "market.PriceColumn", "The same prices, packed", person="instrument__owner", fields={DERIVED: "instrument version days closes simulated_from"}
    ),
    rows(
        "market.Quote",
        "Newest prices of a person's own instruments",
        person="instrument__owner",
        fields={GIVEN: "instrument price previous_close volume as_of fetched_at source quality", INTERNAL: "sequence"},
    ),
    rows(
        "market.CorporateAction",
        "Splits and dividends of a person's own instruments",
        person="instrument__owner",
        fields={GIVEN: "id instrument kind ex_day ratio_new ratio_old amount source"},
        known_by="instrument kind ex_day ratio_new ratio_old amount",
    ),
    rows("market.FxRate", "Exchange rates of a person's own", person="owner", fields={GIVEN: "id owner base quote day rate source simulated"}),
    rows("market.FxColumn", "Reference rates, packed", fields={NOBODYS: "quote version days rates simulated_from"}),
    rows(
        "market.Classification",
        "How a person classified instruments",
        person="owner",
        fields={GIVEN: "id instrument owner asset_class sector industry country region before changed_at"},
    ),
    rows(
        "market.FundWeight",
        "Parts of funds as a person entered them",
        person="classification__owner",
        fields={GIVEN: "id profile classification dimension key name weight"},
    ),
    rows(
        "market.Benchmark",
        "Blends to compare with",
        person="owner",
        fields={
            GIVEN: "id owner name currency created_at rebalancing removed_at",
            NOBODYS: "instrument kind twin note position is_active",
        },
    ),
    rows("market.BlendPart", "Parts of blends", person="blend__owner", fields={GIVEN: "id blend instrument weight"}),
    rows("market.Watchlist", "Watchlists", person="owner", fields={GIVEN: "id owner name created_at"}),
    rows("market.WatchlistItem", "What is on watchlists", person="watchlist__owner", fields={GIVEN: "id watchlist instrument position added_at"}),
    rows("market.MutedPublisher", "Publishers that a person does not want to read", person="owner", fields={GIVEN: "id owner publisher"}),
    rows("market.OpenedArticle", "Articles that a person opened", person="owner", fields={GIVEN: "id owner article opened_at"}),
    rows(
        "market.InstrumentMerge",
        "Instruments of everybody's that were made one",
        fields={
            UNLINKED: "asked_by",
            NOBODYS: "id stays goes stays_symbol goes_symbol status detail attempts touched_at asked_at merged_at parted_at journal",
        },
    ),
    rows(
        "market.Suspect",
        "Prices that were not believed",
        person="instrument__owner",
        fields={GIVEN: "id instrument kind source day as_of price before reason found_at verdict settled_at confirmed_by", UNLINKED: "settled_by"},
    ),
    rows("market.RisklessRate", "What money earned without risk", fields={NOBODYS: "id currency day percent basis source series"}),
    rows(
        "market.UrlFeed",
        "Addresses that tell prices, set up by an administrator",
        fields={
            NOBODYS: "id name active place rank kind address header secret rows price day time currency factor delimiter comma calls_a_minute calls_a_day"
        },
    ),
    rows(
        "market.IntradayDay",
        "Prices within days of a person's own instruments",
        person="instrument__owner",
        fields={GIVEN: "id instrument day source fetched_at bars"},
    ),
    rows(
        "market.Article",
        "News",
        fields={NOBODYS: "id fingerprint story url title summary publisher language published_at fetched_at source instruments"},
        known_by="url title",
    ),
    rows("market.ArticleInstrument", "What news is about", person="instrument__owner", fields={GIVEN: "id article instrument"}),
    rows("market.NewsAsked", "When sources were asked for news", person="instrument__owner", fields={INTERNAL: "instrument asked_at answered_at"}),
    rows(
        "market.SourceProfile",
        "What sources say of instruments",
        person="instrument__owner",
        fields={GIVEN: "id instrument source fetched_at asset_class sector said_sector industry country isin"},
    ),
    rows(
        "market.SourceSymbol",
        "What sources call instruments",
        person="instrument__owner",
        fields={
            GIVEN: "id instrument source symbol currency until",
            INTERNAL: "state retry_at history_retry_at asked_at history_at profile_retry_at profile_at detail",
        },
    ),
]
