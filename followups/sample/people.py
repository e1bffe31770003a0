"""Made-up people: names of many kinds, numbers reserved for fiction, addresses that reach nobody."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

FAMILY = [
    "Abara",
    "Achterberg",
    "Adeyemi",
    "Aldous",
    "Al-Masri",
    "Aydemir",
    "Bakkenes",
    "Boateng",
    "Castellanos",
    "Cheng",
    "Dacanay",
    "Dahlgren",
    "Demir",
    "Eriksen",
    "Farouk",
    "Featherstonehaugh",
    "Fernandes",
    "Grabowska",
    "Haddadi",
    "Halvorsen",
    "Hughes",
    "Ibáñez",
    "Iyer",
    "Jansen",
    "Kaya",
    "Keogh",
    "Kowalczyk",
    "Lindqvist",
    "Mac-Giolla",
    "Marchetti",
    "Mbeki",
    "Morinaga",
    "Müller",
    "Nakamura",
    "Nguyen",
    "Nowak",
    "O’Connor",
    "Okafor",
    "Okonjo",
    "Oyelaran",
    "Papadaki",
    "Park",
    "Patel",
    "Petrov",
    "Raghunathan",
    "Rautavaara",
    "Rossi",
    "Sandhu",
    "Sarr",
    "Silva",
    "Şahin",
    "Teixeira",
    "Tremblay",
    "Vukšić",
    "Wielgosz",
    "Wójcik",
    "Yilmaz",
    "Zhang",
]
WOMEN = [
    "Adaeze",
    "Agnieszka",
    "Aïcha",
    "Amina",
    "Beatriz",
    "Chidinma",
    "Chloé",
    "Danuta",
    "Elif",
    "Fátima",
    "Greta",
    "Hana",
    "Ines",
    "Ingrid",
    "Jana",
    "Keiko",
    "Léa",
    "Leyla",
    "Lucía",
    "Maeve",
    "Marisol",
    "Mirela",
    "Nadia",
    "Noor",
    "Oona",
    "Priya",
    "Rosa",
    "Samira",
    "Siân",
    "Siobhán",
    "Thanh",
    "Wilhelmina",
    "Ximena",
    "Yuki",
    "Zofia",
]
MEN = [
    "Adebayo",
    "Arjun",
    "Bartholomew",
    "Björn",
    "Carlos",
    "Demba",
    "Dmitri",
    "Emeka",
    "Erik",
    "Farid",
    "Gareth",
    "Hüseyin",
    "Ivan",
    "Jerome",
    "Jun",
    "Kwame",
    "Luan",
    "Márton",
    "Mateusz",
    "Mohamed",
    "Nils",
    "Obinna",
    "Omar",
    "Pádraig",
    "Pasi",
    "Rafael",
    "Ravi",
    "Samuel",
    "Søren",
    "Terje",
    "Tomasz",
    "Viktor",
    "Wei",
    "Yusuf",
]
HOURS = ("after 16:00", "mornings", "not on Wednesdays", "", "", "", "")


@dataclass(frozen=True)
class Identity:
    family: str
    given: str
    sex: str
    born: date
    mrn: str
    phone: str
    email: str
    language: str
    best_hours: str


def identity(rng: Random, number: int, *, today: date) -> Identity:
    """One person. About one in twelve has no mobile, one in five no e-mail: reaching them is a person's work."""
    sex = rng.choice("FM")
    given, family = rng.choice(WOMEN if sex == "F" else MEN), rng.choice(FAMILY)
    return Identity(
        family=family,
        given=given,
        sex=sex,
        born=today - timedelta(days=int(rng.triangular(20, 78, 42) * 365.25)),
        mrn=f"AV-{20001 + number}",
        # Ofcom keeps 07700 900000 to 900999 free for fiction.
        phone=f"+447700900{number % 1000:03d}" if rng.random() > 0.08 else "",
        email=f"patient{number + 1}@example.org" if rng.random() > 0.2 else "",
        language="en",
        best_hours=rng.choice(HOURS),
    )
