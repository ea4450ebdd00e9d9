"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

from portal.api import views as api

urlpatterns = [
    path("", include("portal.citizen.urls")),
    path("desk/", include("portal.desk.urls")),
    path("api/v1/", include("portal.api.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("healthz", api.healthz, name="healthz"),
    path("readyz", api.readyz, name="readyz"),
]
