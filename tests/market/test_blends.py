"""Blends: what a person may define, what is refused and how, and what becomes of the parts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from market import services
from market.errors import BlendTaken, InstrumentInUse, InvalidBlend, TooManyBlends, UnknownBenchmark
from market.models import Benchmark, BlendPart
from market.selectors import benchmarks, followed_instruments, get_benchmark, get_blend
from market.services import PartDraft, listing
from tests.factories import D, make_instrument


@pytest.fixture
def world(db: None) -> Any:
    return make_instrument("WORLD", asset_class="etf")


@pytest.fixture
def bonds(db: None) -> Any:
    return make_instrument("BONDS", asset_class="etf")


def sixty_forty(person: Any, world: Any, bonds: Any, **more: Any) -> Benchmark:
    parts = [PartDraft(world, D("0.6")), PartDraft(bonds, D("0.4"))]
    return services.create_blend(person, **{"name": "60/40", "currency": "EUR", "parts": parts, **more})


def test_a_blend_is_what_was_said_of_it(person: Any, world: Any, bonds: Any) -> None:
    made = sixty_forty(person, world, bonds, rebalancing="quarterly")
    view = get_benchmark(person, made.pk)
    assert (view.name, view.currency, view.rebalancing, view.is_blend) == ("60/40", "EUR", "quarterly", True)
    assert [(one.symbol, one.weight) for one in view.parts] == [("WORLD", D("0.6")), ("BONDS", D("0.4"))]


def test_nobody_else_sees_it(person: Any, stranger: Any, world: Any, bonds: Any) -> None:
    made = sixty_forty(person, world, bonds)
    assert benchmarks(stranger) == ((), ())
    for ask in (get_benchmark, get_blend):
        with pytest.raises(UnknownBenchmark):
            ask(stranger, made.pk)
    with pytest.raises(UnknownBenchmark):
        services.remove_blend(stranger, made)


@pytest.mark.parametrize(
    ("weights", "field", "said"),
    [
        (["0.6", "0.3"], "parts", "The weights add up to 90 %, and must to 100 %: 10 % are missing."),
        (["0.6", "0.40000001"], "parts", "The weights add up to 100.000001 %, and must to 100 %: 0.000001 % are too much."),
        (["0.6", "-0.4"], "parts.1.weight", "Give a weight above 0 % and at most 100 %."),
        (["0.6", "NaN"], "parts.1.weight", "Give a weight above 0 % and at most 100 %."),
        (["0.6", "0.4000000000"], "", ""),
        (["0.6", "0.399999999"], "parts.1.weight", "Give the weight with at most 6 decimal places of a per cent."),
        ([], "parts", "A blend has one to 20 parts; 0 were given."),
    ],
)
def test_weights_add_up_to_the_whole_exactly(person: Any, world: Any, bonds: Any, weights: list[str], field: str, said: str) -> None:
    parts = [PartDraft(one, D(weight)) for one, weight in zip((world, bonds), weights, strict=False)]
    if not field:
        assert sixty_forty(person, world, bonds, parts=parts).pk
        return
    with pytest.raises(InvalidBlend) as refused:
        sixty_forty(person, world, bonds, parts=parts)
    assert [(error.field, error.detail) for error in refused.value.errors] == [(field, said)] and not Benchmark.objects.exists()


def test_every_fault_is_named_at_its_field(person: Any, stranger: Any, world: Any) -> None:
    secret = make_instrument("SECRET", owner=stranger)
    parts = [PartDraft(world, D("0.5")), PartDraft(world, D("0.5")), PartDraft(secret, D("0.1")), PartDraft(None, None)]
    with pytest.raises(InvalidBlend) as refused:
        services.create_blend(person, name=" ", currency="XXQ", parts=parts, rebalancing="weekly")
    assert [error.field for error in refused.value.errors] == [
        *("name", "currency", "rebalancing", "parts.0.instrument", "parts.1.instrument", "parts.2.instrument", "parts.3.instrument"),
        "parts.3.weight",
    ]


def test_a_name_is_taken_whatever_its_case_until_the_blend_is_gone(person: Any, world: Any, bonds: Any) -> None:
    first = sixty_forty(person, world, bonds, name="Mine")
    with pytest.raises(BlendTaken):
        sixty_forty(person, world, bonds, name="MINE")
    services.remove_blend(person, first)
    second = sixty_forty(person, world, bonds, name="MINE")
    with pytest.raises(BlendTaken):
        services.restore_blend(person, first)
    services.change_blend(person, second, name="Other", currency="USD", parts=[PartDraft(world, D(1))], rebalancing="never")
    assert services.restore_blend(person, first).removed_at is None
    assert [one.name for one in benchmarks(person)[1]] == ["Mine", "Other"]


def test_there_is_an_end_to_blends(person: Any, world: Any, bonds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.services.blends.MOST_BLENDS", 1)
    sixty_forty(person, world, bonds)
    with pytest.raises(TooManyBlends):
        sixty_forty(person, world, bonds, name="Two")


def test_a_removed_blend_is_swept_away_after_a_month(person: Any, world: Any, bonds: Any) -> None:
    made = sixty_forty(person, world, bonds)
    services.remove_blend(person, made)
    now = timezone.now()
    assert services.sweep_blends(now + timedelta(days=29)) == 0
    assert services.sweep_blends(now + timedelta(days=31)) == 1 and not BlendPart.objects.exists()


def test_the_parts_have_prices_though_nobody_holds_them(person: Any, world: Any, bonds: Any) -> None:
    made = sixty_forty(person, world, bonds)
    assert {world.pk, bonds.pk} <= followed_instruments()
    services.remove_blend(person, made)
    assert not {world.pk, bonds.pk} & followed_instruments()


def test_two_instruments_that_become_one_keep_their_weights(person: Any, world: Any, bonds: Any) -> None:
    other = make_instrument("WRLD", asset_class="etf")
    parts = [PartDraft(world, D("0.5")), PartDraft(other, D("0.1")), PartDraft(bonds, D("0.4"))]
    made = sixty_forty(person, world, bonds, parts=parts)
    listing.merge_instruments(person, world, other)
    assert {one.symbol: one.weight for one in get_benchmark(person, made.pk).parts} == {"WORLD": D("0.6"), "BONDS": D("0.4")}


def test_an_instrument_of_ones_own_stays_while_a_blend_needs_it(person: Any, world: Any) -> None:
    house = make_instrument("HOUSE", owner=person)
    made = sixty_forty(person, world, house)
    with pytest.raises(InstrumentInUse, match="a part of your blend 60/40"):
        services.delete_private_instrument(person, house)
    services.remove_blend(person, made)
    services.delete_private_instrument(person, house)
    assert not Benchmark.objects.exists()


def test_what_can_be_compared_with_costs_two_queries(person: Any, world: Any, bonds: Any, django_assert_num_queries: Any) -> None:
    twin = make_instrument("TWIN", asset_class="index")
    for number in range(3):
        sixty_forty(person, world, bonds, name=f"Blend {number}")
        index = make_instrument(asset_class="index")
        Benchmark.objects.create(name=f"Index {number}", currency="EUR", instrument=index, twin=twin, position=3 - number)
    with django_assert_num_queries(2):
        indices, blends = benchmarks(person)
        assert [one.name for one in indices] == ["Index 2", "Index 1", "Index 0"] and len(blends) == 3
        assert indices[0].parts[0].twin is not None
