"""Addresses of the desk, under /desk/. Nothing typed by anyone ever stands in them."""

from django.urls import path

from portal.desk import views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("find/", views.find, name="desk_find"),
    path("cases/<uuid:case_id>/", views.case, name="desk_case"),
]
