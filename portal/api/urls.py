"""Addresses for machines, under /api/v1/."""

from django.urls import path

from portal.api import views

urlpatterns = [
    path("departments/<slug:department>/replies", views.department_reply, name="department_reply"),
    path("documents/<uuid:document_id>", views.department_document, name="department_document"),
]
