"""The operators' pages: accounts, addresses, and everything else to look at. Nothing sealed is ever shown."""

from __future__ import annotations

from typing import Any

import orjson
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import BinaryField, Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from lifeevents.models import Bundle, BundleVersion, LifeEvent
from portal.admin_lanes import LaneAdmin, RegisterAdmin
from portal.admin_people import UserAdmin
from portal.models import User
from services.models import (
    AccessEvent,
    Case,
    CaseEvent,
    CaseItem,
    Department,
    Element,
    EvidenceType,
    Lane,
    Register,
    Role,
    Service,
    WorkItem,
)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # the stubs' parameter does not exist at run time
    """Rows to look at. Binary columns (sealed values, hashes, keys) are left out whatever the model adds later."""

    hidden: tuple[str, ...] = ()
    show_full_result_count = False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        shown = [field.name for field in self.model._meta.fields if not isinstance(field, BinaryField)]
        return [name for name in shown if name not in self.hidden]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class EntryAdmin(ReadOnlyAdmin):
    """Catalogue entries: written by load_catalogue, shown here."""

    list_display = ("code", "title_en", "title_zh")
    search_fields = ("code", "title_en", "title_zh")
    hidden = ("body",)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return [*super().get_fields(request, obj), "definition"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("definition",)

    @admin.display(description=_("definition"))
    def definition(self, entry: Any) -> SafeString:
        return format_html("<pre>{}</pre>", orjson.dumps(entry.body, option=orjson.OPT_INDENT_2).decode())


class VersionAdmin(ReadOnlyAdmin):
    list_display = ("bundle", "number", "checksum", "published_at")
    list_filter = ("bundle",)


class CaseAdmin(ReadOnlyAdmin):
    list_display = ("reference", "bundle", "status", "filed_at", "promised_at", "settled_at")
    list_filter = ("status", "bundle")
    search_fields = ("reference",)
    ordering = ("-filed_at",)
    hidden = ("key", "plan")


class CaseItemAdmin(ReadOnlyAdmin):
    list_display = ("key", "case", "lane", "state", "round", "attempts", "due_at", "promised_at")
    list_filter = ("state", "lane")
    list_select_related = ("case", "lane")
    search_fields = ("case__reference",)
    ordering = ("-since",)


class WorkItemAdmin(ReadOnlyAdmin):
    list_display = ("kind", "case", "item", "reason", "opened_at", "due_at", "claimed_by", "closed_at")
    list_filter = ("kind",)
    list_select_related = ("case", "item", "claimed_by")
    search_fields = ("case__reference",)
    ordering = ("-opened_at",)


class CaseEventAdmin(ReadOnlyAdmin):
    list_display = ("case", "seq", "at", "kind", "item_key", "actor")
    list_filter = ("kind",)
    list_select_related = ("case",)
    search_fields = ("case__reference",)
    ordering = ("-at",)


class AccessEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "viewer", "case", "purpose")
    list_filter = ("purpose",)
    list_select_related = ("viewer", "case")
    search_fields = ("case__reference", "viewer__username")
    ordering = ("-at",)


admin.site.site_header = _("One Thing: operators")
admin.site.site_title = _("One Thing")
admin.site.index_title = _("Set up and look up")
admin.site.enable_nav_sidebar = False
admin.site.unregister(Group)  # one role decides everything

admin.site.register(User, UserAdmin)
admin.site.register(Lane, LaneAdmin)
admin.site.register(Register, RegisterAdmin)
admin.site.register((Department, Element, Role, EvidenceType, Service, LifeEvent, Bundle), EntryAdmin)
admin.site.register(BundleVersion, VersionAdmin)
admin.site.register(Case, CaseAdmin)
admin.site.register(CaseItem, CaseItemAdmin)
admin.site.register(WorkItem, WorkItemAdmin)
admin.site.register(CaseEvent, CaseEventAdmin)
admin.site.register(AccessEvent, AccessEventAdmin)
