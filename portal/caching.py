"""Keep personal pages out of caches and of the back button on a shared computer."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_cache_control

Response = Callable[[HttpRequest], HttpResponseBase]


class PrivatePagesMiddleware:
    """Mark every page shown to a signed-in person ``no-store``, unless the view chose its own caching."""

    def __init__(self, get_response: Response) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control") and request.user.is_authenticated:
            patch_cache_control(response, private=True, no_store=True)
        return response
