"""What people do with alerts, and how rules come true."""

from alerts.looking.due import begin_day, look_at_due, mark_caused, mark_moved
from alerts.looking.firing import tell_held
from alerts.looking.instruments import check_rules
from alerts.looking.sweeping import sweep_quotes
from alerts.services.reading import mark_all_read, mark_notice_read, mark_read, tell_people
from alerts.services.rules import CHANGEABLE, LONGEST_NOTE, MOST_RULES, create_rule, delete_rule, update_rule

__all__ = [
    "CHANGEABLE",
    "LONGEST_NOTE",
    "MOST_RULES",
    "begin_day",
    "check_rules",
    "create_rule",
    "delete_rule",
    "look_at_due",
    "mark_all_read",
    "mark_caused",
    "mark_moved",
    "mark_notice_read",
    "mark_read",
    "sweep_quotes",
    "tell_held",
    "tell_people",
    "update_rule",
]
