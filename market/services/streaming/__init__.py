"""Prices as sources tell them by themselves: which instruments are followed where, one long-running part that stores, and how it does."""

from market.services.streaming.choosing import symbols_to_follow
from market.services.streaming.running import StreamThread, follow_until_told, open_streams, streams_are_on
from market.services.streaming.told import StreamState, stream_state, tell_state

__all__ = [
    "StreamState",
    "StreamThread",
    "follow_until_told",
    "open_streams",
    "stream_state",
    "streams_are_on",
    "symbols_to_follow",
    "tell_state",
]
