"""iXML and ASWG: what is written validates and comes back; hostile XML is refused before it does anything."""

from __future__ import annotations

import dataclasses
import tracemalloc
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st

import presets.export
from presets.export import aswg, ixml
from presets.export.aswg import Aswg
from presets.export.ixml import Ixml
from presets.export.riff import RiffError
from presets.schema import Edit, Prompt, Recipe, Version, canonical, decode

short = settings(deadline=None, derandomize=True, max_examples=60)
SCHEMA = Path(presets.export.__file__).parent / "schemas" / "ixml.xsd"


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(SCHEMA))


ALLOWED = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff") | st.sampled_from(
    "\t\n\r<>&\"'"
)
TEXT = st.text(ALLOWED, max_size=40).map(str.strip)
PLAIN = TEXT.map(lambda text: text.replace("-", " ").replace("_", " ").strip())
LEVEL = st.none() | st.integers(-9000, 900).map(lambda n: n / 100)
VALUES = st.builds(
    Aswg,
    content_type=st.just("sfx"),
    project=TEXT,
    originator=TEXT,
    notes=TEXT,
    session=TEXT,
    fx_chain_name=TEXT,
    is_generated=st.none() | st.booleans(),
    origination_date=st.sampled_from(["", "2026-11-21"]),
    channel_config=st.sampled_from(["", "Mono", "Stereo", "Unknown"]),
    is_designed=st.none() | st.booleans(),
    category=PLAIN,
    sub_category=PLAIN,
    cat_id=PLAIN,
    user_category=PLAIN,
    user_data=PLAIN,
    vendor_category=PLAIN,
    fx_name=PLAIN,
    library=TEXT,
    creator_id=PLAIN,
    source_id=TEXT,
    rms_power=LEVEL,
    loudness=LEVEL,
    loudness_range=st.none() | st.integers(0, 5000).map(lambda n: n / 100),
    max_peak=LEVEL,
    is_loop=st.none() | st.booleans(),
    tempo=st.none() | st.integers(1, 999),
    in_key=TEXT,
    others=st.just((("composer", "A & B"),)),
)


@given(
    st.builds(
        Ixml,
        project=TEXT,
        tape=TEXT,
        note=TEXT,
        tracks=st.lists(TEXT, max_size=4).map(tuple),
        time_reference=st.integers(0, 2**63),
        rate=st.sampled_from([44100, 48000]),
        depth=st.sampled_from([16, 24, 32]),
        aswg=VALUES,
        document=st.text(max_size=50)
        .map(lambda text: ixml.document(text.encode("utf-8", "replace")))
        .map(str.strip),
    )
)
@short
def test_what_is_written_validates_and_comes_back(schema: xmlschema.XMLSchema, value: Ixml) -> None:
    body = ixml.to_bytes(value)
    schema.validate(body.decode())
    assert ixml.from_bytes(body) == value


def test_the_order_is_the_schemas(schema: xmlschema.XMLSchema) -> None:
    names = [element.local_name for element in schema.types["aswg"].content.iter_elements()]
    assert names == [*aswg.ORDER, "schemaVersion"]
    value = Aswg(in_key="C", project="P", cat_id="AMBAir", others=(("composer", "X"), ("bad", "y")))
    element = aswg.to_element(value)
    assert [child.name for child in element.children] == ["project", "catId", "composer", "inKey", "schemaVersion"]


def test_the_schema_refuses_what_is_wrong(schema: xmlschema.XMLSchema) -> None:
    body = ixml.to_bytes(Ixml(aswg=Aswg(cat_id="AMBAir", is_loop=True))).decode()
    for right, wrong in [("AMBAir", "AMB_Air"), ("true", "maybe"), ("isLoop", "isloop")]:
        with pytest.raises(xmlschema.XMLSchemaException):
            schema.validate(body.replace(right, wrong))


def test_marks_do_not_survive_where_they_part_names() -> None:
    found = aswg.from_element(aswg.to_element(Aswg(fx_name="a-b_c", source_id="a-b_c")))
    assert (found.fx_name, found.source_id) == ("a b c", "a-b_c")


def test_the_recipe_comes_back_from_any_reader() -> None:
    prompt = Prompt(text='tür \ufffe\u2028 😀 </DOCUMENT>]]> " \\')
    recipe = Recipe(model="m", model_hash="h", prompt=prompt, seed=1, frames=1, omega=1, decode_seed=1, renderer=1)
    version = Version(recipe=recipe, edit=Edit(length=1.0), checksum="c")
    body = ixml.to_bytes(Ixml(document=ixml.document(canonical(version))))
    assert body.isascii()
    theirs = ET.fromstring(body).findtext("ONETAKE/DOCUMENT")
    assert theirs is not None
    for text in (theirs, ixml.from_bytes(body).document):
        assert decode(text.encode(), Version, "x") == version


def test_a_recipe_too_large_stands_in_its_own_chunk_alone() -> None:
    assert ixml.document(b'"' + b"x" * ixml.LARGEST_DOCUMENT + b'"') == ""


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><BWFXML><NOTE>&b;</NOTE></BWFXML>"""
SECRETS = b"""<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><BWFXML><NOTE>&x;</NOTE></BWFXML>"""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (LAUGHS, "document type"),
        (SECRETS, "document type"),
        (b"<BWFXML><NOTE>&unknown;</NOTE></BWFXML>", "broken"),
        (b"<BWFXML><NOTE></BWFXML>", "broken"),
        (b"<BWFXML/><BWFXML/>", "broken"),
        (b"", "broken"),
        (b"<OTHER/>", "is none"),
        (b"<BWFXML>" + b"<a>" * 100 + b"</a>" * 100 + b"</BWFXML>", "too many elements"),
        (b"<BWFXML>" + b"<a/>" * 100_001 + b"</BWFXML>", "too many elements"),
        (b"<?xml version='1.0' encoding='nonsense'?><BWFXML/>", "broken"),
        (b" " * (1 << 24) + b"<BWFXML/>", "larger than 16 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_xml_is_refused(body: bytes, reason: str) -> None:
    tracemalloc.start()
    with pytest.raises(RiffError, match=reason):
        ixml.from_bytes(body)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 64 << 20


def test_what_other_programs_write_is_read() -> None:
    body = """<?xml version="1.0" encoding="UTF-16"?><BWFXML><PROJECT>Film</PROJECT>
    <SCENE>12</SCENE><SPEED><TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO>x</TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO></SPEED>
    <ASWG><isLoop>1</isLoop><loudness>nan</loudness><tempo>120</tempo><wrong>1</wrong></ASWG>
    <USER>anything</USER></BWFXML>""".encode("utf-16")
    found = ixml.from_bytes(body + b"\0\0")
    assert (found.project, found.time_reference, found.tracks) == ("Film", None, ())
    assert found.aswg is not None
    assert dataclasses.replace(found.aswg, is_loop=None, tempo=None) == Aswg()
    assert (found.aswg.is_loop, found.aswg.tempo) == (True, 120)
