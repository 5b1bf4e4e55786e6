"""A mail server on this machine that behaves as it is told, and keeps a journal of what reached it."""

from __future__ import annotations

import asyncio
import email
import socket
import time
from typing import Any

from aiosmtpd.controller import Controller


class MailServer:
    """`answers` are used up one after another: an answer such as "451 later", "drop" (takes the mail, says nothing), "hang"; then 250.

    journal    the Message-ID of each mail that was read to its end, in order
    """

    def __init__(self, *, slow: float = 1.5) -> None:
        self.journal: list[str] = []
        self.mails: list[Any] = []
        self.answers: list[str] = []
        self.last_at = 0.0  # when the last one did
        self.first_at: dict[str, float] = {}  # by Message-ID: when it did for the first time
        self.dropped = 0  # mails that were taken without a word
        self._slow = slow
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=20)
        self._controller.start()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = email.message_from_bytes(envelope.content)
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer[0] in "23" or answer in ("drop", "hang"):
            self.last_at = time.monotonic()
            self.journal.append(str(mail["Message-ID"]))
            self.first_at.setdefault(str(mail["Message-ID"]), self.last_at)
            self.mails.append(mail)
        if answer == "hang":
            await asyncio.sleep(self._slow)
        if answer in ("drop", "hang"):
            self.dropped += 1
            server.transport.abort()
            return "421 gone"
        return answer

    def close(self) -> None:
        self._controller.stop()
