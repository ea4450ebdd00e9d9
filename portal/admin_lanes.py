"""How departments and registers are reached: set by operators. Secrets go in and are never shown again."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from services.doorbell import ring_after_commit
from services.inbox import SECRETS
from services.models import Lane, Register
from services.sealing import SealError, open_portal_secret, portal_sealer

TOKENS = {Lane: "lane.token", Register: "register.token"}
HIDDEN = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "class": "vTextField"})
KEEP = _("Leave empty to keep what is set.")


def check_address(text: str) -> str:
    """Return the address without its last slash; ValidationError unless it is http(s)://HOST[:PORT][/PATH] or empty."""
    address = text.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not address:
        return ""
    plain = address.isascii() and address.isprintable() and not any(mark in address for mark in " ?#@")
    if not whole or not plain or parts.scheme not in ("http", "https"):
        raise ValidationError(_("Write an address such as https://departments.example/health, without user, ? or #."))
    return address


def check_secret(text: str) -> str:
    """Return a ``whsec_`` secret; ValidationError unless it is 24 to 64 bytes in base64 (Standard Webhooks 1.0)."""
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise ValidationError(_("Write whsec_ followed by 24 to 64 random bytes in base64."))
    return text


def known_secrets(lane: Lane) -> list[str] | None:
    """Return the webhook secrets, newest first; None when no key from settings opens them any more."""
    try:
        return open_portal_secret(lane.webhook_secrets, place=SECRETS, row=lane.pk).split()
    except SealError:
        return None


class AddressForm(forms.ModelForm):  # type: ignore[type-arg]  # the stubs' parameter does not exist at run time
    """An address and a bearer token; the token is sealed and never shown."""

    new_token = forms.CharField(
        label=_("New bearer token"), required=False, widget=HIDDEN, max_length=500, help_text=KEEP
    )

    def clean_base_url(self) -> str:
        return check_address(self.cleaned_data["base_url"] or "")

    def clean_new_token(self) -> str:
        token: str = self.cleaned_data["new_token"]
        if not token.isascii() or not token.isprintable() or " " in token:
            raise ValidationError(_("A token is made of letters, digits and signs, without spaces."))
        return token

    def seal_secrets(self) -> list[str]:
        """Seal what was typed into the row; returns the columns that changed."""
        if not (token := self.cleaned_data["new_token"]):
            return []
        place = TOKENS[type(self.instance)]
        self.instance.token = portal_sealer().seal_bytes(token.encode(), place=place, row=self.instance.pk)
        return ["token"]


class LaneForm(AddressForm):
    """How a department is reached, how long it may take, and the secrets its callbacks are signed with."""

    new_webhook_secret = forms.CharField(
        label=_("New webhook secret"),
        required=False,
        widget=HIDDEN,
        help_text=_("whsec_… Older secrets stay valid until they are dropped, so that a department can change over."),
    )
    drop_older_secrets = forms.BooleanField(
        label=_("Only the newest webhook secret counts from now on"), required=False
    )

    class Meta:
        model = Lane
        fields = ("base_url", "timeout_seconds", "work_seconds", "max_in_flight", "safe_statuses")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limits = {"timeout_seconds": (0.1, 300), "work_seconds": (0, 3600), "max_in_flight": (1, 1000)}
        for name, (least, most) in limits.items():
            self.fields[name].validators += [MinValueValidator(least), MaxValueValidator(most)]

    def clean_new_webhook_secret(self) -> str:
        text: str = self.cleaned_data["new_webhook_secret"]
        return check_secret(text) if text else ""

    def clean_safe_statuses(self) -> list[int]:
        statuses = self.cleaned_data["safe_statuses"] or []
        if not isinstance(statuses, list) or not all(type(one) is int and 400 <= one <= 599 for one in statuses):
            raise ValidationError(_("Write a list of HTTP statuses from 400 to 599, such as [429, 503], or []."))
        return statuses

    def seal_secrets(self) -> list[str]:
        changed = super().seal_secrets()
        lane, new = self.instance, self.cleaned_data["new_webhook_secret"]
        if not new and not self.cleaned_data["drop_older_secrets"]:
            return changed
        known = known_secrets(lane) or []
        secrets = [new, *known] if new else known
        kept = secrets[:1] if self.cleaned_data["drop_older_secrets"] else list(dict.fromkeys(secrets))
        lane.webhook_secrets = portal_sealer().seal_bytes("\n".join(kept).encode(), place=SECRETS, row=lane.pk)
        return [*changed, "webhook_secrets"]


class AddressAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows come with the catalogue; operators only set how they are reached."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description=_("token"), boolean=True)
    def has_token(self, row: Lane | Register) -> bool:
        return bool(row.token)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write only what the form set: a courier may pause the lane meanwhile."""
        stored = {field.name for field in obj._meta.concrete_fields}
        columns = [name for name in form.changed_data if name in stored]
        if columns := columns + form.seal_secrets():
            obj.save(update_fields=columns)


class LaneAdmin(AddressAdmin):
    """Departments' addresses; a paused lane is resumed with the action of the list."""

    form = LaneForm
    list_display = ("department", "base_url", "has_token", "secrets", "max_in_flight", "paused_since", "pause_reason")
    list_select_related = ("department",)
    readonly_fields = ("department", "has_token", "secrets", "paused_since", "pause_reason")
    actions = ("resume",)
    fieldsets = (
        (None, {"fields": ("department", "paused_since", "pause_reason")}),
        (_("Address"), {"fields": ("base_url", "has_token", "new_token")}),
        (_("Callbacks"), {"fields": ("secrets", "new_webhook_secret", "drop_older_secrets")}),
        (_("Limits"), {"fields": ("timeout_seconds", "work_seconds", "max_in_flight", "safe_statuses")}),
    )

    @admin.display(description=_("webhook secrets"))
    def secrets(self, lane: Lane) -> Any:
        """Return how many secrets are set."""
        known = known_secrets(lane)
        return _("cannot be opened: enter it again") if known is None else len(known)

    @admin.action(description=_("Resume sending to the selected departments"), permissions=["change"])
    def resume(self, request: HttpRequest, lanes: QuerySet[Lane]) -> None:
        """Clear the pause and wake a courier; lanes that are not paused stay as they are."""
        paused = list(lanes.exclude(paused_since=None).select_for_update(of=("self",)))
        Lane.objects.filter(pk__in=[lane.pk for lane in paused]).update(paused_since=None, pause_reason="")
        for lane in paused:
            self.log_change(request, lane, "Resumed.")
        ring_after_commit()
        words = ngettext(
            "%(count)s department is sent to again.", "%(count)s departments are sent to again.", len(paused)
        )
        self.message_user(request, words % {"count": len(paused)}, messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: Lane, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.paused_since:
            self.message_user(request, _("This department is still paused. Resume it in the list."), messages.WARNING)


class RegisterAdmin(AddressAdmin):
    """Registers' addresses."""

    form = AddressForm
    list_display = ("code", "title_en", "title_zh", "base_url", "has_token")
    readonly_fields = ("code", "title_en", "title_zh", "has_token")
    fields = ("code", "title_en", "title_zh", "base_url", "has_token", "new_token")
