"""Changes that break how services, pages and samples of the small catalogue work together, one rule each."""

from __future__ import annotations

from tests.lifeevents.broken_catalogues import Case, one

BROKEN_BUNDLES: dict[str, Case] = {
    "a cycle": one(
        "      - you.name\n", "      - you.name\n      - {element: car.permit}\n", "cycle", "{element: car.permit}",
        "These services wait for each other: change-address → car-permit → change-address; "
        "take away one of the needs, or let a citizen supply it.",
    ),
    "two producers": one(
        "      - car.permit\n", "      - {element: you.new_number, optional: true}\n", "two-producers",
        "{element: you.new_number, optional: true}",
        "you.new_number is produced by both change-address and car-permit; let one of them produce another element, "
        "or give the two items conditions that exclude each other.",
    ),
    "a promise over its limit": one(
        "promised_days: 2.5", "promised_days: 10.5", "promise-over-limit", "promised_days: 10.5",
        "change-address promises 10.5 working days, but the law allows 10; promise less.",
    ),
    "a bundle promise below its path": one(
        "promise_days: 4", "promise_days: 3", "promise-shorter-than-path", "promise_days: 3",
        "The bundle promises 3 working days, but change-address → car-permit takes 3.5; "
        "promise that many, or leave promise_days out.",
    ),
    "a part promise below its path": one(
        "        days: 2.5", "        days: 2", "part-shorter-than-path", "        days: 2",
        "'Address' is promised in 2 working days, but change-address is done after 2.5; "
        "promise that many, or take change-address out.",
    ),
    "days in thirds": one(
        "limit_days: 10", "limit_days: 10.3", "days", "limit_days: 10.3",
        "'limit_days' is 10.3; use working days from 0 to 1000 in steps of 0.5.",
    ),
    "days below zero": one(
        "promised_days: 1\n", "promised_days: -1\n", "days", "promised_days: -1",
        "'promised_days' is -1; use working days from 0 to 1000 in steps of 0.5.",
    ),
    "a fee below zero": one(
        "amount: 20", "amount: -20", "fee", "amount: -20", "A fee is 0 or more, with two decimals at most.",
    ),
    "a currency in words": one(
        "amount: 20", "currency: yuan, amount: 20", "fee", "currency: yuan",
        "A currency is three capital letters such as CNY.",
    ),
    "visits below zero": one(
        "law: Another law", "law: Another law\n    visits: -1", "visits", "visits: -1", "'visits' cannot be below 0.",
    ),
    "a need nobody supplies": one(
        "{element: you.new_number}", "{element: car.permit}", "nobody-supplies", "{element: car.permit}",
        "Nobody can supply car.permit to car-permit: no other service of the bundle produces it, no register knows it "
        "and it is not asked; add its producer or let it be asked.",
    ),
    "a need whose only producer may be left out": one(
        "      - change-address\n", "      - {service: change-address, when: {element: you.count, is: 1}}\n",
        "nobody-supplies", "{element: you.new_number}",
        "car-permit needs you.new_number from change-address, which does not always apply; give both the same "
        "condition, name an alternative, or let it be asked.",
    ),
    "a condition nobody can decide": one(
        "you.drives, is: car", "car.permit, is: x", "nobody-supplies", "car.permit, is: x",
        "The condition reads car.permit, which nobody can tell; let it be asked or name another element.",
    ),
    "a service that overwrites what a register knows": one(
        "      - car.permit\n", "      - car.permit\n      - you.birth_date\n", "overwrite", "      - you.birth_date",
        "car-permit produces you.birth_date, but the register population knows it as it was; "
        "produce a new element with ask: false.",
    ),
    "a service that produces what it needs": one(
        "      - car.permit\n", "      - car.permit\n      - {element: car.plate}\n", "overwrite",
        "{element: car.plate}",
        "car-permit produces car.plate, but car-permit itself reads it; produce a new element with ask: false.",
    ),
    "a service that overwrites an answer": one(
        "      - you.new_number\n  car-permit", "      - you.new_number\n      - you.drives\n  car-permit", "overwrite",
        "      - you.drives",
        "change-address produces you.drives, but person.drives is also asked of citizens; "
        "produce a new element with ask: false.",
    ),
    "one output of several subjects": one(
        "      - car.permit\n", "      - car.permit\n      - {element: you.drives}\n", "two-producers",
        "{element: you.drives}",
        "car-permit runs once per car, so several of them would produce you.drives; produce an element of 'car'.",
    ),
    "a question without a page": one(
        "elements: [car.plate]", "elements: [you.count]", "not-on-a-page", "      - car.plate",
        "car.plate can be asked, but no page of the bundle shows it; put 'car' or car.plate on a page.",
    ),
    "a page code taken": one(
        "code: cars", "code: situation", "page-code", "code: situation",
        "The page code 'situation' is taken; choose another.",
    ),
    "an empty page": one(
        "elements: [car.plate]", "elements: []", "empty-page", "code: cars",
        "The page 'cars' shows nothing; list 'roles' or 'elements'.",
    ),
    "an element on two pages": one(
        "elements: [car.plate]", "elements: [car.plate, car.plate]", "on-two-pages", "[car.plate, car.plate]",
        "'car.plate' is on the page 'cars' already; keep it on one page.",
    ),
    "too many instances": one(
        "maximum: 3}\n    promise", "maximum: 100}\n    promise", "repeat", "maximum: 100",
        "'maximum' of car is 100; use 1 to 20.",
    ),
    "a count that is no number": one(
        "count: you.count", "count: you.name", "repeat", "count: you.name",
        "you.name counts car, so its type must be integer.",
    ),
    "one slot for two roles": one(
        "      - car.plate\n",
        "      - car.plate\n    evidence: [{evidence: lease, about: you}]\n", "shared-slot",
        "about: you", "'lease' is wanted about two roles; define one kind of evidence for each.",
    ),
    "a sample fact nobody knows": one(
        "you.drives: car\n", "you.wheels: 4\n", "sample-fact", "you.wheels: 4",
        "No service of this bundle knows 'you.wheels'; delete this fact or correct the name.",
    ),
    "a sample fact that does not fit": one(
        "you.drives: car\n", "you.drives: boat\n", "sample-fact", "you.drives: boat",
        "you.drives is 'boat', but its choices are: car, nothing.",
    ),
    "a sample text too long": one(
        "you.drives: car\n", "you.name: Maximiliana\n", "sample-fact", "you.name: Maxi",
        "you.name is 'Maximiliana', but it has 10 characters at most.",
    ),
    "a sample instance without its number": one(
        "car.1.plate: A-1", "car.plate: A-1", "sample-fact", "          car.plate: A-1",
        "'car' repeats; write its number, 1 to 3: car.1.plate.",
    ),
    "a sample instance too many": one(
        "car.1.plate: A-1", "car.4.plate: A-1", "sample-fact", "car.4.plate",
        "'car' repeats; write its number, 1 to 3: car.1.plate.",
    ),
    "a sample number too many": one(
        "you.drives: car\n", "you.1.drives: car\n", "sample-fact", "you.1.drives",
        "'you' does not repeat; write you.drives.",
    ),
    "a sample paper nobody needs": one(
        "you.drives: car\n", "'evidence:passport': p.pdf\n", "sample-fact", "evidence:passport",
        "No service of this bundle needs the evidence 'passport'; delete this fact.",
    ),
    "a sample that expects another item": one(
        "car-permit/car.1: refused", "boat-permit: refused", "sample-expect", "boat-permit: refused",
        "'boat-permit' is no item of this bundle; write a service, or service/child.1.",
    ),
    "a sample that expects no ending": one(
        "car-permit/car.1: refused", "car-permit/car.1: lost", "sample-expect", "car.1: lost",
        "'lost' is no state a sample can end in; use one of: granted, refused, skipped, not_applicable, cancelled, "
        "held, correction.",
    ),
}  # fmt: skip
