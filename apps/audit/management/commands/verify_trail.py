"""``manage.py verify_trail``: walk every organization's chain; exit 0 when whole, 1 with the first bad position."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.audit import queries
from apps.tenancy.acting import Door, acting
from apps.tenancy.models import Organization
from apps.tenancy.queries import as_machine


class Command(BaseCommand):
    help = "Verify the hash chain of each organization's trail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", help="slug of one organization; all of them when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        organizations = Organization.objects.order_by("slug")
        if options["organization"]:
            organizations = organizations.filter(slug=options["organization"])
        broken = 0
        for organization in organizations:
            with acting(as_machine(organization.id, "verify_trail", door=Door.COMMAND)):
                found = queries.verify()
            if found.whole:
                self.stdout.write(f"{organization.slug}: {found.events} events, chain whole, head {found.head.hex()}")
            else:
                broken += 1
                self.stdout.write(f"{organization.slug}: BROKEN at position {found.broken_at}: {found.reason}")
        if broken:
            raise SystemExit(1)
