from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.reading.limits import DEFAULT
from apps.kernel.reading.lines import lines_of, text_of
from apps.kernel.reading.refusal import Problems


def test_windows_unix_and_old_mac_line_ends_part_lines():
    found = [(line.number, line.offset, line.content) for line in lines_of(b"a\r\nb\nc\rd")]
    assert found == [(1, 0, b"a\r\n"), (2, 3, b"b\n"), (3, 5, b"c\r"), (4, 7, b"d")]


@given(st.binary(max_size=300))
def test_no_byte_is_lost_or_moved(content):
    lines = list(lines_of(content))
    assert b"".join(line.content for line in lines) == content.removeprefix(b"\xef\xbb\xbf")
    assert all(content[line.offset :].startswith(line.content) for line in lines)


def test_a_byte_order_mark_is_dropped_but_offsets_stay_those_of_the_file():
    [line] = lines_of(b"\xef\xbb\xbfid")
    assert (line.offset, line.content) == (3, b"id")


def test_a_byte_that_is_not_utf8_is_named_with_its_place_in_the_file():
    problems = Problems()
    second = list(lines_of(b"ok\ncaf\xe9\n"))[1]
    assert text_of(second, row=2, problems=problems, limits=DEFAULT) is None
    refused = problems.refuse("x", "")
    assert refused.errors[0].code == "not_utf8"
    assert refused.errors[0].where == {"row": 2, "byte_offset": 6}
    assert "byte 0xE9" in refused.errors[0].detail


def test_a_line_beyond_the_limit_is_refused_by_its_row():
    problems = Problems()
    [line] = lines_of(b"12345678")
    assert text_of(line, row=1, problems=problems, limits=replace(DEFAULT, line_bytes=8)) == "12345678"
    assert text_of(line, row=1, problems=problems, limits=replace(DEFAULT, line_bytes=7)) is None
    assert problems.refuse("x", "").errors[0].code == "line_too_long"
