"""A dossier of claims as one page that opens from disk, without a network and without scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from swath.claim.check import Dossier
from swath.claim.fit import Fit
from swath.claim.published import Published
from swath.claim.records import Verdict
from swath.claim.scene import Drawn
from swath.model import Elements
from swath.report.claim_answer import LIMITS
from swath.report.claim_map import ground_map, sky_view
from swath.report.document import document, section
from swath.report.svg import esc, tag
from swath.report.tables import table
from swath.time import format_utc

__all__ = ["claims_page"]

Floats = npt.NDArray[np.float64]

_METHOD = (
    "Each claim is held against the element set with the least doubt for its time, carried by SGP4 (AIAA 2006-6753, "
    "WGS-72) and turned to the Earth with its measured orientation. How early or late the satellite may be is a 90 % "
    "bound learned from 2.4 million published sets, widened by known manoeuvres; where an observation by somebody else "
    "is given, the error of the set follows it. Angles are counted from the geodetic vertical on WGS84, the Sun is "
    "that of IAU SOFA, refraction is left out."
)
_MEANINGS = {
    "consistent": "stated time and orbit agree to within some seconds, ten at most; no picture is shown to exist",
    "possible": "nothing speaks against it",
    "inconsistent": "not as stated; another reading of the time may fit, and is named",
    "impossible": "below the horizon far outside all doubt, by night for a camera that needs light, or not in orbit",
    "undetermined": "the orbit is not known well enough, or something is missing; what is said with it",
}
_STYLE = """
.kept { white-space: nowrap; }
.words { margin: .8rem 0 0; font-size: .9rem; color: var(--soft); max-width: 60em; }
.words div { display: flex; gap: .6rem; margin: .2rem 0; }
.words dt { font-weight: 650; min-width: 7.2em; }
.words dd { margin: 0; }
.verdict { display: inline-block; padding: .1rem .55rem; border-radius: 4px; font-weight: 650; border: 1.5px solid; }
.verdict.impossible, .verdict.inconsistent { color: var(--red); }
.verdict.possible { color: var(--accent); }
.verdict.consistent { color: var(--green); }
.verdict.undetermined { color: var(--soft); }
.claim-at { fill: var(--truth); stroke: var(--paper); stroke-width: 1.5; }
.claim-during { fill: none; stroke: var(--truth); stroke-width: 6; stroke-linecap: round; }
.claim-place { stroke: var(--ink); stroke-width: 2.4; fill: none; }
.sky { fill: var(--sea); stroke: var(--soft); stroke-width: 1; }
.sun { fill: #f2b705; stroke: #8a5a00; stroke-width: 1; }
svg .mid { text-anchor: middle; }
.drawings { display: grid; grid-template-columns: minmax(0, 8fr) minmax(0, 5fr); gap: 1rem 1.5rem; align-items: start; }
.drawings svg { max-height: 560px; }
article { margin: 1.6rem 0 2.4rem; padding-top: 1rem; border-top: 1px solid var(--rule); break-inside: avoid-page; }
article h3 { font-size: 1.15rem; margin: 0 0 .3rem; }
.quote { border-left: 3px solid var(--rule); padding-left: .8rem; color: var(--soft); max-width: 46em; }
.hash { font-size: .8rem; word-break: break-all; }
@media (max-width: 720px) { .drawings { grid-template-columns: minmax(0, 1fr); } }
@media print { .drawings svg { max-height: 300px; } }
"""


def claims_page(
    dossier: Dossier,
    drawings: Mapping[str, Drawn],
    land: Sequence[Floats],
    *,
    files: Sequence[tuple[str, str]],
    reproduce: Sequence[str],
) -> str:
    """The page as text; the same dossier gives the same bytes.

    ``files`` are names and SHA-256 of what was read, ``reproduce`` the lines that make the page again.
    """
    sections = [
        ("claims", "Claim by claim", "".join(_article(v, drawings.get(v.id), dossier, land) for v in dossier.verdicts)),
        ("together", "All together", _together(dossier)),
        ("orbits", "Element sets used", _sets(dossier)),
        ("method", "Method", tag("p", esc(_METHOD))),
        ("limits", "Limits", tag("ul", *(tag("li", esc(text)) for text in LIMITS))),
        ("reproduce", "How to reproduce", _reproduce(files, reproduce)),
    ]
    body = [section(id, name, content) for id, name, content in sections if content]
    notes = [tag("p", esc(note), class_="lead") for note in dossier.file.notes]
    return document(
        dossier.file.title,
        tag("header", tag("h1", _kept(dossier.file.title)), *notes),
        tag("main", tag("section", _count(dossier), _summary(dossier), _words(dossier)), *body),
        tag("footer", tag("p", "Made by swath. Times are UTC unless a zone stands beside them.", class_="note")),
        style=_STYLE,
    )


def _kept(text: str) -> str:
    """Words with a hyphen stay in one line: a satellite's name is one."""
    return " ".join(tag("span", esc(word), class_="kept") if "-" in word else esc(word) for word in text.split())


def _count(dossier: Dossier) -> str:
    """How many claims came to which verdict, as a sentence."""
    found = [verdict.verdict for verdict in dossier.verdicts if not verdict.claim.anchors]
    told = [f"{found.count(word)} {word}" for word in _MEANINGS if word in found]
    number = f"{len(found)} claim{'s' if len(found) > 1 else ''}"
    return tag("p", tag("strong", esc(f"{number}: {', '.join(told)}.")), " ", esc(LIMITS[0]), class_="lead")


def _words(dossier: Dossier) -> str:
    """What the verdicts on this page mean."""
    found = {verdict.verdict for verdict in dossier.verdicts}
    rows = [tag("div", tag("dt", esc(word)), tag("dd", esc(said))) for word, said in _MEANINGS.items() if word in found]
    return tag("dl", *rows, class_="words")


def _badge(verdict: Verdict) -> str:
    return tag("span", esc(verdict.verdict), class_=f"verdict {verdict.verdict}")


def _summary(dossier: Dossier) -> str:
    rows = [
        (
            tag("a", esc(v.id), href=f"#claim-{number}"),
            _badge(v),
            _kept(_stamp(v.claim.moment.earliest)),
            esc(v.claim.place.id if v.claim.place else "-"),
            _angle(v.off_nadir_deg),
            "-" if v.miss_s is None else f"{v.miss_s:+,.0f}",
            "-" if v.closest_90_s is None else f"{v.closest_90_s:,.1f}",
            "-" if v.sun_elevation_deg is None else f"{v.sun_elevation_deg:.0f}",
        )
        for number, v in enumerate(dossier.verdicts)
    ]
    heads = (
        "claim",
        "verdict",
        "stated, UTC",
        "place",
        "off-nadir °",
        "closest less stated s",
        "orbit ± s (90 %)",
        "Sun °",
    )
    return table("What came of each claim", heads, rows, numeric=(4, 5, 6, 7))


def _stamp(at: np.datetime64) -> str:
    return format_utc(at)[:19].replace("T", " ")


def _angle(value: float | None) -> str:
    return "-" if value is None else "below horizon" if value >= 90.0 else f"{value:.1f}"


def _article(verdict: Verdict, drawn: Drawn | None, dossier: Dossier, land: Sequence[Floats]) -> str:
    claim = verdict.claim
    number = next(n for n, v in enumerate(dossier.verdicts) if v.id == verdict.id)
    parts = [tag("h3", esc(verdict.id), " ", _badge(verdict), id=f"claim-{number}")]
    reason = f". {_sentence(verdict.because[0])}." if verdict.because else "."
    parts.append(tag("p", tag("strong", esc(_sentence(verdict.says))), esc(reason)))
    who = f"{claim.who}: " if claim.who else ""
    if claim.text:
        parts.append(tag("p", esc(f"{who}{claim.text}"), class_="quote"))
    parts.append(_stated(verdict))
    if drawn is not None:
        figures = ground_map(verdict, drawn, land), sky_view(verdict, drawn)
        captions = (
            "Ground track by the minute (UTC); thick: the stated time; cross: the place; shaded: within reach of the "
            "camera at the middle of the stated time.",
            "The sky of the place, zenith in the middle; thick: the satellite at the stated time.",
        )
        pair = (tag("figure", one, tag("figcaption", esc(said))) for one, said in zip(figures, captions, strict=True))
        parts.append(tag("div", *pair, class_="drawings"))
    if verdict.tests:
        rows = [(esc(t.name), _outcome(t.outcome), esc(t.says)) for t in verdict.tests if t.outcome != "not asked"]
        parts.append(table("Tests", ("test", "outcome", "in numbers"), rows))
    if verdict.readings:
        parts.append(_readings(verdict))
    if verdict.orbit_because:
        parts.append(tag("p", esc(f"Orbit: {verdict.orbit_because}."), class_="note"))
    if claim.outcome:
        parts.append(tag("p", esc(f"Publicly known: {claim.outcome}.")))
    return tag("article", *parts)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].removesuffix(".")


def _outcome(word: str) -> str:
    return tag("span", esc(word), class_={"met": "green", "not met": "red"}.get(word))


def _stated(verdict: Verdict) -> str:
    claim, moment = verdict.claim, verdict.claim.moment
    place = claim.place
    where = "" if place is None else f"{place.id}, {place.lat_deg:.4f}° N {place.lon_deg:.4f}° E. "
    width = f" ({moment.because})" if moment.because else ""
    span = _stamp(moment.earliest)
    if moment.latest > moment.earliest:
        span += f" to {_stamp(moment.latest)}"
    sources = "; ".join(", ".join(p for p in (q.text, q.date, q.url) if p) for q in claim.sources)
    text = f"{where}Stated: {moment.words}, {moment.zone}, taken as {span} UTC{width}."
    return tag("p", esc(text + (f" Sources: {sources}." if sources else "")), class_="note")


def _readings(verdict: Verdict) -> str:
    rows = [
        (
            esc(one.name),
            f"{one.fits_probability:.0%}",
            esc(one.says),
            _angle(one.off_nadir_deg) if one.off_nadir_deg is not None else "-",
            _kept(_stamp(one.earliest)),
        )
        for one in verdict.readings
    ]
    heads = ("read as", "fits", "because", "off-nadir °", "from, UTC")
    return table("Readings of the stated time, and the share of the doubt that fits", heads, rows, numeric=(1, 3))


def _together(dossier: Dossier) -> str:
    parts = []
    if dossier.pairs:
        rows = [(esc(p.first), esc(p.second), esc(p.says), "fits" if p.fits else "does not fit") for p in dossier.pairs]
        parts.append(table("Two claims against each other", ("first", "second", "speed", ""), rows))
    return "".join([*parts, *(_fit(fit) for fit in dossier.fits)])


def _fit(fit: Fit) -> str:
    rows = [
        (
            esc(row.claim),
            _kept(_stamp(row.stated)),
            "-" if row.fitted is None else esc(format_utc(row.fitted, decimals=3)[11:21]),
            f"{row.residual_s:+.1f}",
            f"{row.left_out_s:+.1f}",
            _angle(row.off_nadir_deg),
        )
        for row in fit.rows
    ]
    heads = ("claim", "stated, UTC", "fitted", "residual s", "left out s", "off-nadir °")
    said = (
        f"{fit.satellite}: {fit.says}. Of single random times {fit.chance_times_probability:.1%} come as near to a "
        f"pass. Free are phase and mean motion ({fit.mean_motion_rev_day:.4f} rev/day); {fit.plane_because}. A "
        "residual `left out` is against the orbit fitted to the other claims."
    )
    return table(f"Joint fit of {fit.satellite}", heads, rows, numeric=(3, 4, 5)) + tag("p", esc(said))


def _sets(dossier: Dossier) -> str:
    used: dict[str, Elements] = {}
    published = []
    for verdict in dossier.verdicts:
        if isinstance(verdict.elements, Published):
            oem = verdict.elements.oem
            said = f"{oem.object_name}: positions from {format_utc(oem.span[0])} to {format_utc(oem.span[1])}"
            published.append(f"{said}, by {oem.originator or 'its owner'}, from {oem.source or 'a message'}.")
        elif verdict.elements is not None:
            one = verdict.elements
            used[f"{one.norad_id} {one.epoch}"] = one
    rows = [
        (
            esc(f"{one.name} ({one.norad_id})"),
            esc(format_utc(one.epoch, decimals=3)),
            f"{one.mean_motion_rev_day:.8f}",
            f"{one.inclination_deg:.4f}",
            f"{one.raan_deg:.4f}",
            f"{one.eccentricity:.7f}",
            esc(one.source),
        )
        for one in used.values()
    ]
    heads = ("satellite", "epoch, UTC", "rev/day", "inclination °", "node °", "eccentricity", "source")
    sets = table("Element sets that claims were held against", heads, rows, numeric=(2, 3, 4, 5)) if rows else ""
    return sets + "".join(tag("p", esc(text)) for text in dict.fromkeys(published))


def _reproduce(files: Sequence[tuple[str, str]], lines: Sequence[str]) -> str:
    rows = [(tag("code", esc(name)), tag("code", esc(digest), class_="hash")) for name, digest in files]
    read = table("What was read", ("file", "SHA-256"), rows) if rows else ""
    return tag("pre", esc("\n".join(lines))) + read
