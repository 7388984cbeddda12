"""The one app configuration of the house: it registers the start-up checks."""

from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "apps.tenancy"

    def ready(self) -> None:
        # Checks register themselves on import, which Django allows only once the registry is ready.
        from apps.tenancy import checks  # noqa: F401, PLC0415
