"""What the embedded services are called and how to reach them: one private file in the home folder."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from itertools import chain, count
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

REPOSITORY = Path(__file__).resolve().parents[2]
DATABASE = "distillhub"
OWNER, APP, SUPERUSER = "distillhub_owner", "distillhub_app", "postgres"
# In the home folder: the digest of the migrations that the database has.
MIGRATED = "migrated"
# As root the server runs as another user, who cannot enter a home such as /root: its files live here instead.
ROOT_FOLDER = Path("/var/lib/distillhub")


class StateUnreadable(RuntimeError):
    """The state file exists and cannot be used; the message says what to do."""


class StateDamaged(StateUnreadable):
    """The state file is ours and is not what we wrote."""


@dataclass(frozen=True, slots=True)
class ServiceState:
    """Addresses and secrets of one installation; ports are TCP ports on 127.0.0.1, 0 = not chosen yet."""

    home: str
    database_url: str
    database_owner_url: str
    superuser_url: str
    broker_url: str
    secret_key: str
    encryption_keys: str
    signing_key: str
    postgres_folder: str
    postgres_port: int
    valkey_port: int
    web_port: int

    def on_postgres_port(self, port: int) -> ServiceState:
        """The same state with the server at ``port``."""
        return replace(
            self,
            postgres_port=port,
            database_url=_at_port(self.database_url, port),
            database_owner_url=_at_port(self.database_owner_url, port),
            superuser_url=_at_port(self.superuser_url, port),
        )

    def on_valkey_port(self, port: int) -> ServiceState:
        """The same state with the broker at ``port``."""
        return replace(self, valkey_port=port, broker_url=_at_port(self.broker_url, port))


def home_folder() -> Path:
    """$DISTILLHUB_HOME, else .local in the repository."""
    return Path(os.environ.get("DISTILLHUB_HOME") or REPOSITORY / ".local").expanduser().resolve()


def fresh(home: Path) -> ServiceState:
    """A new state with random secrets and no ports; nothing is written."""

    def url(role: str, database: str) -> str:
        return f"postgresql://{role}:{secrets.token_urlsafe(24)}@127.0.0.1:0/{database}"

    return ServiceState(
        home=str(home),
        database_url=url(APP, DATABASE),
        database_owner_url=url(OWNER, DATABASE),
        superuser_url=url(SUPERUSER, "postgres"),
        broker_url=f"redis://:{secrets.token_urlsafe(24)}@127.0.0.1:0/0",
        secret_key=secrets.token_urlsafe(48),
        encryption_keys=f"k1:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}",
        signing_key=base64.b64encode(secrets.token_bytes(32)).decode(),
        postgres_folder=str(_postgres_folder(home)),
        postgres_port=0,
        valkey_port=0,
        web_port=0,
    )


def password_of(url: str) -> str:
    """The password in a database's or the broker's URL; empty where it has none."""
    return urlsplit(url).password or ""


def read(home: Path | None = None) -> ServiceState | None:
    """The stored state, or None where no service was ever set up. Raises StateUnreadable."""
    home = home or home_folder()
    path = _file(home)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        stored = ServiceState(**{field.name: document[field.name] for field in fields(ServiceState)})
        return _moved(stored, home) if stored.home != str(home) else stored
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise not_ours(path) from error
    except (ValueError, KeyError, TypeError) as error:
        raise StateDamaged(
            f"{path} is damaged ({error!r}): put back a copy, or `make clean` to start afresh without its data"
        ) from error


def write(state: ServiceState) -> None:
    """Replace the state file in one step; only its owner can read it."""
    path = _file(Path(state.home))
    path.parent.mkdir(parents=True, exist_ok=True)
    # NamedTemporaryFile opens with mode 0600, so the secrets are never readable by others, not even for a moment.
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".services-", delete=False) as file:
        json.dump(asdict(state), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, path)


def not_ours(path: Path) -> StateUnreadable:
    """The error for a file or folder of another user."""
    return StateUnreadable(
        f"{path} belongs to another user: work as that user, or set DISTILLHUB_HOME to a folder of your own"
    )


def remove(home: Path) -> None:
    """Forget the state; silent where there is none."""
    _file(home).unlink(missing_ok=True)


@contextmanager
def private_umask() -> Iterator[None]:
    """Files made inside are readable by their owner only."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _file(home: Path) -> Path:
    return home / "services.json"


def postgres_folders(home: Path) -> list[Path]:
    """Every data folder that this home ever had; the older ones belong to clones at the same place, deleted since."""
    base = _postgres_base(home)
    return [path for path in (base, *sorted(base.parent.glob(f"{base.name}+*"))) if path.is_dir()]


def _postgres_folder(home: Path) -> Path:
    """A data folder nobody used: without its state file an old one cannot be opened, and might still be wanted."""
    base = _postgres_base(home)
    numbered = (base.with_name(f"{base.name}+{number}") for number in count(2))
    return next(path for path in chain([base], numbered) if not path.exists())


def _postgres_base(home: Path) -> Path:
    if os.geteuid() != 0:
        return home / "postgres"
    return ROOT_FOLDER / f"postgres-{hashlib.sha256(str(home).encode()).hexdigest()[:16]}"


def _moved(stored: ServiceState, home: Path) -> ServiceState:
    """The state of a home folder that was renamed: a data folder inside it moved along."""
    folder = Path(stored.postgres_folder)
    if folder.is_relative_to(stored.home):
        folder = home / folder.relative_to(stored.home)
    return replace(stored, home=str(home), postgres_folder=str(folder))


def _at_port(url: str, port: int) -> str:
    parts = urlsplit(url)
    credentials = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{credentials}@{parts.hostname}:{port}").geturl()
