"""Documents of an application: uploads sniffed and sealed, e-licences kept, statements written from the answers."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from lifeevents.definition import Evidence, Version
from lifeevents.derived import EvidenceUse, Fact
from services.models import DataKey, Document
from services.sealing import sealer

MAX_BYTES = 10_485_760
SIGNATURES = {b"%PDF-": "application/pdf", b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
CONTENT = "document.sealed"


class PaperError(ValueError):
    """An upload that cannot be taken; the text tells the citizen what to do."""


def sniff(content: bytes) -> str:
    """Return the media type by content; PaperError for anything but PDF, JPEG and PNG up to 10 MB."""
    if not content:
        raise PaperError(_("The file is empty. Choose it again, or take a new photo."))
    if len(content) > MAX_BYTES:
        raise PaperError(_("The file is larger than 10 MB. Take a photo of lower quality, or save the PDF smaller."))
    for start, media_type in SIGNATURES.items():
        if content.startswith(start):
            return media_type
    raise PaperError(_("The file is not a PDF, JPEG or PNG. Take a photo of the paper, or save it as PDF."))


def new_document(
    content: bytes, *, key: DataKey, slot: str, origin: str, media_type: str, title: str, at: datetime
) -> Document:
    """Return an unsaved document with its content sealed."""
    document = Document(id=uuid.uuid4(), key=key, slot=slot, origin=origin, media_type=media_type, created_at=at)
    document.title, document.size = title[:200], len(content)
    document.sha256 = hashlib.sha256(content).hexdigest()
    document.sealed = sealer(key).seal_bytes(content, place=CONTENT, row=document.id)
    return document


def open_document(document: Document) -> bytes:
    return sealer(document.key).open_bytes(document.sealed, place=CONTENT, row=document.id)


def write_statement(use: EvidenceUse, version: Version, facts: Mapping[str, Fact]) -> str:
    """Return a template filled from the facts, in both languages, the choices in words."""
    template = use.evidence.template
    if template is None:
        return ""
    instance = use.slot.partition("/")[2]
    return "\n\n".join(
        f"{label}\n{_filled(text, version, facts, instance, language)}"
        for language, label, text in (
            ("en", use.evidence.label.en, template.en),
            ("zh", use.evidence.label.zh, template.zh),
        )
    )


def _filled(text: str, version: Version, facts: Mapping[str, Fact], instance: str, language: str) -> str:
    def words(match: re.Match[str]) -> str:
        key = _instance_key(match[1], instance)
        fact = facts.get(key)
        return "" if fact is None or fact.value is None else in_words(version, key, fact.value, language)

    return re.sub(r"\{([a-z0-9_.]+)\}", words, text)


def _instance_key(wire: str, instance: str) -> str:
    role, _, attribute = wire.partition(".")
    return f"{instance}.{attribute}" if instance.partition(".")[0] == role else wire


def in_words(version: Version, key: str, value: object, language: str) -> str:
    """Return a value as people read it: a choice by its label, yes or no, anything else as it is."""
    element = version.element(key)
    for choice in element.choices:
        if choice.value == value:
            return str(getattr(choice.label, language))
    if isinstance(value, bool):
        return {"en": ("no", "yes"), "zh": ("否", "是")}[language][value]
    return str(value)


def evidence_title(evidence: Evidence) -> str:
    return f"{evidence.label.en} {evidence.label.zh}"
