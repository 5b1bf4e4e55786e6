"""What holds for every ledger, on a few that are longer than Hypothesis makes them, so that much happens to the same lots."""

from __future__ import annotations

from random import Random

import pytest

from portfolios.ledger.replay import Rules
from tests.ledger import test_book, test_local_costs, test_properties
from tests.ledger.build import EUR
from tests.ledger.strategies import EVERY, METHODS, written

EVENTS = 60
LEDGERS = [(method, seed) for method in METHODS for seed in range(4)]
PROPERTIES = [
    test_properties.test_a_replay_equals_the_independent_fold_to_the_last_digit,
    test_properties.test_lots_add_up_to_the_position_and_have_units_on_its_side,
    test_properties.test_matches_explain_the_realised_gains_and_their_parts_add_up,
    test_local_costs.test_where_a_currency_is_always_worth_two_all_costs_twice_as_much_in_base_currency,
    test_book.test_a_position_was_changed_on_the_day_of_the_last_event_that_touched_it,
    test_book.test_a_position_was_opened_on_the_day_since_when_there_are_units_on_its_side,
    test_book.test_what_an_event_books_and_moves_from_outside_is_of_its_own_instruments,
    test_book.test_postings_add_up_to_what_was_realised_earned_and_expended,
    test_book.test_steps_say_what_there_is_after_each_event,
]


def long_history(method, seed):
    """Shorts, cash and the treatment of dividends by turns."""
    random = Random(seed)
    choices = [(random.choice(EVERY.split()), random.randint(1, 3), random.randrange(2**32)) for _ in range(EVENTS)]
    rules = Rules(EUR, method, "reduce_cost" if seed % 4 in {1, 2} else "income", tracks_cash=seed % 2 == 0, allows_short=seed % 4 < 2)
    return rules, written(rules, choices)


@pytest.mark.parametrize(("method", "seed"), LEDGERS)
def test_a_long_ledger_has_every_property(method, seed):
    history = long_history(method, seed)
    for one in PROPERTIES:
        one.hypothesis.inner_test(history=history)
    if method != "section104":  # which sees what comes
        test_book.test_what_happens_later_changes_no_record_of_what_happened_before.hypothesis.inner_test(history=history)
