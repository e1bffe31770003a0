"""Which column holds what: by its heading in several languages, checked against its values."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from interop.register import answers, dates, joints, sizes, stages, treatments
from interop.register.words import nothing_said, plain

IGNORE, ASK = "ignore", "ask"
FIELDS = (
    "mrn",
    "name",
    "family_name",
    "given_name",
    "born",
    "sex",
    "phone",
    "phone_other",
    "email",
    "joint",
    "side",
    "cause",
    "stage",
    "stage_system",
    "size",
    "kerboul_coronal",
    "kerboul_sagittal",
    "collapse_mm",
    "symptoms",
    "xray_on",
    "mri_on",
    "ct_on",
    "diagnosed_on",
    "review",
    "treatment",
    "treatment_on",
    "notes",
    IGNORE,
)
MANY = frozenset(("notes", "cause", "stage", "size", "treatment", "review", IGNORE, ASK))
"""Fields that several columns may share."""
DAYS = frozenset(("born", "xray_on", "mri_on", "ct_on", "diagnosed_on", "treatment_on"))
DATED = DAYS | {"treatment", "review"}
"""Columns whose dates count as evidence for the order of day and month."""
NEVER_READ = frozenset(
    (
        "is staff",
        "is superuser",
        "is admin",
        "clinic id",
        "clinic",
        "id",
        "pk",
        "uuid",
        "public id",
        "password",
        "role",
        "user id",
    )
)
SURE, LIKELY = 100, 45
NOT_THE_PATIENT = re.compile(
    r"\b(?:gp|doctor|dr|consultant|surgeon|physician|arzt|hausarzt|operateur|zuweiser|medecin|chirurgien|medico|cirujano|nok|next of kin|"
    r"relative|carer|insurance|insurer|versicherung|krankenkasse|kasse|mutuelle|seguro|address|adresse|direccion|referr\w*|entered by|seen by|"
    r"first seen|coordinator|nurse|hospital|ward|occupation|beruf|profession|interpreter|dolmetscher)\b"
)
"""Headings about somebody or something else: their values look like names, but are not this person's."""

HEADINGS: dict[str, str] = {
    "mrn": "mrn|hosp no|hospital no|hospital number|hospital nr|hosp number|patient no|patient number|patient id|patient nr|pat nr|pat no|pat id|patnr|"
    "patienten nr|patientennr|patientennummer|patienten id|medical record number|medical record no|record number|record no|chart|chart no|chart number|unit number|unit no|"
    "case number|fallnummer|fall nr|fallnr|krankenblatt nr|aktenzeichen|akte|nip|ipp|no dossier|n dossier|numero dossier|numero de dossier|num dossier|dossier|n patient|numero patient|no patient|id patient|"
    "nhc|nhs no|nhs number|historia|historia clinica|num historia|n historia|n historia clinica|numero historia|numero de historia|numero de historia clinica|no historia|nro historia|hc|n hc|expediente|"
    "ur|ur number|urn|crn|chi|mpi|study id|register no|registry id|identifier|kennung|identifiant|identificador|id paciente|patientnummer|patient identifier|dossiernummer|numero cartella|cartella",
    "name": "name|patient|patient name|patients name|full name|name of patient|patientenname|pat name|nom complet|nom et prenom|nom prenom|nom du patient|nombre completo|nombre y apellidos|"
    "apellidos y nombre|apellidos nombre|paciente|nombre del paciente|name vorname|nachname vorname|patient in|patientin|naam|nome|nome e cognome|paziente",
    "family_name": "surname|last name|family name|lastname|familyname|nachname|familienname|zuname|nom|nom de famille|nom de naissance|apellido|apellidos|primer apellido|cognome|achternaam|pt surname|patient surname|patient last name",
    "given_name": "first name|given name|forename|forenames|firstname|given names|givenname|vorname|vornamen|rufname|prenom|prenoms|nombre|nombres|nombre de pila|voornaam|patient first name|christian name",
    "born": "dob|d o b|date of birth|birth date|birthdate|birthday|born|geburtsdatum|geb datum|geb|gebdat|geboren|geboren am|geb am|date de naissance|naissance|date naissance|ddn|ne le|ne e le|nee le|fecha de nacimiento|fecha nacimiento|"
    "f nacimiento|fecha nac|f nac|fec nac|nacimiento|fdn|data di nascita|nato il|geboortedatum|d naissance",
    "sex": "sex|gender|m f|m w|geschlecht|geschl|sexe|genre|sexo|genero|sesso|geslacht|f m|h f",
    "phone": "mobile|mobile no|mobile number|mobile phone|cell|cell phone|cellphone|phone|phone no|phone number|telephone|telephone no|tel|tel no|telnr|contact no|contact number|contact|handy|handynummer|mobil|mobilnummer|"
    "telefon|telefonnummer|tel nr|rufnummer|portable|tel portable|telephone portable|mobile portable|movil|telefono|telefono movil|tel movil|tfno|tlf|celular|cellulare|telefoon|gsm|numero de telephone|no tel",
    "phone_other": "home phone|home tel|landline|home|work phone|second phone|alternative phone|phone 2|tel 2|telefon privat|telefon 2|festnetz|tel fixe|fixe|telephone fixe|telefono fijo|telefono 2|fijo|next of kin phone|nok phone",
    "email": "email|e mail|mail|email address|e mail address|mail address|e mail adresse|emailadresse|mailadresse|courriel|adresse mail|adresse email|mel|correo|correo electronico|posta elettronica|emailadres",
    "joint": "joint|joints|site|joint side|site side|joint and side|joint affected|affected joint|affected joints|location|body part|region|joint site|anatomical site|hip|hips|gelenk|gelenke|lokalisation|befallenes gelenk|betroffenes gelenk|gelenk seite|"
    "articulation|articulations|localisation|articulation atteinte|siege|site atteint|articulacion|articulaciones|localizacion|sitio|zona|gewricht|articolazione|sede|diagnosis site|bone",
    "side": "side|laterality|lat|side affected|affected side|l r|r l|seite|lateralitat|re li|r li|betroffene seite|cote|cote atteint|lateralite|cote d g|d g|lado|lateralidad|lado afecto|lato|zijde|kant|hip side|which side",
    "cause": "cause|causes|aetiology|etiology|risk factor|risk factors|exposure|exposures|aetiology risk|etiology risk|associated with|underlying|predisposing|ursache|ursachen|atiologie|aetiologie|risikofaktor|risikofaktoren|genese|"
    "etiologie|facteur de risque|facteurs de risque|causa|causas|etiologia|factor de riesgo|factores de riesgo|factor riesgo|oorzaak|eziologia",
    "stage": "stage|staging|grade|stage at dx|current stage|avn stage|on stage|arco|arco stage|arco grade|ficat|ficat stage|ficat arlet|ficat arlet stage|steinberg|steinberg stage|stadium|stadien|arco stadium|stadium arco|ficat stadium|grad|stade|stade arco|"
    "stade ficat|stade de ficat|grade arco|estadio|estadio arco|estadio ficat|estadiaje|estadiaje arco|grado|stadio|cruess|cruess stage|jic stage|stage arco|stage ficat|koshino|aglietti",
    "stage_system": "system|stage system|staging system|staging classification|classification|classification system|system used|scheme|klassifikation|stadiensystem|einteilung|systeme|systeme de classification|clasificacion|sistema|sistema de clasificacion|staging sys|classificatie|arco version|version",
    "size": "size|lesion size|necrosis size|size of lesion|extent|lesion extent|volume|necrotic volume|lesion volume|size volume|percent|percent of head|percent involved|involvement|head involvement|kerboul|kerboul angle|kerboul sum|combined necrotic angle|necrotic angle|jic|jic type|"
    "grosse|groesse|nekrosegrosse|nekrosegroesse|ausdehnung|lasionsgrosse|nekrosevolumen|anteil|taille|taille lesion|taille de la lesion|etendue|volume lesion|tamano|tamano lesion|tamano de la lesion|extension|volumen|porcentaje|grootte|angle de kerboul|angulo de kerboul|kerboul winkel|size percent|nekrose|necrosis",
    "kerboul_coronal": "kerboul coronal|kerboul cor|coronal angle|coronal|coronal arc|angle coronal|koronar|koronarer winkel|angulo coronal",
    "kerboul_sagittal": "kerboul sagittal|kerboul sag|sagittal angle|sagittal|sagittal arc|angle sagittal|sagittaler winkel|angulo sagital|sagital",
    "collapse_mm": "collapse mm|collapse|depression|depression mm|head depression|einsinken|einbruch|einbruch mm|enfoncement|hundimiento|colapso mm|flattening mm",
    "symptoms": "sympt|symptoms|symptom|symptomatic|asymptomatic|pain|painful|symptomatic y n|pain y n|symptome|symptomatik|symptomatisch|schmerz|schmerzen|beschwerden|symptomes|symptomatique|douleur|douleurs|douloureux|asymptomatique|asymptomatisch|"
    "asintomatico|sintomas|sintoma|sintomatico|dolor|dolores|klachten|pijn|sintomi|dolore",
    "xray_on": "last xr|last x ray|last xray|x ray|xray|xr|x rays|xr date|x ray date|xray date|date of x ray|date of last x ray|last radiograph|radiograph|last film|last plain film|plain film|last xr date|last x ray date|dx|cr|"
    "rontgen|roentgen|letztes rontgen|letztes roentgen|rontgen am|rontgendatum|datum rontgen|letzte rontgenaufnahme|rontgenbild|rx|radio|derniere radio|dernier rx|derniere rx|radiographie|derniere radiographie|date radio|date derniere radio|"
    "radiografia|ultima radiografia|ultima rx|fecha rx|fecha radiografia|rx fecha|fecha ultima radiografia|fecha ultima rx|laatste rontgen|ultima radiografia data",
    "mri_on": "last mri|mri|mr|mri date|date of mri|date of last mri|last mr|last mri date|mri scan|last mri scan|mrt|letztes mrt|mrt am|mrt datum|datum mrt|letzte mrt|kernspin|irm|derniere irm|date irm|date derniere irm|"
    "rm|rmn|ultima rm|ultima rmn|ultima resonancia|resonancia|fecha rm|fecha rmn|fecha resonancia|resonancia magnetica|fecha ultima rm|laatste mri|risonanza|rmi",
    "ct_on": "last ct|ct|ct date|date of ct|ct scan|letztes ct|ct datum|scanner|dernier scanner|tdm|tac|ultimo tac|fecha tac|tc",
    "diagnosed_on": "diagnosed|date of diagnosis|diagnosis date|dx date|date dx|diagnosed on|diagnosis made|date diagnosed|date of dx|diagnosedatum|diagnose datum|erstdiagnose|ed|diagnose am|date de diagnostic|date du diagnostic|date diagnostic|"
    "fecha de diagnostico|fecha diagnostico|fecha dx|diagnosticado|onset|date of onset|symptom onset",
    "review": "next review|review|next rv|next appointment|next appt|next visit|next follow up|follow up|followup|follow up interval|f u|fu|next fu|next f u|next due|next imaging|recall|review due|review interval|nachste kontrolle|naechste kontrolle|kontrolle|wiedervorstellung|"
    "wv|kontrolle in|nachster termin|naechster termin|prochaine visite|prochain controle|prochain rdv|prochain suivi|suivi|controle|rdv|prochaine consultation|proxima revision|proxima visita|proxima cita|proximo control|revision|seguimiento|cita|control|volgende controle|status",
    "treatment": "surgery|surgeries|operation|operations|op|procedure|procedures|treatment|treatments|intervention|surgical treatment|surgery done|previous surgery|prior surgery|past surgery|therapie|behandlung|eingriff|operation en|opiert|operationen|voroperation|"
    "chirurgie|traitement|geste|geste chirurgical|traitement chirurgical|interventions|cirugia|cirugias|tratamiento|intervencion|procedimiento|operatie|intervento|chirurgia|surgery type|op art|type of surgery",
    "treatment_on": "surgery date|date of surgery|operation date|date of operation|op date|procedure date|date of procedure|treatment date|op datum|opdatum|operationsdatum|datum op|datum operation|op am|date operation|date de l operation|date intervention|date d intervention|"
    "date chirurgie|date de chirurgie|fecha cirugia|fecha de cirugia|fecha operacion|fecha intervencion|fecha iq|fecha de la cirugia|operatiedatum|data intervento",
    "notes": "notes|note|comment|comments|remarks|remark|free text|details|other|misc|additional|info|notizen|notiz|bemerkung|bemerkungen|anmerkung|anmerkungen|kommentar|sonstiges|remarques|remarque|commentaire|commentaires|observations|observation|"
    "observaciones|observacion|notas|nota|comentarios|comentario|opmerkingen|clinical notes",
}
PHRASES = {phrase: name for name, phrases in HEADINGS.items() for phrase in phrases.split("|")}


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    heading: str
    field: str
    """ignore, ask (a person is asked), or one of FIELDS"""
    sample: str
    filled: int
    dangerous: bool = False
    """A heading like `is_staff`: never read, whatever it holds."""


def bare_heading(text: str) -> str:
    """ "Röntgen (letztes)" as "rontgen letztes", "lastXray" as "last xray"."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", text)
    return " ".join(re.findall(r"[a-z0-9%]+", plain(apart)))


def field_of_heading(text: str) -> tuple[str, int]:
    """The field that a heading names and how surely (0 to 100)."""
    said = re.sub(r"\b(?:dd|mm|yyyy|yy|jjjj|aaaa|tt) ", "", f"{bare_heading(text)} ").strip()
    said = re.sub(r"(?: (?:dd|mm|yyyy|yy|jjjj|tt|aaaa|jj))+$", "", said)
    if said in PHRASES:
        return PHRASES[said], SURE
    words = said.split()
    best, surest = "", 0
    for size in range(len(words), 0, -1):
        for start in range(len(words) - size + 1):
            phrase = " ".join(words[start : start + size])
            points = 50 + 10 * size - 3 * start
            if phrase in PHRASES and len(phrase) > 1 and points > surest:
                best, surest = PHRASES[phrase], points
    return best, min(surest, 90)


def is_heading_row(cells: Sequence[str]) -> int:
    """How many cells name a field: 0 for a row of data or a title."""
    return sum(field_of_heading(cell)[1] >= SURE - 30 for cell in cells if cell.strip() and len(cell) < 60)


def guess_columns(headings: Sequence[str], samples: Sequence[Sequence[str]], *, today: date) -> tuple[ColumnGuess, ...]:
    """One guess for each column. `samples` are the values of each column, some hundreds of them."""
    scores: list[tuple[float, int, str]] = []
    dangerous = {at for at, heading in enumerate(headings) if bare_heading(heading) in NEVER_READ}
    for at, heading in enumerate(headings):
        named, surety = field_of_heading(heading)
        values = [value for value in samples[at] if not nothing_said(value)][:300]
        for name in FIELDS:
            if at in dangerous or name == IGNORE or (name != named and NOT_THE_PATIENT.search(bare_heading(heading))):
                continue
            fit = _fit(name, values, heading, today)
            points = (surety if name == named else 0) + 50 * fit
            if name == named and surety < SURE and values and fit < 0.3:
                points -= 60  # the heading seems to say so, the values say otherwise
            if points >= LIKELY and (name == named or fit >= 0.8):
                scores.append((points, at, name))
    chosen = _assign(scores)
    chosen = _names_together(chosen)
    return tuple(
        ColumnGuess(
            heading.strip(),
            IGNORE if at in dangerous else chosen.get(at, ASK if samples[at] else IGNORE),
            next((value.strip() for value in samples[at] if not nothing_said(value)), ""),
            len(samples[at]),
            at in dangerous,
        )
        for at, heading in enumerate(headings)
    )


def _assign(scores: list[tuple[float, int, str]]) -> dict[int, str]:
    """One field for each column, the surest first. Two headings that both name a field are two columns of
    it where a field may have several; a field found by values alone has one."""
    chosen: dict[int, str] = {}
    by_part = {"family_name", "given_name"} <= {name for _, _, name in scores}
    scores = [score for score in scores if not (by_part and score[2] == "name")]
    for points, at, name in sorted(scores, key=lambda score: (-score[0], score[1])):
        taken = name in chosen.values() and (name not in MANY or points < SURE)
        if at not in chosen and not taken:
            chosen[at] = name
    return chosen


def _names_together(chosen: dict[int, str]) -> dict[int, str]:
    """ "Name" beside "Vorname" is the family name; "Nom" or "Nombre" alone is the whole name."""
    names = set(chosen.values())
    if "name" in names and "given_name" in names and "family_name" not in names:
        return {at: "family_name" if name == "name" else name for at, name in chosen.items()}
    if "name" not in names and len(names & {"given_name", "family_name"}) == 1:
        return {at: "name" if name in ("given_name", "family_name") else name for at, name in chosen.items()}
    return chosen


def _fit(name: str, values: Sequence[str], heading: str, today: date) -> float:
    """The part of the values that can be read as this field; 0 where values say little."""
    test = _tests(heading, today).get(name)
    return sum(map(test, values)) / len(values) if test and values else 0.0


def _tests(heading: str, today: date) -> dict[str, Callable[[str], bool]]:
    def a_day(value: str) -> bool:
        said = dates.read_day(value, order="", today=today)
        if said.serial:  # five digits are a day number only where the heading speaks of a day
            return field_of_heading(heading)[0] in DAYS
        return said.fault in ("", "order_unclear", "order_other", "impossible", "century_unclear")

    def a_stage(value: str) -> bool:
        said = stages.read_stage(value, heading=heading)
        return bool(said.stage) or said.fault in ("value_unknown", "version_unknown")

    named_days = dict.fromkeys(DAYS, a_day) if field_of_heading(heading)[0] in DAYS else {}
    return {
        **named_days,
        "mrn": lambda value: (
            bool(re.fullmatch(r"\s*'?(?=\S*\d)[\w./-]{2,30}\s*", value)) and not a_day(value)
            if not re.fullmatch(r"\s*\d+\s*", value)
            else True
        ),
        "name": lambda value: (
            bool(re.fullmatch(r"[^\d@;:=]{2,80}", value))
            and (
                field_of_heading(heading)[0] == "name"
                or (bool(re.search(r"[ ,]", value.strip())) and not joints.sites_in(value))
            )
        ),
        "sex": lambda value: bool(answers.read_sex(value)),
        "phone": lambda value: (
            bool(re.search(r"^\W*\+?[\d ()/.,;-]{7,40}", value))
            and len(re.sub(r"\D", "", value)) >= 8
            and not a_day(value)
        ),
        "email": lambda value: "@" in value,
        "joint": lambda value: bool(joints.sites_in(value)) and len(value) < 60,
        "side": lambda value: (
            bool(joints.sides_in(value, column_of_sides=True)) and len(value) < 20 and not joints.sites_in(value)
        ),
        "stage": a_stage,
        "stage_system": lambda value: bool(stages.read_system(value)[0]) and not a_stage(value),
        "size": lambda value: (
            (said := sizes.read_size(value, heading=heading)).size.measured
            or bool(said.notes)
            or said.fault == "unit_missing"
        ),
        "symptoms": lambda value: answers.read_symptoms(value) in ("yes", "no"),
        "review": lambda value: answers.read_review(value).kind in ("interval", "discharged", "ended") or a_day(value),
        "treatment": lambda value: any(said.code for said in treatments.read_treatments(value, order="", today=today)),
        "treatment_on": a_day if field_of_heading(heading)[0] == "treatment_on" else _never,
        "cause": lambda value: bool(answers.read_exposures(value).kinds) and answers.read_exposures(value).read,
        "notes": lambda _value: field_of_heading(heading)[0] == "notes",
        "family_name": lambda value: (
            bool(re.fullmatch(r"[^\d@;:=]{1,60}", value)) and field_of_heading(heading)[0] == "family_name"
        ),
        "given_name": lambda value: (
            bool(re.fullmatch(r"[^\d@;:=]{1,60}", value)) and field_of_heading(heading)[0] == "given_name"
        ),
        "kerboul_coronal": lambda value: (
            sizes.number(value.replace("°", "")) is not None and field_of_heading(heading)[0] == "kerboul_coronal"
        ),
        "kerboul_sagittal": lambda value: (
            sizes.number(value.replace("°", "")) is not None and field_of_heading(heading)[0] == "kerboul_sagittal"
        ),
        "collapse_mm": lambda value: (
            sizes.number(value.lower().replace("mm", "")) is not None and field_of_heading(heading)[0] == "collapse_mm"
        ),
        "phone_other": lambda value: field_of_heading(heading)[0] == "phone_other" and bool(re.search(r"\d{3}", value)),
    }


def _never(_value: str) -> bool:
    return False
