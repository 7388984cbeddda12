import pytest

from apps.kernel.reading.cells import typed
from apps.kernel.reading.refusal import FileRefused, Problems


def read(**cells: str) -> dict[str, object]:
    problems = Problems()
    values = typed(4, {name.replace("__", "."): cell for name, cell in cells.items()}, problems=problems, depth=64)
    problems.raise_any()
    return values


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("high_value", "TRUE", True),
        ("high_value", "no", False),
        ("high_value", "1", True),
        ("high_value", "", None),
        ("input_tokens", "166", 166),
        ("output_tokens", "1e3", 1000),
        ("latency_ms", "662.239", 662.239),
        ("traffic_weight", " 0.25 ", 0.25),
        ("task_completion", "1", 1.0),
        ("reference", "7", "7"),
        ("id", "007", "007"),
        ("output", " kept as it is ", " kept as it is "),
        ("tools", '[{"name":"f"}]', [{"name": "f"}]),
        ("messages", '[{"role":"user","content":"hi"}]', [{"role": "user", "content": "hi"}]),
    ],
)
def test_a_cell_has_the_type_of_its_column(column, text, value):
    got = read(**{column: text})[column]
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("high_value", "maybe"),
        ("input_tokens", "1.5"),
        ("input_tokens", "9007199254740993000"),
        ("latency_ms", "nan"),
        ("latency_ms", "1_000"),
        ("traffic_weight", "half"),
        ("meta", "{"),
        ("schema", '{"a":1,"a":2}'),
    ],
)
def test_a_cell_that_does_not_fit_is_refused_by_row_and_column(column, text):
    with pytest.raises(FileRefused) as refused:
        read(**{column: text})
    assert (refused.value.code, refused.value.where) == ("value_invalid", {"row": 4, "column": column})


def test_a_dotted_column_is_a_nested_field_with_its_number():
    assert read(human__groundedness="1", human__note="fine") == {"human": {"groundedness": 1, "note": "fine"}}


def test_a_plain_column_and_a_dotted_one_may_not_share_a_name():
    with pytest.raises(FileRefused) as refused:
        read(human="x", human__groundedness="1")
    assert refused.value.code == "value_invalid"
