from django.apps import AppConfig


class LifeEventsConfig(AppConfig):
    name = "lifeevents"
    verbose_name = "Life events and applications"
