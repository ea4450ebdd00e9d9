"""While the database is away: 503 and when to come back, never a 500 that looks like the end."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5
Response = Callable[[HttpRequest], HttpResponseBase]


class DatabaseAwayMiddleware:
    """Answer 503 with Retry-After when a view met a database that is restarting or cannot be reached.

    Nothing was stored then: a view answers only after its transaction has committed.
    """

    def __init__(self, get_response: Response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        log.error("the database is away (%s): %s answers 503", type(error).__name__, request.path)
        response: HttpResponse
        if request.path.startswith("/api/"):
            response = JsonResponse({"detail": "The portal cannot store anything for a moment. Try again."}, status=503)
        else:
            response = HttpResponse(render_to_string("500.html"), status=503)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
