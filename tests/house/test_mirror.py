"""apps/gates/actions.py is tested by tests/gates/test_actions.py, or by a folder tests/gates/actions/."""

from pathlib import Path

from tests.house.source import ROOT, modules, name_of

# Names whose modules only declare: what they declare is tested by the modules that use it.
DECLARATIONS = {
    "__init__": "holds a docstring",
    "admin": "windows are walked through together in tests/audit/test_windows.py",
    "apps": "wires start-up checks, which have tests of their own",
    "models": "tables are tested by the actions and stores that write them",
    "urls": "every address is walked through in tests/house/test_doors.py",
}
# One line a module, with the reason; a module that gains its mirror must leave the list.
EXEMPT: dict[str, str] = {}


def _has_mirror(path: Path) -> bool:
    inside = path.relative_to(ROOT / "apps").with_suffix("")
    folder = ROOT / "tests" / inside.parent
    if "management" in inside.parts:
        # A command is a door of its room: tests/gates/test_evaluate_recorded.py.
        flat = ROOT / "tests" / inside.parts[0] / f"test_{inside.name}.py"
        if flat.is_file():
            return True
    own = folder / f"test_{inside.name.removeprefix('_')}.py"
    return own.is_file() or any((folder / inside.name).glob("test_*.py"))


def test_every_module_has_its_mirror_test():
    missing = [
        name_of(path)
        for path in modules("apps")
        if path.stem not in DECLARATIONS
        and path.parent.name != "models"
        and "migrations" not in path.parts
        and name_of(path) not in EXEMPT
        if not _has_mirror(path)
    ]
    assert not missing, "no mirror test for\n" + "\n".join(missing)


def test_the_exemptions_are_not_stale():
    stale = [name for name in EXEMPT if not (ROOT / name).is_file() or _has_mirror(ROOT / name)]
    assert not stale, f"take off the list: {stale}"
    assert all(reason.strip() for reason in (*EXEMPT.values(), *DECLARATIONS.values()))
