"""Sockets; and, in the embedded role, pages and API beside them."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portfolio_site.settings.local")
django_application = get_asgi_application()

from portfolio_site.sockets import with_sockets  # noqa: E402  (needs the apps that the line above loads)

application = with_sockets(django_application)
