"""Telling people and systems when a root's condition changes: chat, webhooks, and the status of the commit.

Notifier.tell ─► one outbox for each channel ─► filter, collapse ─► deliveries ─► retries
send.py         controller/outbox.py           changes.py          channels.py   send.py
"""

from controller.notify.changes import Condition, Severity, StateChange
from controller.notify.config import Notifications, read_notifications
from controller.notify.send import Notifier


__all__ = ["Condition", "Notifications", "Notifier", "Severity", "StateChange", "read_notifications"]
