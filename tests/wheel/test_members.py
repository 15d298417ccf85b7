"""The files of a wheel as columns: as if they were kept one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelclash.core.contents import Member, Members

_SPELLINGS = st.none() | st.sampled_from(["./a", "a//b"])
_MEMBERS = st.lists(
    st.builds(
        Member,
        st.sampled_from(["a", "b/c"]),
        st.integers(0, 2**63),
        st.integers(0, 2**32 - 1),
        st.none() | st.sampled_from(["sha256:00", "sha512:11"]),
        _SPELLINGS,
        _SPELLINGS,
    )
)


@given(_MEMBERS, st.slices(5))
def test_members_come_out_as_they_went_in(members: list[Member], some: slice) -> None:
    """One by one, counted from either end, several at once, and compared as a whole."""
    kept = Members.of(members)
    assert list(kept) == [kept[number] for number in range(len(kept))] == members
    assert list(kept[some]) == members[some]
    assert list(reversed(kept)) == members[::-1]
    assert kept == Members.of(iter(members))
    assert (kept == Members()) == (members == [])
    for number in (len(members), -len(members) - 1):
        with pytest.raises(IndexError):
            kept[number]


def test_columns_must_be_equally_long() -> None:
    with pytest.raises(ValueError, match="equally long"):
        Members(("a",), (1,), (1,), ())
