"""The outbox: rows that are to be sent, senders that claim them, and what people want of it.  docs/notifications.md."""
