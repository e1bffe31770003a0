"""Joints: which sites and sides exist, and which views make a radiograph of one complete."""

from enum import StrEnum


class Site(StrEnum):
    HIP = "hip"
    SHOULDER = "shoulder"
    KNEE = "knee"
    ANKLE = "ankle"
    SHAFT = "shaft"
    JAW = "jaw"


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    NONE = "none"


class View(StrEnum):
    AP = "AP"
    FROG_LEG_LATERAL = "frog_leg_lateral"
    CROSS_TABLE_LATERAL = "cross_table_lateral"
    AXILLARY = "axillary"
    WEIGHT_BEARING_AP = "weight_bearing_AP"
    LATERAL = "lateral"
    MORTISE = "mortise"


JointKey = tuple[Site, Side]

SIDES: dict[Site, tuple[Side, ...]] = {
    site: (Side.NONE,) if site is Site.JAW else (Side.LEFT, Side.RIGHT) for site in Site
}
JOINTS: dict[tuple[str, str], JointKey] = {(site, side): (site, side) for site in Site for side in SIDES[site]}
"""Every joint that exists, by its plain words."""

HIPS: tuple[JointKey, JointKey] = ((Site.HIP, Side.LEFT), (Site.HIP, Side.RIGHT))

COMPLETE_VIEWS: dict[Site, tuple[frozenset[View], ...]] = {
    Site.HIP: (frozenset({View.AP, View.FROG_LEG_LATERAL}), frozenset({View.AP, View.CROSS_TABLE_LATERAL})),
    Site.SHOULDER: (frozenset({View.AP, View.AXILLARY}),),
    Site.KNEE: (frozenset({View.WEIGHT_BEARING_AP, View.LATERAL}),),
    Site.ANKLE: (frozenset({View.AP, View.MORTISE, View.LATERAL}),),
    Site.SHAFT: (),
    Site.JAW: (),
}
"""A radiograph of the site is complete when it holds one of these sets. Jaw and shaft have no schedule."""

WITHOUT_PLAN = frozenset({Site.JAW, Site.SHAFT})
"""A jaw belongs to the dental surgeon; an infarct of a shaft does not collapse a joint (clinical.md 2.4)."""


def views_complete(site: Site, views: set[View] | frozenset[View]) -> bool:
    """True when these views together make a radiograph of the site that counts."""
    return any(needed <= views for needed in COMPLETE_VIEWS[site])
