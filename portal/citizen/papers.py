"""Give a citizen the documents of their own cases and drafts."""

from __future__ import annotations

import re
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from lifeevents.papers import open_document
from portal.access import my_document

SUFFIXES = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}


@login_required
@require_GET
def document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Download one document; it is never shown in the browser's own page."""
    row = my_document(request, document_id)
    response = HttpResponse(open_document(row), content_type=row.media_type)
    response["Content-Disposition"] = content_disposition_header(
        True, _file_name(row.title or row.slot.partition("/")[0], row.media_type)
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _file_name(title: str, media_type: str) -> str:
    """Return a name that is safe on every system, with the suffix of its type."""
    suffix = SUFFIXES.get(media_type, ".txt" if media_type.startswith("text/") else "")
    plain = re.sub(r"[^\w .()-]+", " ", title).strip(" .") or "document"
    return plain if plain.lower().endswith(suffix) else f"{plain}{suffix}"
