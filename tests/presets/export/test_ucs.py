"""UCS: names come apart and together, the list is whole, prompts get the category a person would choose."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presets.errors import InvalidRequest
from presets.export import ucs
from presets.export.ucs import UcsName

short = settings(deadline=None, derandomize=True, max_examples=100)
IDS = sorted(ucs.categories())
PART = st.text(st.characters(codec="ascii", categories=("L", "Nd")), min_size=1, max_size=12)
NAMES = st.builds(
    UcsName,
    st.sampled_from(IDS),
    st.lists(PART, min_size=1, max_size=2).map(lambda words: " ".join(words)[:25].strip()),
    PART,
    PART,
    st.just("") | PART,
    st.just("") | PART,
    st.just("") | st.text(st.sampled_from("ab_-1"), min_size=1),
)


def test_the_list_is_whole() -> None:
    assert len(IDS) == 753
    assert len({one.category for one in ucs.categories().values()}) == 82
    assert len({one.full for one in ucs.categories().values()}) == 753
    door = ucs.categories()["DOORMetl"]
    assert (door.category, door.sub_category, door.full) == ("DOORS", "METAL", "DOORS-METAL")
    for cat_id in IDS:
        assert cat_id.isalnum()
        assert cat_id.isascii()


@given(NAMES)
@short
def test_names_come_back(name: UcsName) -> None:
    assert ucs.parse(name.stem) == name


def test_a_name_of_the_published_convention() -> None:
    stem = "GUNAuto-EXT_UZI 9mm-Rapid Fire Close Up Short Bursts_TN_NONE_416-MKH8040-DualMono"
    name = ucs.parse(stem)
    assert name == UcsName(
        "GUNAuto", "Rapid Fire Close Up Short Bursts", "TN", "NONE", "EXT", "UZI 9mm", "416-MKH8040-DualMono"
    )
    assert UcsName("DOORMetl", "Metal Door Slam 01", "AB", "FILM").stem == "DOORMetl_Metal Door Slam 01_AB_FILM"


@pytest.mark.parametrize(
    "stem", ["", "door", "a_b_c_d", "doormetl_a_b_c", "DOORMetl_a_b", "DOORMetl__b_c", "____"]
)
def test_other_names_are_none(stem: str) -> None:
    assert ucs.parse(stem) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (UcsName("doormetl", "a", "b", "c"), "case matters"),
        (UcsName("DOORMetl", "x" * 26, "b", "c"), "longer than 25"),
        (UcsName("DOORMetl", "a-b", "b", "c"), "parts the name"),
        (UcsName("DOORMetl", "a_b", "b", "c"), "parts the name"),
        (UcsName("DOORMetl", "a", "b", "c_d"), "parts the name"),
        (UcsName("DOORMetl", "a", "", "c"), "needs a CreatorID"),
    ],
)
def test_what_is_no_name_is_refused(name: UcsName, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        _ = name.stem


@given(st.text(max_size=200), st.none() | st.integers(1, 99))
@short
def test_a_title_is_made_of_any_text(text: str, number: int | None) -> None:
    title = ucs.fx_name(text, number)
    assert 1 <= len(title) <= 25
    assert not set('-_/\\:*?"<>|') & set(title)
    assert title.isascii()
    assert UcsName("AMBMisc", title, "A", "B").stem
    assert "_" not in ucs.identifier(text)


def test_titles_read_well() -> None:
    assert ucs.fx_name("metal door, slam!", 1) == "Metal Door Slam 01"
    assert ucs.fx_name("a huge metal door slam in the cathedral", 12) == "Huge Metal Door Slam 12"
    assert ucs.identifier("Ann's Reel 3") == "AnnSReel3"
    name = ucs.named("DOORMetl", "metal door slam", "a. b.", "Film 2", 1)
    assert name.stem == "DOORMetl_Metal Door Slam 01_AB_Film2"
    with pytest.raises(InvalidRequest, match="needs a CreatorID"):
        _ = ucs.named("DOORMetl", "metal door slam", "", "Film").stem


@pytest.mark.parametrize(
    ("prompt", "cat_id"),
    [
        ("huge metal door slam in a cathedral", "DOORMetl"),
        ("rain on a tin roof", "RAINMetl"),
        ("footsteps on gravel", "FEETHmn"),
        ("glass shattering", "GLASBrk"),
        ("laser gun shot", "LASRGun"),
        ("dark drone", "DSGNDron"),
        ("whoosh transition", "DSGNWhsh"),
        ("dog barking", "ANMLDog"),
        ("distant thunder rumble", "THUN"),
        ("sword clash", "WEAPSwrd"),
        ("church bell", "BELLLrg"),
        ("typing on a keyboard", "CMPTKey"),
        ("steam train", "TRNSteam"),
        ("punch to the body", "FGHTImpt"),
        ("heartbeat", "HMNHart"),
        ("horse galloping", "FEETHors"),
        ("wooden plank breaking", "WOODBrk"),
        ("car horn", "VEHHorn"),
        ("water dripping", "WATRDrip"),
        ("crowd applause", "CRWDApls"),
    ],
)
def test_prompts_get_their_category(prompt: str, cat_id: str) -> None:
    found = ucs.proposed(prompt)
    assert (found.cat_id, found.origin) == (cat_id, "auto")
    assert cat_id not in found.others


def test_words_that_say_nothing_propose_nothing() -> None:
    assert ucs.proposed("asdfgh zzz").cat_id == ""
    assert ucs.proposed("").cat_id == ""


def test_who_reads_text_may_rank() -> None:
    asked: list[Sequence[str]] = []

    def rank(prompt: str, about: Sequence[str]) -> list[float]:
        asked.append(about)
        return [float("prison" in text) for text in about]

    assert ucs.proposed("metal door", rank).cat_id == "DOORPrisn"
    assert ucs.proposed("asdfgh", rank).cat_id in {"AMBPrisn", "DOORPrisn"}
    assert len(asked[0]) <= 40
    assert len(asked[1]) == 753
