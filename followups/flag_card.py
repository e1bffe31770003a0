"""One flag as its card prints it: what the rule saw, what else is known, and what is planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import access, clock
from accounts.models import Clinic, User
from accounts.templatetags.words import age, away, clock_time, day, moment, phone
from clinical.worsening import DEFAULT
from followups import charts, facts, flag_queue, flag_words, flagging, safety, tripwire, words
from followups.flag_words import Threshold
from followups.models import Flag, FollowUp, JointPlan
from patients.models import Finding, Joint, PainLog, Seen

RED = Flag.Severity.RED
BEFORE = timedelta(days=35)  # shown before what the rule used
PATTERNS: dict[str, Promise | str] = {
    "at_rest": gettext_lazy("Pain at rest"),
    "at_night": gettext_lazy("Pain at night"),
    "on_weight": gettext_lazy("Pain on weight"),
    "locking": gettext_lazy("Locking, catching or giving way"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    number: str
    note: str


@dataclass(frozen=True, slots=True)
class Told:
    """The entry behind a red flag, and what the patient was told at once."""

    entry: str
    told: str
    also: str


@dataclass(slots=True)
class Card:
    """All text is ready to print."""

    flag: Flag
    severity_words: str
    clock: str
    past: bool
    mine: bool
    owner: str  # a name, or empty: nobody has taken it
    on_duty: str
    since: str
    facts: str
    sentence: SafeString
    figures: list[Figure]
    picture: charts.Picture | None
    also: list[str]
    images: list[str]
    planned: list[str]
    protocol_line: str
    rule: str
    clears: str
    thresholds: list[Threshold]
    history: list[tuple[str, str]]
    tel: str
    number: str
    about: str
    told: Told | None
    taken_back: bool
    follow_up: FollowUp | None
    lead: str
    proposal: tripwire.Proposal | None
    undo: str  # what was asked for and can be taken back
    usual_words: str
    line_words: str


def card(flag: Flag, *, clinic: Clinic, user: User, role: str, now: datetime) -> Card:
    """Reads the joint's diary of the months around the flag, its newest images, and the live follow-up."""
    today, evidence = clock.day_of(now, clinic), flag.evidence
    logs = _logs(flag)
    follow_up = FollowUp.objects.live().filter(joint=flag.joint).select_related("owner", "brought_forward_by").first()
    plan = JointPlan.objects.filter(joint=flag.joint).first()
    findings = _findings(flag.joint)
    duty = flagging.on_duty(clinic)
    patient = flag.patient
    tel = patient.phone or patient.other_phone
    return Card(
        flag=flag,
        severity_words=_severity(flag, clinic, today),
        clock=flag_queue.long_clock(flag, clinic, now=now),
        past=flag.due_at < now,
        mine=flag.owner_id == user.pk,
        owner=str(flag.owner) if flag.owner else "",
        on_duty=str(duty) if duty else "",
        since=moment(flag.claimed_at, today),
        facts=_facts(flag, plan, findings, today),
        sentence=flag_words.sentence(flag, today=today),
        figures=_figures(flag, logs, today),
        picture=_picture(flag, logs, today) if _has_curve(flag) else None,
        also=[*_also(flag, logs, today), *_infection(flag, role)],
        images=[_image(finding, today) for finding in findings[:2]],
        planned=_planned(follow_up, today),
        protocol_line=_protocol(plan, follow_up, today),
        rule=_("Rule %(number)s, “%(name)s”, version %(version)s, thresholds version %(policy)s.")
        % {
            "number": flag.rule,
            "name": flag_words.rule_name(evidence),
            "version": evidence.get("version", 1),
            "policy": flag.policy_version,
        },
        clears=flag_words.clears(evidence),
        thresholds=flag_words.thresholds(evidence),
        history=[(moment(e.at, today), flag_words.event(e)) for e in flag.events.select_related("by").order_by("at")],
        tel=tel,
        number=phone(tel, clinic.country) if tel else "",
        about=_about(flag),
        told=_told(flag, clinic, logs, today) if flag.severity == RED else None,
        taken_back=flag.logs.filter(entered_in_error=True).exists(),
        follow_up=follow_up,
        lead=_lead(flag, clinic, today),
        proposal=tripwire.proposed(flag, plan, follow_up, today=today),
        undo=_undo(flag, today),
        usual_words=_usual_words(flag, today),
        line_words=_line_words(flag),
    )


def _severity(flag: Flag, clinic: Clinic, today: date) -> str:
    is_today = clock.day_of(flag.due_at, clinic) <= today
    within = {
        "red": _("Red: today") if is_today else _("Red: by the next opening day"),
        "amber": _("Amber: within 5 working days"),
        "yellow": _("Yellow: within 14 working days"),
    }
    return within[flag.severity]


def _lead(flag: Flag, clinic: Clinic, today: date) -> str:
    """Who hears of it when nobody answers, and when; or that they were told."""
    if flag.closed_at:
        return ""
    if flag.escalated_at:
        return _("Not answered in time: the lead was told %(moment)s.") % {"moment": moment(flag.escalated_at, today)}
    if flag.escalates_at and not flag.owner_id:
        return _("If nobody takes it, the lead is told %(moment)s.") % {"moment": moment(flag.escalates_at, today)}
    return ""


def _undo(flag: Flag, today: date) -> str:
    asked = flagging.asked_imaging(flag)
    if asked is None:
        return ""
    return _("%(who)s asked for %(what)s, %(moment)s.") % {
        "who": asked.by,
        "what": asked.note,
        "moment": moment(asked.at, today),
    }


def _about(flag: Flag) -> str:
    patient = flag.patient
    language = words.language_name(patient.language)
    return ". ".join(filter(None, (language and _("Speaks %(language)s") % {"language": language}, patient.best_hours)))


# --- The joint -------------------------------------------------------------------------------------------------------
def _facts(flag: Flag, plan: JointPlan | None, findings: Sequence[Finding], today: date) -> str:
    group = str(words.GROUPS[plan.group]) if plan and plan.group else _("group not known")
    stage = next((_stage(f) for f in findings if f.stage_value), _("not staged"))
    return " · ".join(filter(None, (age(flag.patient.born, today), flag.patient.mrn, group, stage)))


def _stage(finding: Finding) -> str:
    version = f" ({finding.stage_version})" if finding.stage_version else ""
    return f"{finding.stage_system} {finding.stage_value}{version}".strip()


def _findings(joint: Joint) -> list[Finding]:
    rows = Finding.objects.filter(joint=joint, entered_in_error=False, study__entered_in_error=False)
    return list(rows.select_related("study").order_by("-study__made_on", "-pk")[:8])


def _image(finding: Finding, today: date) -> str:
    study = finding.study
    seen = [
        f"{finding.volume_percent:g} % {_('of head')}" if finding.volume_percent is not None else "",
        f"{finding.collapse_mm:g} mm {_('depression')}" if finding.collapse_mm is not None else "",
        _stage(finding) if finding.stage_value else "",
        *(
            word
            for name, word in (
                ("oedema", _("oedema")),
                ("effusion", _("effusion")),
                ("subchondral_fracture", _("subchondral fracture")),
            )
            if getattr(finding, name) == Seen.YES
        ),
    ]
    said = ", ".join(filter(None, seen)) or _("nothing noted for this joint")
    read = _("Read by %(name)s") % {"name": study.read_by} if study.read_by else ""
    state = read if study.reviewed_at else _("not reviewed")
    head = f"{study.get_modality_display()} {day(study.made_on, today)} ({away((study.made_on - today).days)}): {said}"
    return ". ".join(filter(None, (head, state)))


def _planned(follow_up: FollowUp | None, today: date) -> list[str]:
    if follow_up is None:
        return [_("No follow-up is planned for this joint.")]
    owner = str(follow_up.owner) if follow_up.owner else _("Coordinators")
    exam = words.exam(tuple(follow_up.studies), follow_up.joint.site)
    target = follow_up.target_on
    lines = [
        _("Planned: %(exam)s, target %(day)s, %(away)s, %(owner)s")
        % {"exam": exam, "day": day(target, today), "away": away((target - today).days), "owner": owner}
    ]
    if follow_up.brought_forward_to:
        exam = words.exam(tuple(follow_up.brought_forward_studies), follow_up.joint.site)
        lines.append(
            _("Brought forward: %(exam)s by %(day)s, asked for by %(by)s; stands until %(until)s")
            % {
                "exam": exam,
                "day": day(follow_up.brought_forward_to, today),
                "by": follow_up.brought_forward_by,
                "until": day(follow_up.brought_forward_until, today),
            }
        )
    return lines


def _protocol(plan: JointPlan | None, follow_up: FollowUp | None, today: date) -> str:
    """What the protocol would do by itself, and when."""
    if plan is None or not plan.clocks:
        return ""
    asked = [f"{words.STUDIES[c['study']]} {day(date.fromisoformat(c['target']), today)}" for c in plan.clocks]
    if follow_up:
        asked[0] += f" ({day(follow_up.opens_on, today)} – {day(follow_up.closes_on, today)})"
    return _("The protocol would ask for: %(asked)s. Nothing booked is moved without you.") % {
        "asked": ", ".join(asked)
    }


# --- The diary -------------------------------------------------------------------------------------------------------
def _decided_on(flag: Flag) -> date:
    at = flag.evidence.get("at")
    return (datetime.fromisoformat(at) if at else flag.opened_at).astimezone(flag.patient.zone).date()


def _began_on(flag: Flag) -> date:
    began = flag.evidence.get("began_on")
    return date.fromisoformat(began) if began else _decided_on(flag)


def _logs(flag: Flag) -> list[PainLog]:
    """Entries from a month before the change on, those taken back left out, oldest first."""
    since = min(_began_on(flag), _decided_on(flag) - timedelta(days=DEFAULT.recent_days)) - BEFORE
    rows = PainLog.objects.filter(joint=flag.joint, entered_in_error=False, felt_at__date__gte=since)
    return list(rows.order_by("felt_at"))


def _on(log: PainLog, flag: Flag) -> date:
    return log.felt_at.astimezone(flag.patient.zone).date()


def _recent(flag: Flag, logs: Sequence[PainLog]) -> tuple[date, date, list[int]]:
    """The days up to the one that decided, and what was felt on them."""
    until = _decided_on(flag)
    since = until - timedelta(days=DEFAULT.recent_days - 1)
    return since, until, [log.nrs for log in logs if since <= _on(log, flag) <= until]


def _usual_span(flag: Flag, logs: Sequence[PainLog]) -> tuple[date, date, int]:
    until = _began_on(flag) - timedelta(days=1)
    since = until - timedelta(days=27)
    return since, until, sum(since <= _on(log, flag) <= until for log in logs)


def _findings_of(flag: Flag) -> list[dict[str, Any]]:
    return [flag.evidence, *flag.hits]


def _usual(flag: Flag) -> float | None:
    """The usual level as the rules knew it: of the rule that speaks, else of another that spoke with it."""
    return next((hit["usual"] for hit in _findings_of(flag) if hit.get("usual") is not None), None)


def _has_curve(flag: Flag) -> bool:
    return _usual(flag) is not None or flag.rule in (7, 8, 9, 10, 13, 15)


def _figures(flag: Flag, logs: Sequence[PainLog], today: date) -> list[Figure]:
    """What it was lately, what it usually is, and the difference that the rule looks at."""
    usual = _usual(flag)
    since, until, felt = _recent(flag, logs)
    if not felt and usual is None:
        return []
    span = _("%(since)s – %(until)s") % {"since": day(since, today), "until": day(until, today)}
    recent = median(felt) if felt else None
    entries = ngettext("median of %(n)s entry", "median of %(n)s entries", len(felt)) % {"n": len(felt)}
    found = [
        Figure(_("7 days, %(span)s") % {"span": span}, flag_words.plain(recent) if felt else _("not known"), entries)
    ]
    days = next((hit.get("usual_days", 0) for hit in _findings_of(flag) if hit.get("usual") is not None), 0)
    learnt = ngettext("learnt from %(n)s day with an entry", "learnt from %(n)s days with an entry", days) % {"n": days}
    frozen = _("Usual before %(day)s, kept still") % {"day": day(_began_on(flag), today)}
    found.append(
        Figure(frozen, flag_words.plain(float(usual)) if usual is not None else _("not known"), learnt if days else "")
    )
    if usual is not None and recent is not None:
        points = flag_words.plain(round(float(recent) - usual, 1))
        points = points if points.startswith("-") else f"+{points}"
        found.append(Figure(_("Difference"), _("%(n)s points") % {"n": points}, _review_from(flag)))
    return found


def _line_above_usual(flag: Flag) -> float | None:
    """How many points above usual the rule begins to look; None: it looks at something else."""
    thresholds = flag.evidence.get("thresholds") or {}
    names = {6: "sudden_rise", 7: "small_step", 13: "small_step"}
    value = thresholds.get(names.get(flag.rule, ""))
    return None if value is None else float(value)


def _usual_words(flag: Flag, today: date) -> str:
    usual = _usual(flag)
    if usual is None:
        return ""
    counts = {"n": flag_words.plain(float(usual)), "day": day(clock.day_of(flag.opened_at, flag.clinic), today)}
    return _("usual %(n)s (kept still since %(day)s)") % counts


def _line_words(flag: Flag) -> str:
    usual, above = _usual(flag), _line_above_usual(flag)
    if usual is None or above is None:
        return ""
    return _("review line %(n)s") % {"n": flag_words.plain(round(min(usual + above, 10.0), 1))}


def _review_from(flag: Flag) -> str:
    above = _line_above_usual(flag)
    return "" if above is None else _("review from +%(n)s") % {"n": flag_words.plain(above)}


def _picture(flag: Flag, logs: Sequence[PainLog], today: date) -> charts.Picture:
    used = {entry["key"] for entry in flag.evidence.get("entries", ())}
    usual, above = _usual(flag), _line_above_usual(flag)
    since, until, felt = _recent(flag, logs)
    first, last, before = _usual_span(flag, logs)
    n_felt = ngettext("%(n)s entry", "%(n)s entries", len(felt)) % {"n": len(felt)}
    n_before = ngettext("%(n)s entry", "%(n)s entries", before) % {"n": before}
    recent_words = _("7 days: %(entries)s") % {"entries": n_felt}
    if felt:
        recent_words += ", " + _("median %(n)s") % {"n": flag_words.plain(median(felt))}
    usual_words = _("before: %(since)s – %(until)s, %(entries)s") % {
        "since": day(first, today),
        "until": day(last, today),
        "entries": n_before,
    }
    seen = charts.Evidence(
        side=flag.joint.side,
        name=str(flag.joint),
        points=[charts.Point(_on(log, flag), log.nrs, str(log.public_id) in used) for log in logs],
        opened_on=clock.day_of(flag.opened_at, flag.clinic),
        usual_span=charts.Span(first, last, usual_words) if usual is not None and before else None,
        recent_span=charts.Span(since, until, recent_words) if felt else None,
        usual=usual,
        review_line=min(usual + above, 10.0) if usual is not None and above is not None else None,
    )
    return charts.evidence(seen, today=today)


def _also(flag: Flag, logs: Sequence[PainLog], today: date) -> list[str]:
    """What was reported beside the number, lately and before; and which other rules spoke."""
    until = max((_on(log, flag) for log in logs), default=today)
    lately = [log for log in logs if _on(log, flag) > until - timedelta(days=7)]
    before = [log for log in logs if until - timedelta(days=35) < _on(log, flag) <= until - timedelta(days=7)]
    lines = [
        _pattern(word, name, lately, before) for name, word in PATTERNS.items() if any(getattr(x, name) for x in lately)
    ]
    lines += _aids(lately, before)
    ticked = [str(safety.TICKED[box]) for box in safety.URGENT if any(getattr(log, box) for log in lately)]
    lines.append(
        _("Red boxes ticked: %(boxes)s") % {"boxes": ", ".join(ticked)}
        if ticked
        else _("No red box ticked in these 7 days")
    )
    if painkiller := sum(log.painkiller is True for log in lately):
        lines.append(
            ngettext("Painkiller taken on %(n)s day", "Painkiller taken on %(n)s days", painkiller) % {"n": painkiller}
        )
    lines += [
        _("Rule %(number)s as well: %(line)s")
        % {"number": hit["rule"], "line": flag_words.hit_line(hit, flag, today=today)}
        for hit in flag.hits
        if hit.get("rule") not in (None, flag.rule)
    ]
    notes = [log.note for log in lately if log.note]
    lines += [_("Note: “%(note)s”") % {"note": note[:200]} for note in notes[-2:]]
    return lines


def _infection(flag: Flag, role: str) -> list[str]:
    """What makes a fever more of a concern (rule 3). Sensitive exposures are read for clinicians only."""
    fevers = [hit for hit in _findings_of(flag) if hit.get("rule") == 3]
    if not fevers:
        return []
    codes = {code: None for hit in fevers for code in hit["why"]["params"].get("risks", ())}
    if role in access.CLINICIANS:
        codes |= dict.fromkeys(facts.sensitive_risks(flag.patient_id))
    if not codes:
        return [_("No risk of infection is on record. Diabetes is not recorded here: ask.")]
    named = ", ".join(str(flag_words.INFECTION_RISKS.get(code, code)) for code in codes)
    return [_("Higher concern for infection: %(risks)s") % {"risks": named}]


def _pattern(word: Promise | str, name: str, lately: Sequence[PainLog], before: Sequence[PainLog]) -> str:
    counts = {"word": word, "n": sum(getattr(log, name) for log in lately), "all": len(lately)}
    counts |= {"m": sum(getattr(log, name) for log in before), "old": len(before)}
    return _("%(word)s in %(n)s of the last %(all)s entries, in %(m)s of %(old)s in the 28 days before") % counts


def _aids(lately: Sequence[PainLog], before: Sequence[PainLog]) -> list[str]:
    now = max((log.aid for log in lately if log.aid is not None), default=None)
    was = max((log.aid for log in before if log.aid is not None), default=None)
    if now is None:
        return []
    said = PainLog.Aid(now).label
    if was is not None and was != now:
        return [_("Walking aid: %(now)s, before: %(was)s") % {"now": said, "was": PainLog.Aid(was).label}]
    return [_("Walking aid: %(now)s") % {"now": said}]


# --- Red -------------------------------------------------------------------------------------------------------------
def _told(flag: Flag, clinic: Clinic, logs: Sequence[PainLog], today: date) -> Told | None:
    keys = [entry["key"] for entry in flag.evidence.get("entries", ())]
    log = PainLog.objects.filter(public_id__in=keys).select_related("entered_by").order_by("-felt_at").first()
    if log is None:
        return None
    ticked = [box for box in safety.URGENT if getattr(log, box)]
    where = _("by phone, by %(name)s") % {"name": log.entered_by} if log.by_phone else _("on the screen")
    told = _("no red box was ticked, so nothing was said at once")
    if answer := safety.answer(ticked, clinic, now=log.entered_at):
        numbers = ", ".join(phone(call.number, clinic.country) for call in answer.calls)
        told = _("%(time)s, %(where)s: phone now (%(numbers)s). %(until)s") % {
            "time": moment(log.entered_at, today),
            "where": where,
            "numbers": numbers,
            "until": " ".join(answer.until_then),
        }
        told += " " + _("No call is noted yet.") * (not flag.events.filter(what="contacted").exists())
    others = [str(safety.TICKED[box]) for box in safety.URGENT if not getattr(log, box)]
    usual = _usual(flag)
    entry = _("%(nrs)s out of 10 at %(at)s, usual %(usual)s") % {
        "nrs": log.nrs,
        "at": f"{clock_time(log.felt_at)}, {day(_on(log, flag), today)}",
        "usual": flag_words.plain(usual) if usual is not None else _("not known"),
    }
    return Told(entry, told, _("Not ticked: %(boxes)s") % {"boxes": ", ".join(others)})
