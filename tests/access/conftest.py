"""What the tests of access share with those of sockets."""

from tests.live.conftest import quick

__all__ = ["quick"]
