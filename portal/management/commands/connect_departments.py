"""Tell the portal where departments and registers are reached."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from services.inbox import SECRETS
from services.models import Lane, Register
from services.sealing import portal_sealer


class Command(BaseCommand):
    help = "Connect every department and register to one address, with tokens derived from one secret (the simulator)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", required=True, help="e.g. http://127.0.0.1:8100")
        parser.add_argument("--secret", required=True, help="the secret the simulator was started with")

    def handle(self, *args: Any, **options: Any) -> None:
        base_url, secret = options["base_url"].rstrip("/"), options["secret"].encode()
        for lane in Lane.objects.all():
            lane.base_url = f"{base_url}/{lane.pk}"
            lane.token = portal_sealer().seal_bytes(_token(secret, lane.pk).encode(), place="lane.token", row=lane.pk)
            webhook = base64.b64encode(hmac.digest(secret, f"webhook:{lane.pk}".encode(), hashlib.sha256))
            lane.webhook_secrets = portal_sealer().seal_bytes(b"whsec_" + webhook, place=SECRETS, row=lane.pk)
            lane.paused_since, lane.pause_reason = None, ""
            lane.save()
        for register in Register.objects.all():
            register.base_url = f"{base_url}/registers/{register.pk}"
            token = _token(secret, register.pk).encode()
            register.token = portal_sealer().seal_bytes(token, place="register.token", row=register.pk)
            register.save(update_fields=["base_url", "token"])


def _token(secret: bytes, code: str) -> str:
    return hmac.digest(secret, f"token:{code}".encode(), hashlib.sha256).hex()
