"""The rows: catalogue (what is offered), people, cases (what is being settled), record (what happened)."""

from services.models.cases import Attempt, Case, CaseItem, FactSheet, InboxMessage, Plan, Reply, ServiceRequest
from services.models.catalogue import Department, Element, EvidenceType, Lane, Register, Role, Service
from services.models.people import DataKey, Document, Person, PersonIndex
from services.models.record import AccessEvent, CaseEvent, WorkItem

__all__ = [
    "AccessEvent",
    "Attempt",
    "Case",
    "CaseEvent",
    "CaseItem",
    "DataKey",
    "Department",
    "Document",
    "Element",
    "EvidenceType",
    "FactSheet",
    "InboxMessage",
    "Lane",
    "Person",
    "PersonIndex",
    "Plan",
    "Register",
    "Reply",
    "Role",
    "Service",
    "ServiceRequest",
    "WorkItem",
]
