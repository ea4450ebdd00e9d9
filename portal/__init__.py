"""The face and the wiring: pages, API, commands, settings.

Read in this order: settings, celery, access, citizen/views, desk/views, api/views.
"""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
