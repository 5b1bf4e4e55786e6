"""Calls to sources: bounded in time and size, exact, and silent about keys.  Against a real server on loopback."""

from __future__ import annotations

import gzip
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from market.providers import reading
from market.providers.failures import BadAnswer, Failure, FailureKind, NoData, NotConfigured, ProviderFailed, Throttled, Unreachable
from market.providers.web import Reply, Web, classified, one_by_one

Answering = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def served() -> Iterator[Callable[[Answering], str]]:
    """Starts a server that answers each GET with the function, and gives its address."""
    servers = []

    def serve(answer: Answering) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def log_message(self, *_: Any) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def sends(body: bytes, status: int = 200, **headers: str) -> Answering:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Type": "application/json", "Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def test_numbers_arrive_with_every_digit(served: Any) -> None:
    reply = Web(served(sends(b'{"price": 0.1000000000000000055511151231257827, "time": 1}'))).get("/x")
    assert reply.json() == {"price": Decimal("0.1000000000000000055511151231257827"), "time": 1}


def test_a_packed_body_is_unpacked(served: Any) -> None:
    reply = Web(served(sends(gzip.compress(b'{"a": 1}'), Content_Encoding="gzip"))).get("/x")
    assert reply.json() == {"a": 1}


@pytest.mark.parametrize(
    "body", [b"<html>Too Many Requests</html>", b"", b"Too Many Requests", b'{"a": ', b'{"a": NaN}', b'{"a": 1e9999999}' + b"x", b"[" * 100_000]
)
def test_what_is_not_json_is_a_bad_answer_and_never_a_guess(served: Any, body: bytes) -> None:
    with pytest.raises(BadAnswer):
        Web(served(sends(body))).get("/x").json()


def test_an_integer_of_ten_thousand_digits_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswer):
        Reply(200, "application/json", b'{"a": ' + b"9" * 10_000 + b"}").json()


def test_a_body_over_the_limit_is_refused_also_where_it_was_packed_small(served: Any) -> None:
    bomb = gzip.compress(b"a" * 5_000_000)
    with pytest.raises(BadAnswer, match="more than 1000 KB"):
        Web(served(sends(bomb, Content_Encoding="gzip")), largest=1_024_000).get("/x")


def test_half_a_body_is_no_answer(served: Any) -> None:
    with pytest.raises(Unreachable):
        Web(served(sends(b'{"a": 1', Content_Length="500"))).get("/x")


def test_a_pause_that_was_told_holds_although_half_of_the_body_is_lost(served: Any) -> None:
    with pytest.raises(Throttled) as problem:
        Web(served(sends(b'{"error": "too', 429, Content_Length="400", Retry_After="240"))).get("/x")
    assert problem.value.retry_after == 240


def test_a_drip_ends_when_the_time_for_the_whole_is_over(served: Any) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(50):
            try:
                handler.wfile.write(b" ")
                handler.wfile.flush()
            except OSError:
                return
            time.sleep(0.05)

    begun = time.monotonic()
    with pytest.raises(Unreachable, match="slowly"):
        Web(served(drip), whole=0.3).get("/x")
    assert time.monotonic() - begun < 1.5


def test_a_connection_that_is_reset_is_no_answer(served: Any) -> None:
    with pytest.raises(Unreachable):
        Web(served(lambda handler: handler.connection.close())).get("/x")


def test_nobody_listening_is_no_answer_and_the_key_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(Unreachable) as problem:
        Web("http://127.0.0.1:9", secrets=("SECRETKEY",)).get("/x", {"apikey": "SECRETKEY"})
    assert "SECRETKEY" not in str(problem.value) + caplog.text


def test_a_key_in_the_address_is_not_logged(served: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        Web(served(sends(b"{}")), secrets=("SECRETKEY",)).get("/x", {"apikey": "SECRETKEY"})
    assert "SECRETKEY" not in caplog.text


def test_what_a_source_says_is_told_without_the_key() -> None:
    assert Web("", secrets=("SECRETKEY",)).scrubbed("We have detected your API key as SECRETKEY.") == "We have detected your API key as …."


def test_a_redirect_is_not_followed_so_that_a_key_stays_with_its_host(served: Any) -> None:
    asked = []
    other = served(lambda handler: asked.append(handler.path))
    reply = Web(served(sends(b"", 302, Location=other))).get("/x", headers={"X-Key": "k"})
    assert reply.status == 302 and asked == []


def test_without_budget_nothing_is_sent(served: Any) -> None:
    asked = []

    def refuse(cost: int) -> None:
        raise Throttled("No calls are left for today.", retry_after=3600)

    with pytest.raises(Throttled):
        Web(served(lambda handler: asked.append(handler.path)), gate=refuse).get("/x")
    assert asked == []


@pytest.mark.parametrize(
    ("status", "headers", "expected", "pause"),
    [
        (429, {"retry-after": "120"}, Throttled, 120.0),
        (429, {}, Throttled, 60.0),
        (503, {"retry-after": "30"}, Throttled, 30.0),
        (503, {}, Unreachable, None),
        (401, {}, NotConfigured, None),
        (403, {}, NotConfigured, None),
        (500, {}, Unreachable, None),
        (404, {}, BadAnswer, None),
        (302, {}, BadAnswer, None),
    ],
)
def test_the_status_says_what_to_do(status: int, headers: dict[str, str], expected: type[ProviderFailed], pause: float | None) -> None:
    with pytest.raises(expected) as problem:
        classified(Reply(status, "", b"", headers))
    assert problem.value.retry_after == pause


def test_a_pause_until_a_date_is_told_in_seconds() -> None:
    reply = Reply(429, "", b"", {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"})
    assert reply.retry_after(datetime(2026, 10, 21, 7, 27, tzinfo=UTC)) == 60.0
    assert Reply(429, "", b"", {"retry-after": "soon"}).retry_after() is None


def test_a_failure_of_one_symbol_leaves_the_others_and_one_of_all_ends_the_round() -> None:
    def ask(symbol: str) -> int:
        if symbol == "B":
            raise NoData("B has no price.")
        if symbol == "D":
            raise Throttled("Too many.", retry_after=5)
        return 1

    answers = one_by_one("ABCDE", ask)
    assert answers["A"] == answers["C"] == 1
    assert answers["B"] == Failure(FailureKind.NO_DATA, "B has no price.")
    assert answers["D"] == answers["E"] == Failure(FailureKind.RATE_LIMITED, "Too many.", 5)


# ── reading ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", [None, "", "None", "-", ".", "N/A", "N/D", "null", " NaN "])
def test_what_sources_write_for_no_number_is_none(text: str | None) -> None:
    assert reading.number(text) is None


def test_zero_is_no_price_and_less_is_refused() -> None:
    assert reading.price("0.00") is None
    with pytest.raises(BadAnswer):
        reading.price("-1")


@pytest.mark.parametrize("value", ["12,5", "abc", True, [], Decimal("Infinity"), Decimal("1e30"), "1e999999"])
def test_what_is_no_number_is_a_bad_answer(value: Any) -> None:
    with pytest.raises(BadAnswer):
        reading.number(value)


def test_noise_of_single_precision_is_rounded_away() -> None:
    assert reading.price(Decimal("75.0875015258789"), 2) == Decimal("75.09")


def test_pence_are_told_from_pounds_by_the_case_of_a_letter() -> None:
    assert reading.major("GBp") == ("GBP", Decimal("0.01"))
    assert reading.major("GBP") == ("GBP", Decimal(1))
    assert reading.major("ILA") == ("ILS", Decimal("0.01"))


def test_a_percentage_is_a_fraction() -> None:
    assert reading.percent("-0.5852%") == Decimal("-0.005852")


def test_a_time_of_day_is_told_where_the_exchange_is() -> None:
    assert reading.epoch(1598880600, "America/New_York").isoformat() == "2020-08-31T09:30:00-04:00"
    with pytest.raises(BadAnswer):
        reading.epoch(10**18)
    with pytest.raises(BadAnswer):
        reading.known_zone("../../etc/passwd")
