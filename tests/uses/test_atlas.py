"""The atlas: near styles lie near, names can be read, the page needs nothing else, the same input draws the same."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import fake_relation
import numpy as np
import pytest

import fewnotes as fn
from fewnotes.errors import BadInput, NotPossible
from fewnotes.files import write
from fewnotes.music.edit import transpose
from fewnotes.render.atlas import Chart, draw, page, png, svg
from fewnotes.render.atlas.groups import MOST, groups, numbered
from fewnotes.render.atlas.layout import classical_scaling, dissimilarity, majorise, stress
from fewnotes.style import Style
from fewnotes.testing import tiny_chorale, tiny_melody, tiny_piece
from fewnotes.uses.atlas import Atlas


def made_chart(count, kinds=4, seed=0, name="style of {}"):
    """Styles in a few clouds: relation falls with distance."""
    rng = np.random.default_rng(seed)
    centres = 3 * np.array([(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)])[[0, 3, 5, 6][:kinds]]
    places = centres[np.arange(count) % kinds] + 0.5 * rng.normal(size=(count, 3))
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    names = tuple(name.format(i) for i in range(count))
    return Chart(names, tuple(range(1, count + 1)), np.exp(-0.5 * apart))


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@pytest.mark.parametrize("count", [2, 3, 12, 60, 200])
def test_no_two_names_overlap_no_name_covers_a_marker_and_all_is_on_the_page(count):
    picture = draw(made_chart(count, name="a rather long name {}"))
    boxes = [label.box for label in picture.labels]
    assert len(boxes) == count
    for i, box in enumerate(boxes):
        assert box[0] >= 0
        assert box[1] >= 60
        assert box[2] <= picture.width
        assert box[3] <= picture.height
        assert not any(overlap(box, other) for other in boxes[:i])
        assert not any(overlap(box, (x - 5, y - 5, x + 5, y + 5)) for x, y in picture.points.tolist())
    assert picture.points.min() > 0
    assert (picture.points < [picture.width, picture.height]).all()


def test_the_same_styles_give_the_same_picture_byte_for_byte():
    one, two = draw(made_chart(25)), draw(made_chart(25))
    assert (svg(one), page(one)) == (svg(two), page(two))


def test_distances_that_fit_a_plane_are_kept():
    rng = np.random.default_rng(1)
    places = rng.normal(size=(20, 2))
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    assert stress(distance, classical_scaling(distance)) < 1e-6
    assert stress(distance, majorise(distance, rng.normal(size=(20, 2)))) < 0.5


def test_majorising_bends_distances_less_than_scaling_alone_and_near_styles_lie_nearer_than_far_ones():
    chart = made_chart(40)
    distance = dissimilarity(chart.relation)
    start = classical_scaling(distance)
    places = majorise(distance, start)
    assert stress(distance, places) < stress(distance, start)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)[np.triu_indices(40, 1)]
    assert np.corrcoef(apart, distance[np.triu_indices(40, 1)])[0, 1] > 0.9


def test_groups_are_the_clouds_and_colours_and_shapes_go_with_them():
    chart = made_chart(24, kinds=4)
    found = groups(dissimilarity(chart.relation))
    assert len(set(found)) == 4
    assert all(found[i] == found[i % 4] for i in range(24))
    assert set(groups(dissimilarity(made_chart(3).relation))) == {0}
    numbers, keys = numbered(tuple(f"family {i % 11}" for i in range(30)))
    assert len(keys) == MOST
    assert keys[-1].name == "other"
    assert max(numbers) == MOST - 1


def test_styles_in_one_place_are_drawn_apart():
    picture = draw(Chart(("a", "b", "c", "d", "e"), (1,) * 5, np.ones((5, 5))))
    apart = np.linalg.norm(picture.points[:, None] - picture.points[None], axis=2) + 99 * np.eye(5)
    assert apart.min() > 12


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, k, v or "") for k, v in attributes]


def test_the_page_fetches_nothing_and_can_be_walked_through_by_keyboard():
    hostile = '</script><script src="https://x.test/a.js">&"<b>'
    chart = made_chart(6)
    text = page(draw(Chart((hostile, *chart.names[1:]), chart.counts, chart.relation))).decode()
    found = Page()
    found.feed(text)
    assert found.tags.count("script") == 2
    for tag, key, value in found.attributes:
        assert key not in ("src", "srcset", "data", "action", "poster"), (tag, key)
        assert key != "href" or value == "data:,"
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp|WebSocket", text)
    assert [v for _, k, v in found.attributes if k == "tabindex"] == ["0"] * 6
    assert len([v for _, k, v in found.attributes if k == "aria-label" and "Nearest:" in v]) == 6
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])
    assert data[0]["name"] == hostile
    relation = [r for _, r in data[1]["near"]]
    assert relation == sorted(relation, reverse=True)
    assert "default-src 'none'" in text


def test_pictures_are_what_they_are_called():
    pytest.importorskip("PIL")
    picture = draw(made_chart(8, name="Żółć & <{}>"))
    assert png(picture).startswith(b"\x89PNG")
    import xml.etree.ElementTree as ElementTree

    root = ElementTree.fromstring(svg(picture))
    assert len(root.findall("{http://www.w3.org/2000/svg}g")) == 8


# --- the use ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def judge(monkeypatch):
    return fake_relation.install(lambda place, name, value: monkeypatch.setattr(place, name, value, raising=False))


@pytest.fixture
def styles():
    made = {
        "songs": tiny_melody(),
        "airs": transpose(tiny_melody(), 1),
        "chorales": tiny_chorale(),
        "odd": tiny_piece(),
    }
    return [Style(name, tuple(transpose(p, n) for n in range(3))) for name, p in made.items()]


def test_near_styles_lie_near(judge, styles):
    found = fn.atlas(styles)
    assert found.names == ("airs", "chorales", "odd", "songs")
    assert found.near(0)[0][0] == "songs"
    assert np.array_equal(found.relation, found.relation.T)
    apart = np.linalg.norm(found.picture.points - found.picture.points[0], axis=1)
    assert apart[3] < min(apart[1], apart[2])
    assert [o.suffix for o in found.outputs] == [".html", ".svg", ".png"]
    json.dumps(found.to_dict(), allow_nan=False)
    assert all(len(row) == 3 for row in found.to_table().rows)


def test_a_folder_of_folders_is_an_atlas_with_families_and_is_listened_to_once(judge, tmp_path):
    root = tmp_path / "music"
    for family, name, piece in (
        ("folk", "songs", tiny_melody()), ("folk", "airs", transpose(tiny_melody(), 2)),
        ("church", "chorales", tiny_chorale()), ("church", "odd", tiny_piece()),
    ):  # fmt: skip
        for n in range(3):
            write(transpose(piece, n + 3), root / family / name / f"{n}.mid")
    (root / "folk" / "songs" / "broken.mid").write_bytes(b"MThd")
    found = Atlas(styles=str(root), form="svg").run()
    assert found.names == ("airs", "chorales", "odd", "songs")
    assert found.picture.chart.families == ("folk", "church", "church", "folk")
    assert [k.name for k in found.picture.keys] == ["church", "folk"]
    assert any("broken.mid" in w.message for w in found.warnings)
    assert [o.suffix for o in found.outputs] == [".svg"]
    count = len(judge.embedded)
    Atlas(styles=str(root)).run()
    assert len(judge.embedded) == count


def test_one_style_is_no_atlas_and_an_empty_folder_says_so(judge, styles, tmp_path):
    with pytest.raises(NotPossible, match="one style"):
        fn.atlas(styles[:1])
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="no music"):
        fn.atlas(str(tmp_path / "empty"))
