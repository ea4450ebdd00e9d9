"""Every state, and every move between states. A move not listed here is a bug, not a surprise."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _


class ItemState(models.TextChoices):
    WAITING = "waiting", _("waiting for another service")  # something it needs is not there yet
    READY = "ready", _("about to be sent")  # due now or at due_at (a retry)
    SENDING = "sending", _("being sent")  # a courier holds the lease; due_at is the lease's end
    ACCEPTED = "accepted", _("with the department")  # the department has it and will answer later
    UNKNOWN = "unknown", _("checking with the department")  # sent, but the outcome is unclear: ask before sending again
    CORRECTION = "correction", _("waiting for you")  # the department wants something mended
    HELD = "held", _("with a clerk")  # a person must decide before anything moves
    GRANTED = "granted", _("done")
    REFUSED = "refused", _("refused")
    SKIPPED = "skipped", _("cannot be done")  # something it needs will never come
    NOT_APPLICABLE = "not_applicable", _("not needed")  # its guard turned out false
    WITHDRAWING = "withdrawing", _("being withdrawn")  # the department has been asked to stop
    CANCELLED = "cancelled", _("withdrawn")


S = ItemState

TERMINAL = frozenset({S.GRANTED, S.REFUSED, S.SKIPPED, S.NOT_APPLICABLE, S.CANCELLED})
WITH_DEPARTMENT = frozenset({S.SENDING, S.ACCEPTED, S.UNKNOWN, S.WITHDRAWING})
ANSWERABLE = frozenset({S.READY, S.SENDING, S.ACCEPTED, S.UNKNOWN, S.WITHDRAWING, S.HELD})
"""An answer may arrive in these: ready and held too, for the department may have acted on what we gave up."""

_ANSWERS = {S.GRANTED, S.REFUSED, S.CORRECTION}

ITEM_TRANSITIONS: dict[str, frozenset[str]] = {
    S.WAITING: frozenset({S.READY, S.SKIPPED, S.NOT_APPLICABLE, S.HELD, S.CANCELLED}),
    S.READY: frozenset({S.SENDING, S.HELD, S.CANCELLED, *_ANSWERS}),
    S.SENDING: frozenset({S.READY, S.ACCEPTED, S.UNKNOWN, S.HELD, S.WITHDRAWING, *_ANSWERS}),
    S.ACCEPTED: frozenset({S.ACCEPTED, S.UNKNOWN, S.HELD, S.WITHDRAWING, *_ANSWERS}),
    S.UNKNOWN: frozenset({S.UNKNOWN, S.READY, S.ACCEPTED, S.HELD, S.WITHDRAWING, *_ANSWERS}),
    S.CORRECTION: frozenset({S.READY, S.HELD, S.CANCELLED}),
    S.HELD: frozenset({S.READY, S.SKIPPED, S.UNKNOWN, S.CANCELLED, *_ANSWERS}),
    S.WITHDRAWING: frozenset({S.WITHDRAWING, S.CANCELLED, *_ANSWERS}),
    S.GRANTED: frozenset(),
    S.REFUSED: frozenset(),
    S.SKIPPED: frozenset(),
    S.NOT_APPLICABLE: frozenset(),
    S.CANCELLED: frozenset(),
}


class CaseStatus(models.TextChoices):
    IN_PROGRESS = "in_progress", _("in progress")
    WAITING_FOR_YOU = "waiting_for_you", _("waiting for you")
    SETTLED = "settled", _("settled")  # everything that applies was granted
    PARTLY_SETTLED = "partly_settled", _("partly settled")  # some granted, some not
    REFUSED = "refused", _("refused")  # nothing was granted
    WITHDRAWING = "withdrawing", _("being withdrawn")
    WITHDRAWN = "withdrawn", _("withdrawn")


CLOSED = frozenset({CaseStatus.SETTLED, CaseStatus.PARTLY_SETTLED, CaseStatus.REFUSED, CaseStatus.WITHDRAWN})


def case_status(item_states: Iterable[str]) -> CaseStatus:
    """Derive a case's status from its items' states; nothing else ever decides it."""
    states = set(item_states)
    if states <= TERMINAL:
        return _closed_status(states)
    if S.WITHDRAWING in states:
        return CaseStatus.WITHDRAWING
    if S.CORRECTION in states:
        return CaseStatus.WAITING_FOR_YOU
    return CaseStatus.IN_PROGRESS


def _closed_status(states: set[str]) -> CaseStatus:
    applicable = states - {S.NOT_APPLICABLE}
    if applicable <= {S.GRANTED}:
        return CaseStatus.SETTLED
    if S.GRANTED in applicable:
        return CaseStatus.PARTLY_SETTLED
    return CaseStatus.WITHDRAWN if S.CANCELLED in applicable else CaseStatus.REFUSED


class WorkKind(models.TextChoices):
    STUCK = "stuck", _("cannot be delivered")  # tried for seven days, or the department rejects it
    UNKNOWN_OUTCOME = "unknown_outcome", _("outcome unknown")  # a blind department may or may not have acted
    CONFLICT = "conflict", _("two different answers")
    QUARANTINED = "quarantined", _("keeps failing")
    CORRECTION = "correction", _("correction asked")
    HELD_BY_POLICY = "held_by_policy", _("held after a refusal")
    DISPUTED_FACT = "disputed_fact", _("a fact is disputed")
    LATE = "late", _("late")
    DUPLICATE = "duplicate", _("possible duplicate")
    LOW_RATING = "low_rating", _("low rating")


class CallEnd(models.TextChoices):
    """How one call ended; ``unknown`` means the department may have acted."""

    DONE = "done", _("answered")
    TRANSIENT = "transient", _("not done, try again")
    PERMANENT = "permanent", _("rejected")
    SETUP = "setup", _("our set-up is wrong")
    UNKNOWN = "unknown", _("unclear")
    ABSENT = "absent", _("the department never heard of it")
