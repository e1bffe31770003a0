"""Which joints a cell names, in the words of several languages."""

import re
from dataclasses import dataclass

from interop.register.words import plain

RIGHT, LEFT = "right", "left"
SITE_WORDS = {
    "hip": "hip hips hufte huften huft hueft huefte hueften huftkopf hueftkopf femurkopf femoral femur fh coxa hanche hanches "
    "cadera caderas femorale femorali anca anche heup heupen biodro hofte huftgelenk hueftgelenk",
    "shoulder": "shoulder shoulders schulter schultern epaule epaules hombro hombros humerus humeruskopf humeral "
    "humerale spalla spalle schouder schouders bark",
    "knee": "knee knees knie knien genou genoux rodilla rodillas ginocchio ginocchia kolano condyle condyles condilo kondylus",
    "ankle": "ankle ankles talus sprunggelenk sprunggelenke osg cheville chevilles tobillo tobillos astragalus astragale "
    "astragalo caviglia caviglie enkel enkels talar",
    "jaw": "jaw kiefer oberkiefer unterkiefer mandible mandibula maxilla machoire mandibule mandibola kaak",
    "shaft": "shaft diaphysis metaphysis diaphyse metaphyse diafisis metafisis schaft infarct infarkt",
}
SITES = {word: site for site, words in SITE_WORDS.items() for word in words.split()}
SIDES = {
    **dict.fromkeys(
        [
            "r",
            "rt",
            "re",
            "right",
            "rechts",
            "rechte",
            "rechter",
            "rechtes",
            "rh",
            "rhs",
            "dx",
            "droite",
            "droit",
            "dte",
            "dt",
            "derecha",
            "derecho",
            "der",
            "dcha",
            "dcho",
            "destra",
            "destro",
            "dext",
            "rechterheup",
        ],
        (RIGHT,),
    ),
    **dict.fromkeys(
        [
            "l",
            "lt",
            "li",
            "left",
            "links",
            "linke",
            "linker",
            "linkes",
            "lh",
            "lhs",
            "sx",
            "gauche",
            "gche",
            "izquierda",
            "izquierdo",
            "izq",
            "izqda",
            "izda",
            "izdo",
            "sinistra",
            "sinistro",
            "sin",
        ],
        (LEFT,),
    ),
    **dict.fromkeys(
        [
            "both",
            "bilateral",
            "bilat",
            "bilaterale",
            "bilaterales",
            "bilaterally",
            "bl",
            "bds",
            "beide",
            "beiden",
            "beider",
            "beidseits",
            "beidseitig",
            "beids",
            "bd",
            "deux",
            "ambas",
            "ambos",
            "bilaterais",
            "entrambe",
            "entrambi",
            "rl",
            "lr",
            "tweezijdig",
            "beiderseits",
            "double",
        ],
        (RIGHT, LEFT),
    ),
}
ONE_LETTER_SIDES = {"d": (RIGHT,), "g": (LEFT,), "i": (LEFT,), "s": (LEFT,), "b": (RIGHT, LEFT), "2": (RIGHT, LEFT)}
"""Read as a side only in a column of sides: French and Spanish d, French g, Spanish i."""
BOTH_SIGNS = re.compile(
    r"\bb ?/ ?l\b|\b(?:r|re|rt|d|right|rechts|droite|derecha) ?(?:/|\+|&|-|,|and|und|et|y|e|u) ?(?:l|li|lt|g|i|left|links|gauche|izquierda)\b|"
    r"\b(?:l|li|lt|left|links|gauche|g|izquierda) ?(?:/|\+|&|-|,|and|und|et|y|e|u) ?(?:r|re|rt|d|right|rechts|droite|derecha)\b"
)
UNSURE = re.compile(r"\?|\b(?:vs|or|oder|ou)\b|\bnot\b|\bkein")


@dataclass(frozen=True, slots=True, order=True)
class JointSide:
    site: str
    side: str
    """left, right; none for the jaw"""


@dataclass(frozen=True, slots=True)
class JointsSaid:
    """`site` and `side` codes: the joints understood, or what is missing.

    fault: "" (understood), nothing, site_missing, side_missing, unreadable
    """

    joints: tuple[JointSide, ...]
    fault: str = ""
    site: str = ""


def sides_in(text: str, *, column_of_sides: bool = False) -> tuple[str, ...]:
    """The sides that a text names, right first; () if none."""
    said = plain(text)
    found: set[str] = set()
    if BOTH_SIGNS.search(said) or re.fullmatch(r"b\.?/?l\.?", said):
        return (RIGHT, LEFT)
    for word in re.findall(r"[a-z]+|\d", said):
        found.update(SIDES.get(word, ()))
        if column_of_sides:
            found.update(ONE_LETTER_SIDES.get(word, ()) if len(word) == len(said.strip(". ")) else ())
    return tuple(side for side in (RIGHT, LEFT) if side in found)


def sites_in(text: str) -> tuple[str, ...]:
    found = dict.fromkeys(SITES[word] for word in re.findall(r"[a-z]+", plain(text)) if word in SITES)
    if "hip" in found and "knee" in found and re.search(r"femoral cond|condyl", plain(text)):
        del found["hip"]
    if (
        "hip" in found
        and "shoulder" in found
        and re.search(r"humer", plain(text))
        and not re.search(r"hip|huft|hanche|cadera", plain(text))
    ):
        del found["hip"]
    if "shaft" in found:
        return ("shaft",)
    return tuple(found)


def read_joints(joint: str, side: str = "", *, site_of_heading: str = "") -> JointsSaid:
    """Joints of a row from its joint cell and, where there is one, its side cell."""
    if not plain(joint) and not plain(side):
        return JointsSaid((), "nothing")
    if UNSURE.search(plain(joint)) or UNSURE.search(plain(side)):
        return JointsSaid((), "unreadable")
    given = sides_in(side, column_of_sides=True)
    joints: dict[JointSide, None] = {}
    waiting: list[str] = []
    site = ""
    for part in _parts(joint):
        sites = sites_in(part) or ((site_of_heading,) if site_of_heading else ())
        sides = sides_in(part, column_of_sides=bool(site_of_heading)) or given
        if len(sites) > 1:
            return JointsSaid((), "unreadable")
        if not sites:
            waiting += sides  # "right and left hip": the side waits for the next site
            if plain(part) and (not sides or set(re.findall(r"[a-z]{3,}", part)) - set(SIDES)):
                return JointsSaid((), "unreadable")
            continue
        site = sites[0]
        if site == "jaw":
            joints[JointSide("jaw", "none")] = None
            continue
        for one in (*waiting, *sides):
            joints[JointSide(site, one)] = None
        if not waiting and not sides:
            return JointsSaid((), "side_missing", site)
        waiting = []
    if waiting and site:
        joints.update((JointSide(site, one), None) for one in waiting)
    elif waiting or not joints:
        return JointsSaid((), "site_missing")
    return JointsSaid(tuple(joints))


def _parts(joint: str) -> list[str]:
    said = BOTH_SIGNS.sub(" bilateral ", plain(joint))
    return [part for part in re.split(r"[,;+&/]|\band\b|\bund\b|\bet\b|\by\b", said) if part.strip()] or [""]
