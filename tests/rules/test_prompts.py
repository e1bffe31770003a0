"""protocol.md section 8."""

import pytest

from tests.rules.records_made_up import EARLY, LATE, RIGHT, Json, iso, joint, planned, record, stage, study

S = "2025-01-10"
NOW = "2026-11-21"
KNEE, SHOULDER = ("knee", "left"), ("shoulder", "right")


def asked(data: Json, code: str) -> list[tuple[str | None, str | None]]:
    """Side of the joint and target of each prompt with this code."""
    return [(p.side and p.side.value, iso(p.target)) for p in planned(data).prompts if p.code == code]


@pytest.mark.parametrize(
    ("joints", "studies", "code", "expected"),
    [
        pytest.param(
            [joint(since=S)], [], "image_other_hip", [("right", "2025-02-21")], id="the other hip, not listed"
        ),
        pytest.param(
            [joint(since=S), joint(RIGHT, "clear")],
            [study(S, "DX", RIGHT)],
            "image_other_hip",
            [("right", "2025-02-21")],
            id="an X-ray misses early disease",
        ),
        pytest.param([joint(since=S)], [study(S, key=RIGHT)], "image_other_hip", [], id="an MRI shows it clear"),
        pytest.param([joint(since=S), joint(RIGHT, since=S)], [], "image_other_hip", [], id="both hips ill"),
        pytest.param([joint(state="replaced")], [], "image_other_hip", [("right", None)], id="start not known"),
        pytest.param(
            [joint(since=S)], [study(S, key=RIGHT)], "repeat_mri_other_hip", [("right", "2026-01-10")], id="repeat"
        ),
        pytest.param(
            [joint(since=S)],
            [study("2024-01-10", key=RIGHT)],
            "repeat_mri_other_hip",
            [("right", "2025-02-21")],
            id="repeat: not before 42 days",
        ),
        pytest.param(
            [joint(since=S)],
            [study(S, key=RIGHT), study("2025-11-29", key=RIGHT)],
            "repeat_mri_other_hip",
            [],
            id="repeat: done 42 days early",
        ),
        pytest.param(
            [joint(since=S)],
            [study(S, key=RIGHT), study("2025-11-28", key=RIGHT)],
            "repeat_mri_other_hip",
            [("right", "2026-01-10")],
            id="repeat: 43 days early is not it",
        ),
        pytest.param(
            [joint(KNEE, since=S), joint(SHOULDER, since="2024-01-10")],
            [],
            "image_both_hips",
            [("left", "2024-02-21"), ("right", "2024-02-21")],
            id="both hips",
        ),
        pytest.param(
            [joint(KNEE, since=S)], [study(S)], "image_both_hips", [("right", "2025-02-21")], id="one hip was seen"
        ),
        pytest.param([joint(("shaft", "left"), since=S)], [], "image_both_hips", [], id="a shaft does not count"),
        pytest.param(
            [joint(since=S), joint(KNEE, "clear", pain={"2025-02-01": "yes"})],
            [],
            "image_painful_joint",
            [("left", "2025-03-01")],
            id="painful",
        ),
        pytest.param(
            [joint(since=S), joint(KNEE, "clear", pain={"2025-02-01": "yes", "2025-03-01": "no"})],
            [],
            "image_painful_joint",
            [("left", "2025-03-01")],
            id="painful: also where the pain has gone",
        ),
        pytest.param(
            [joint(since=S), joint(KNEE, "clear", pain={S: "yes", "2025-02-01": "no", "2025-03-01": "yes"})],
            [study("2025-02-15", key=KNEE)],
            "image_painful_joint",
            [("left", "2025-03-29")],
            id="painful: the newest unbroken",
        ),
        pytest.param(
            [joint(since=S), joint(KNEE, "clear", pain={S: "yes", "2025-03-01": "yes"})],
            [study("2025-02-15", key=KNEE)],
            "image_painful_joint",
            [],
            id="painful: an MRI since",
        ),
        pytest.param(
            [joint(since=S), joint(KNEE, "clear", pain={S: "yes"})],
            [study(S, key=KNEE)],
            "image_painful_joint",
            [],
            id="painful: an MRI that day",
        ),
        pytest.param(
            [joint(KNEE, "clear", pain={S: "yes"})], [], "image_painful_joint", [], id="painful: nobody with a lesion"
        ),
        pytest.param(
            [
                joint(since=S),
                joint(KNEE, since="2025-03-01"),
                joint(SHOULDER, since="2025-02-01", reviews=("2025-02-28",)),
            ],
            [],
            "multifocal_review",
            [(None, None)],
            id="three sites",
        ),
        pytest.param(
            [
                joint(since=S),
                joint(KNEE, since="2025-03-01"),
                joint(SHOULDER, since="2025-02-01", reviews=("2025-03-01",)),
            ],
            [],
            "multifocal_review",
            [],
            id="three sites, reviewed",
        ),
        pytest.param(
            [joint(since=S), joint(RIGHT, since=S), joint(KNEE, since=S), joint(("jaw", "none"), since=S)],
            [],
            "multifocal_review",
            [],
            id="both hips are one, the jaw is none",
        ),
        pytest.param([joint(since=S)], [], "size_lesion", [("left", None)], id="size a hip"),
        pytest.param([joint(KNEE, since=S)], [], "size_lesion", [], id="no size for a knee"),
        pytest.param(
            [joint(since=S)],
            [study(S, finding=stage("3B"))],
            "name_stage_system",
            [("left", None)],
            id="name the system",
        ),
        pytest.param(
            [joint(since=S)],
            [study(S, finding=stage("3B")), study("2025-02-01", finding=EARLY)],
            "name_stage_system",
            [],
            id="name the system: collapsed anyway",
        ),
        pytest.param(
            [joint(since=S, ops={"2025-02-01": "CD"})],
            [study(S, finding=stage("3B"))],
            "name_stage_system",
            [("left", None)],
            id="name the system: also after an operation",
        ),
        pytest.param([joint(KNEE, since=S)], [], "surgeon_review", [("left", "2025-02-21")], id="surgeon: medium"),
        pytest.param(
            [joint(KNEE, since=S, reviews=("2024-01-10",))],
            [],
            "surgeon_review",
            [],
            id="surgeon: within 12 months before",
        ),
        pytest.param(
            [joint(KNEE, since=S, reviews=("2024-01-09",))],
            [],
            "surgeon_review",
            [("left", "2025-02-21")],
            id="surgeon: more than 12 months before",
        ),
        pytest.param(
            [joint(since=S, reviews=("2025-01-09",))],
            [],
            "surgeon_review",
            [("left", "2025-02-21")],
            id="surgeon: large",
        ),
        pytest.param([joint(since=S, reviews=(S,))], [], "surgeon_review", [], id="surgeon: seen"),
        pytest.param(
            [joint(since=S)],
            [study("2025-03-01", finding=EARLY)],
            "surgeon_review",
            [("left", "2025-03-29")],
            id="surgeon: newly collapsed",
        ),
        pytest.param(
            [joint(since=S)],
            [study(S, finding=LATE)],
            "discuss_replacement",
            [("left", None)],
            id="discuss replacement",
        ),
        pytest.param(
            [joint(since=S, reviews=(S,))], [study(S, finding=LATE)], "discuss_replacement", [], id="discussed"
        ),
        pytest.param([joint(state="replaced")], [], "date_of_operation", [("left", None)], id="which day"),
        pytest.param([joint(since=S, ops={S: "REV"})], [], "date_of_operation", [("left", None)], id="only a revision"),
        pytest.param([joint(since=S, ops={S: "THA"})], [], "date_of_operation", [], id="the day is known"),
    ],
)
def test_prompt(
    joints: list[Json], studies: list[Json], code: str, expected: list[tuple[str | None, str | None]]
) -> None:
    assert asked(record(NOW, joints, studies), code) == expected
