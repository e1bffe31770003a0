"""The treatment choice list of clinical.md 7.1, and what each code means for planning."""

from enum import StrEnum

NAMES: dict[str, str] = {
    "OBS": "Observation",
    "ACT": "Activity modification or rest",
    "WBR": "Weight-bearing restriction",
    "PT": "Physiotherapy",
    "WGT": "Weight management",
    "FTW": "Footwear or walking aid",
    "CAUS": "Alcohol, smoking or steroid reduction",
    "ESWT": "Shock-wave therapy",
    "HBO": "Hyperbaric oxygen",
    "PEMF": "Pulsed electromagnetic fields",
    "ELEC": "Electrical stimulation",
    "CD": "Core decompression",
    "CD+": "Core decompression with cells, graft or electrical stimulation",
    "NVG": "Non-vascularised bone graft",
    "VFG": "Vascularised bone graft",
    "ALLO": "Allograft",
    "SYN": "Synthetic graft",
    "ROD": "Tantalum rod",
    "OST": "Osteotomy",
    "REG": "Regenerative treatment only",
    "HEMI-R": "Resurfacing hemiarthroplasty",
    "RES": "Hip resurfacing",
    "THA": "Total hip replacement",
    "REV": "Revision of a replacement",
    "ARTHRO": "Other joint replacement",
    "ARTHROD": "Fusion of the joint",
    "OTHER": "Other treatment",
    "TRIAL": "Treatment in a trial",
}
"""Code to plain English, for a layer above to translate."""


class Operation(StrEnum):
    """The operations that keep the joint and decide its row."""

    DECOMPRESSION = "decompression"
    OSTEOTOMY = "osteotomy"
    GRAFT = "graft"


OPERATIONS: dict[str, Operation] = {
    **dict.fromkeys(("CD", "CD+", "ROD", "REG"), Operation.DECOMPRESSION),
    **dict.fromkeys(("NVG", "VFG", "ALLO", "SYN"), Operation.GRAFT),
    "OST": Operation.OSTEOTOMY,
}
OPERATION_RANK = {Operation.DECOMPRESSION: 0, Operation.OSTEOTOMY: 1, Operation.GRAFT: 2}
"""Two on one day: the higher rank is the one that counts."""

FUSION = "ARTHROD"
REVISION = "REV"
REPLACEMENTS = frozenset({"THA", "RES", "HEMI-R", "ARTHRO", REVISION})
ENDING_RANK: dict[str, int] = {FUSION: 0, **dict.fromkeys(REPLACEMENTS, 1), REVISION: 2}
"""Replacements and fusion in the order in which one day's count: a replacement after a fusion, a revision last."""
