"""How a worker takes messages from Redis.

A worker holds as many messages as it may work at.  Where the acknowledgement of one did not get through, kombu goes on counting it as held:
after a Redis that said nothing for a while each place may be taken by a message that was done long ago, and the worker, up and connected, takes
no further one.  Here such a message is forgotten.  Redis gives it out again after the visibility timeout, and every job may run twice.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis, virtual
from redis.exceptions import OutOfMemoryError


class QoS(redis.QoS):
    def ack(self, delivery_tag: Any) -> None:
        try:
            super().ack(delivery_tag)
        except BaseException:
            virtual.QoS.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue=requeue)
        except BaseException:
            virtual.QoS.ack(self, delivery_tag)
            raise


def install() -> None:
    """From now on, for every connection of this process."""
    redis.Channel.QoS = QoS
    if OutOfMemoryError not in redis.Transport.connection_errors:
        redis.Transport.connection_errors = (*redis.Transport.connection_errors, OutOfMemoryError)
