"""Yahoo's prices as they happen, over a websocket.  What a message holds is read by `stream.py`.

No key.  What is not asked for again within half a minute falls silent there, and at night nothing is told: a connection is kept alive by
the pings of the websocket itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from market.providers.base import SymbolQuote
from market.providers.failures import BadAnswer, NoData
from market.providers.streaming import PriceStream
from market.providers.yahoo import stream


@dataclass(slots=True)
class YahooStream(PriceStream):
    """Newest prices, with their currency and the close of the day before."""

    TITLE: ClassVar[str] = "Yahoo"
    MOST: ClassVar[int] = 100  # nobody publishes a limit; as many as in one question
    SILENCE: ClassVar[float] = 3_600.0
    AGAIN: ClassVar[float] = stream.AGAIN

    def address(self) -> str:
        return self.base or stream.ADDRESS

    def joins(self, symbols: Sequence[str]) -> Iterable[str]:
        return [stream.subscription(symbols)]

    def leaves(self, symbols: Sequence[str]) -> Iterable[str]:
        return [json.dumps({"unsubscribe": list(symbols)})]

    def told(self, message: bytes) -> Iterable[SymbolQuote]:
        try:
            quote = stream.quote_in(message.decode())
        except NoData:
            return ()
        except UnicodeDecodeError:
            raise BadAnswer("Yahoo sent a frame that is no text.") from None
        return () if quote is None else (quote,)
