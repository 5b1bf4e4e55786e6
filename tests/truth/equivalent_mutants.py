"""Mutants that no test can tell from the original, each with the reason.

A mutant is named by its function and by what becomes what there in one place, as in the list of seeded bugs: lines may move, and numbers do not count.
`tests/truth/test_mutants.py` fails where an entry names no mutant any more.
"""

from __future__ import annotations

from typing import NamedTuple


class Same(NamedTuple):
    """In `function`, `old` becomes any of `new`."""

    function: str
    old: str
    new: tuple[str, ...]
    why: str


NOT_STRICT = ("strict=None", "strict=False", "")
STRICT, ONE_LENGTH = "strict=True", "the lists are always of one length"
BEGINNING = "a sum of some that begins at 0 or at Decimal(0)"
COLLECTOR = "whether the collector of cycles waits is a matter of speed alone"
NO_FLOW = "the money of this branch is inside, and no flow"
NOT_ZERO = "it is not zero here"
ONLY_BEFORE = "the event is asked for its day only where nothing was there before"
WHOLE = "all of it takes all of the cost, also by the rule of three"
GENERAL = "the general way gives the same, more slowly"
SIGN = "it is 1 or -1"
UNUSED = "asked for only where costs are in a currency of their own"

EQUIVALENT = [
    # ── book, gains, cash, effects, order ──
    Same("book._position", "if quantity < ZERO", ("if quantity <= ZERO",), "of nothing there are no lots to turn round"),
    Same("book._cut", "len(fields) > LARGE", ("None", "len(fields) >= LARGE"), COLLECTOR),
    Same("book.matched", "if amount_local == amount else", ("if (amount_local == amount) and False else",), "equal amounts have equal shares"),
    Same("cash.Pool.__init__", "self.is_base = is_base", ("self.is_base = None",), "base currency moved as another one, at 1, costs what it is"),
    Same("cash.Pool.move", "(held > ZERO) is", ("(held >= ZERO) is",), NOT_ZERO),
    Same("cash.Pool.move", "is (held > ZERO)", ("is (held >= ZERO)",), NOT_ZERO),
    Same("cash.Pool.move", "is (amount > ZERO)", ("is (amount >= ZERO)",), NOT_ZERO),
    Same("cash.Pool.move", "(left > ZERO) is", ("(left >= ZERO) is",), NOT_ZERO),
    Same("cash.Pool.move", "if left else", ("if (left) or True else",), WHOLE),
    Same("effects.Figures.plus", STRICT, NOT_STRICT, ONE_LENGTH),
    Same("effects.Figures.less", STRICT, NOT_STRICT, ONE_LENGTH),
    Same("effects.effects_of", "MOST_EVENTS // len(paths)", ("MOST_EVENTS / len(paths)",), "a whole number is above both or above neither"),
    Same("effects._groups_of", "instrument_ids_of(event)[:1]", ("instrument_ids_of(event)[:2]",), "a leg is in the group of what it came from"),
    Same("effects._walk", "path.state.pop(number, None)", ("path.state.pop(number, )",), "what goes out is there"),
    Same("events.order._place", "None, 0, event.sequence", ("None, 1, event.sequence",), "the same for all without a time"),
    Same("events.order.in_ledger_order", "len(of_one_day) > 1", ("len(of_one_day) >= 1",), "one alone is in order"),
    # ── handlers ──
    Same(
        "handlers.amounts.pay_net",
        "run.pay(event, amount, worth, instrument, quantity)\n    if",
        tuple(f"run.pay(event, amount, worth, {rest})\n    if" for rest in ("None, quantity", "instrument, None", "quantity", "instrument, ")),
        NO_FLOW,
    ),
    Same("handlers.amounts.pay_net", "-costs_worth, instrument, None, own", ("-costs_worth, None, None, own",), NO_FLOW),
    Same("handlers.corporate.split", "short = held < ZERO", ("short = held <= ZERO",), NOT_ZERO),
    Same("handlers.corporate.stock_dividend", "stock.quantity < ZERO", ("stock.quantity <= ZERO",), NOT_ZERO),
    Same("handlers.corporate.stock_dividend", "run.owe(event,", ("run.owe(None,",), ONLY_BEFORE),
    Same("handlers.corporate.return_of_capital", "run.hold(event,", ("run.hold(None,",), ONLY_BEFORE),
    Same("handlers.corporate._gain", STRICT, NOT_STRICT, ONE_LENGTH),
    Same("handlers.income._earn", "taken = ZERO", ("taken = None",), "asked for only whether there is any"),
    Same("handlers.income._earn", "stock.quantity > ZERO", ("stock.quantity >= ZERO",), "where nothing is held there is no cost to lower"),
    Same("handlers.income._earn", "run.hold(event,", ("run.hold(None,",), ONLY_BEFORE),
    Same("handlers.income._earn", "if taken else", ("if (taken) or True else",), "less nothing is the same"),
    Same("handlers.income.reinvestment", "local_of(run, event, -1, gross, cost)", ("local_of(run, event, -1, None, cost)",), UNUSED),
    Same("handlers.paid.in_quote", "for lot in lots), ZERO)", ("for lot in lots), )",), "without lots there is no cost, and the answer is zero"),
    Same("handlers.paid.shared", "sum(weights, ZERO)", ("sum(weights, )",), BEGINNING),
    Same("handlers.paid.close", "for lot in lots), ZERO)", ("for lot in lots), )",), BEGINNING),
    Same("handlers.reorganisations.reorganise", STRICT, NOT_STRICT, ONE_LENGTH),
    Same("handlers.reorganisations._source", "stock.quantity < ZERO", ("stock.quantity <= ZERO",), NOT_ZERO),
    Same("handlers.reorganisations._on_top", STRICT, NOT_STRICT, ONE_LENGTH),
    Same("handlers.reorganisations._give", STRICT, NOT_STRICT, ONE_LENGTH),
    Same("handlers.reorganisations._give", "leg.fraction, event.id)", ("leg.fraction, None)",), "what a fraction is taken from has no plan of sales"),
    Same("handlers.reorganisations._units", "for lot in lots), ZERO)", ("for lot in lots), )",), BEGINNING),
    Same("handlers.reorganisations._arrive_short", "if held == units else", ("if (held == units) and False else",), WHOLE),
    Same("handlers.reorganisations._settle", STRICT, NOT_STRICT, ONE_LENGTH),
    Same("handlers.reorganisations._settle", "if event.legs else", ("if (event.legs) or True else",), "without legs the share of the cash is one"),
    Same("handlers.trades._money", "if sign > 0", ("if sign >= 0",), SIGN),
    Same("handlers.trades._money", "if costs else", ("if (costs) or True else",), "no costs are worth nothing"),
    Same("handlers.trades._money", "quoted = event.local_currency", ("quoted = None",), GENERAL),
    Same("handlers.trades._money", "if quoted == currency else", ("if (quoted == currency) and False else",), GENERAL),
    Same("handlers.trades._money", "sign, whole, whole)", ("sign, None, whole)", "sign, whole, None)"), UNUSED),
    Same("handlers.trades.buy", "run.stocks.get(instrument) or", ("run.stocks.get(None) or",), GENERAL),
    Same("handlers.trades.buy", "run.stock(instrument, day)", ("run.stock(instrument, None)",), "the purchase that follows marks the day"),
    Same("handlers.trades.buy", "if held < ZERO or", ("if held <= ZERO or",), GENERAL),
    Same("handlers.trades._buy_with_more", "_whole(run, event, 1)", ("_whole(run, event, 2)",), "only the costs are asked for"),
    Same("handlers.trades.buy_to_cover", "stock.quantity < ZERO", ("stock.quantity <= ZERO",), "less nothing is nothing"),
    Same("handlers.trades.sell", "run.stocks.get(instrument) or", ("run.stocks.get(None) or",), GENERAL),
    Same(
        "handlers.trades.sell",
        "run.stock(instrument, day)",
        ("run.stock(instrument, None)",),
        "nothing can be sold of it but short, which marks the day",
    ),
    Same("handlers.trades.sell", "if left < ZERO or", ("if left <= ZERO or",), GENERAL),
    Same(
        "handlers.amounts.costs_of", "currency = event.currency", ("currency = None",), "nobody asks for the currency where it is that of the event"
    ),
    Same("carry._Paying.__init__", 'Rules(base, "fifo", ', ("Rules(base, ",), "what is paid does not go by the method"),
    Same(
        "carry.payments_of",
        'method="", lots=()',
        ("method=None, lots=()", "lots=()", 'method="XXXX", lots=()', 'method="", lots=None'),
        "nothing is held of which the method could choose, and no lots are none",
    ),
    Same("carry.carried_on", "is_base=False", ("is_base=None",), "asked for only whether it is"),
    Same("handlers.trades.short_sell", "run.stock(event.instrument, event.day)", ("run.stock(event.instrument, None)",), "it is refused"),
    Same(
        "handlers.trades.redemption",
        "run.stock(event.instrument, event.day)",
        ("run.stock(event.instrument, None)",),
        "the sale that follows marks the day",
    ),
    # ── lots, methods, runs ──
    Same("lots.Stock.__init__", "self.owed: Any = None", ('self.owed: Any = ""',), "it is filled before anybody looks"),
    Same("handlers.transfers.transfer_in", "for lot in lots), ZERO)", ("for lot in lots), )",), BEGINNING),
    Same("handlers.transfers._arriving", STRICT, NOT_STRICT, ONE_LENGTH),
    Same("matching.highest_first", "Ranked(-1, lots)", ("Ranked(-2, lots)",), "twice as much sorts the same"),
    Same("matching.lowest_first", "Ranked(1, lots)", ("Ranked(2, lots)",), "twice as much sorts the same"),
    Same("run.Run.cover", "lot, (lot[0], lot[1], ZERO", ("lot, (lot[0], lot[2], ZERO",), "no units are left of it"),
    Same("run.Run.cover", "(lot[0], lot[1], units", ("(lot[0], lot[2], units",), "what covers is asked for its costs alone"),
    Same("replay._UnitsOnly.note_sale", "if event.quantity > stock", ("if event.quantity >= stock",), GENERAL),
    Same("sides.short_then", "len(ordered) > LARGE", ("None", "len(ordered) >= LARGE"), COLLECTOR),
    Same("sides.short_then", "tracks_cash=False", ("tracks_cash=None",), "asked for only whether it is"),
    Same("lots.Stock.__init__", "self.changed_on = day", ("self.changed_on = None",), "whoever makes one marks the day"),
    Same("run.based", "rate == ONE or not amount", ("rate == ONE and not amount",), GENERAL),
    Same("run.Run.cover", "(lot[0], lot[1], units", ("(lot[1], lot[1], units",), "what covers is asked for its costs alone"),
    Same("run.Run.cover", "if units < lot[2]", ("if units <= lot[2]",), WHOLE),
    Same("replay._UnitsOnly.note_sale", "event.quantity <= ZERO", ("event.quantity < ZERO",), "the replay itself refuses it"),
    Same("replay.book_of", "stock.realised for stock in stocks), ZERO)", ("stock.realised for stock in stocks), )",), BEGINNING),
    Same("replay._looking_ahead", "cast(Any, event)", ("cast(None, event)",), "for the type checker alone"),
    # ── section 104 ──
    Same("section104.Log.__init__", "self.scale = Fraction(1)", ("self.scale = Fraction(2)",), "scales are compared with each other"),
    Same("section104.Log.become", "self.lot[2] != before[2]", ("self.lot[2] != before[3]",), "once more is the same scale"),
    Same("section104.Log.add", "lot[0] or 0", ("lot[0] or 1",), "what comes to a log has been opened by something"),
    Same(
        "section104.Log._hold",
        "(self.lot[2] if self.lot else",
        ("(self.lot[3] if self.lot else", "(self.lot[2] if (self.lot) and False else"),
        "a log takes over one lot",
    ),
    Same("section104.Log.become", "self.era += 1", ("self.era += 2", "self.era -= 1"), "asked for only whether it is the same"),
    Same("section104.Shares.in_order", "one[0] < ZERO), ZERO)", ("one[0] <= ZERO), ZERO)",), "nothing more in a sum"),
    Same(
        "replay._UnitsOnly.note_sale",
        "self.stock(event.instrument, event.day)",
        ("self.stock(event.instrument, None)",),
        "looking ahead, nobody asks since when",
    ),
    Same("run.Run.hold", "stock.opened_on = event.day", ("stock.opened_on = None",), "what is put in order was held before"),
    Same("run.Run.redeem", "units, event.id)", ("units, None)",), "what is owed has no plan of sales"),
    Same("section104.Shares.become", "self.early.values()), ZERO)", ("self.early.values()), )",), BEGINNING),
    Same("section104.Shares.in_order", "in kept), ZERO)", ("in kept), )",), BEGINNING),
    Same("section104.Log.add", "(lot[0], lot[1], self", ("(lot[0], lot[2], self",), "of a log nobody asks since when"),
]


def reason(function: str, becomes: object) -> str:
    """Why a mutant of the function is equivalent, "" if it is not; `becomes(old, new)` says whether it is that change."""
    return next((one.why for one in EQUIVALENT if one.function == function and any(becomes(one.old, new) for new in one.new)), "")
