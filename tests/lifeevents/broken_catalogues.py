"""A small catalogue without fault, and changes that break one rule each.

Each case: the replacements, the finding's code, a text on the line it stands on, and its whole sentence.
"""

from __future__ import annotations

Case = tuple[tuple[tuple[str, str], ...], str, str, str]

GOOD = """\
departments:
  registry: {name: {en: Registry, zh: 户籍登记}}
  transport: {name: {en: Transport, zh: 交通}}
registers:
  population: {name: {en: population register, zh: 人口库}}
elements:
  person.id: {type: national_id, label: {en: National ID, zh: 公民身份号码}, registers: [population]}
  person.name: {type: name, label: {en: Name, zh: 姓名}, max_length: 10}
  person.birth_date: {type: date, label: {en: Date of birth, zh: 出生日期}, registers: [population]}
  person.drives:
    type: choice
    label: {en: 'Do you drive?', zh: 您开车吗？}
    choices:
      - {value: car, label: {en: A car, zh: 小汽车}}
      - {value: nothing, label: {en: 'No', zh: 不开}}
  person.count: {type: integer, label: {en: 'How many cars?', zh: 几辆车？}, minimum: 1, maximum: 3}
  person.new_number: {type: text, label: {en: New number, zh: 新编号}, ask: false}
  car.plate: {type: text, label: {en: Plate, zh: 车牌号}}
  car.permit: {type: text, label: {en: Permit, zh: 许可证}, ask: false}
roles:
  you: {entity: person, label: {en: You, zh: 您}, registers: {population: {relation: self, of: you.id}}}
  car: {entity: car, label: {en: Car, zh: 车}}
evidence:
  lease: {label: {en: Lease, zh: 租约}, modes: [personal, upload]}
  statement:
    label: {en: Statement, zh: 声明}
    modes: [template]
    elements: [you.name]
    template: {en: 'I am {you.name}.', zh: '本人{you.name}。'}
services:
  change-address:
    department: registry
    title: {en: Change of address, zh: 地址变更}
    returns: {en: A number, zh: 编号}
    limit_days: 10
    promised_days: 2.5
    delivery: keyed
    law: Some law
    needs:
      - you.id
      - you.name
      - {element: you.birth_date, optional: true}
    evidence:
      - lease
      - {evidence: statement}
    produces:
      - you.new_number
  car-permit:
    department: transport
    title: {en: Parking permit, zh: 停车证}
    returns: {en: A permit, zh: 许可证}
    subject: car
    limit_days: 5
    promised_days: 1
    delivery: queryable
    law: Another law
    fee: {amount: 20, waived_when: {element: you.birth_date, less_than: '1960-01-01'}}
    needs:
      - {element: you.new_number}
      - car.plate
    produces:
      - car.permit
events:
  moving: {title: {en: Moving, zh: 搬家}, summary: {en: Moving, zh: 搬家}, stage: home}
bundles:
  move:
    event: moving
    title: {en: Moving, zh: 搬家一件事}
    summary: {en: Moving, zh: 搬家一件事}
    repeats:
      - {role: car, count: you.count, maximum: 3}
    promise_days: 4
    parts:
      - title: {en: Address, zh: 地址}
        services: [change-address]
        days: 2.5
    items:
      - change-address
      - service: car-permit
        when: {element: you.drives, is: car}
    pages:
      - code: you
        title: {en: You, zh: 您}
        roles: [you]
      - code: cars
        title: {en: Cars, zh: 车辆}
        elements: [car.plate]
    samples:
      - name: driver
        facts:
          you.drives: car
          car.1.plate: A-1
        expect:
          car-permit/car.1: refused
"""


def one(old: str, new: str, code: str, stands: str, sentence: str) -> Case:
    return ((old, new),), code, stands, sentence


_FEE = "less_than: '1960-01-01'"

BROKEN_ENTRIES: dict[str, Case] = {
    "unknown department": one(
        "department: registry", "department: registri", "unknown-department", "department: registri",
        "There is no department 'registri'; define it or name another.",
    ),
    "unknown register": one(
        "zh: 出生日期}, registers: [population]", "zh: 出生日期}, registers: [people]", "unknown-register", "[people]",
        "There is no register 'people'; define it or name another.",
    ),
    "unknown register of a role": one(
        "{population: {relation: self", "{populations: {relation: self", "unknown-register", "{populations:",
        "There is no register 'populations' (did you mean 'population'?); define it or name another.",
    ),
    "unknown evidence": one(
        "      - lease\n", "      - leases\n", "unknown-evidence", "- leases",
        "There is no evidence kind 'leases'; define it or name another.",
    ),
    "unknown role of a need": one(
        "      - you.name\n", "      - yuo.name\n", "unknown-role", "- yuo.name",
        "There is no role 'yuo' (did you mean 'you'?); define it or name another.",
    ),
    "unknown element of a need": one(
        "      - you.name\n", "      - you.nmae\n", "unknown-element", "- you.nmae",
        "There is no element person.nmae for 'you.nmae' (did you mean 'you.name'?); define it or name another.",
    ),
    "a need with a number": one(
        "      - car.plate\n", "      - car.1.plate\n", "unknown-element", "- car.1.plate",
        "'car.1.plate' is not a role and an attribute; write one like child.given_name, without a number.",
    ),
    "unknown element in a condition": one(
        "you.drives, is: car", "you.rides, is: car", "unknown-element", "you.rides, is: car",
        "There is no element person.rides for 'you.rides' (did you mean 'you.drives'?); define it or name another.",
    ),
    "unknown subject": one(
        "subject: car", "subject: cart", "unknown-role", "subject: cart",
        "There is no role 'cart' (did you mean 'car'?); define it or name another.",
    ),
    "unknown entity": one(
        "car: {entity: car,", "car: {entity: cars,", "unknown-entity", "{entity: cars,",
        "No element belongs to the entity 'cars'; define one, such as cars.name.",
    ),
    "unknown service": one(
        "      - change-address\n", "      - change-adress\n", "unknown-service", "- change-adress",
        "There is no service 'change-adress'; define it or name another.",
    ),
    "the same service twice": one(
        "      - change-address\n", "      - change-address\n      - {service: change-address}\n", "duplicate-item",
        "      - change-address", "'change-address' is in this bundle twice; delete one.",
    ),
    "after a service outside the bundle": one(
        "{element: you.drives, is: car}\n",
        "{element: you.drives, is: car}\n        after:\n          - {service: adress, reason: {en: Law, zh: 法}}\n",
        "outside-bundle", "service: adress",
        "'adress' is not a service of this bundle (did you mean 'change-address'?); add it to 'items' or name another.",
    ),
    "part outside the bundle": one(
        "services: [change-address]", "services: [change-address, car-permits]", "outside-bundle", "car-permits",
        "'car-permits' is not a service of this bundle (did you mean 'car-permit'?); "
        "add it to 'items' or name another.",
    ),
    "unknown role on a page": one(
        "roles: [you]", "roles: [you, yours]", "unknown-role", "roles: [you, yours]",
        "There is no role 'yours' (did you mean 'you'?); define it or name another.",
    ),
    "unknown element on a page": one(
        "elements: [car.plate]", "elements: [car.plate, car.colour]", "unknown-element", "car.colour",
        "There is no element car.colour for 'car.colour'; define it or name another.",
    ),
    "a delivery class of its own": one(
        "delivery: keyed", "delivery: careful", "wrong-word", "delivery: careful",
        "'careful' is not one of the words for 'delivery'; use one of: keyed, queryable, blind.",
    ),
    "an element type of its own": one(
        "type: date", "type: day", "wrong-word", "type: day",
        "'day' is not one of the words for 'type'; use one of: text, name, date, time, integer, decimal, boolean, "
        "choice, phone, email, address, national_id, account, country.",
    ),
    "an evidence mode of its own": one(
        "modes: [personal, upload]", "modes: [fax, upload]", "wrong-word", "modes: [fax, upload]",
        "'fax' is not one of the words for 'modes'; use one of: register, e_licence, template, personal, upload.",
    ),
    "a refusal policy of its own": one(
        "{element: you.drives, is: car}\n", "{element: you.drives, is: car}\n        if_refused: panic\n", "wrong-word",
        "if_refused: panic", "'panic' is not a policy; use one of: stop, go_on, hold.",
    ),
    "a choice without choices": one(
        "type: name,", "type: choice,", "choices", "person.name: {",
        "person.name is a choice; list at least two 'choices'.",
    ),
    "choices of a text": one(
        "type: choice", "type: text", "choices", "    choices:", "person.drives has choices; make its type 'choice'.",
    ),
    "a choice twice": one(
        "value: nothing", "value: car", "choices", "- {value: car, label: {en: A car",
        "The choice 'car' of person.drives stands there twice; keep one.",
    ),
    "bounds the wrong way round": one(
        "minimum: 1, maximum: 3", "minimum: 4, maximum: 3", "bounds", "minimum: 4",
        "The minimum 4 of person.count is above its maximum 3; exchange them.",
    ),
    "evidence nobody can have": one(
        "modes: [personal, upload]", "modes: []", "no-mode", "modes: []",
        "lease cannot be had; list at least one mode, such as upload.",
    ),
    "evidence from no register": one(
        "modes: [personal, upload]", "modes: [register, upload]", "no-register", "modes: [register, upload]",
        "lease is checked in a register, but none is named; add register: ….",
    ),
    "a template without text": one(
        "modes: [personal, upload]", "modes: [template, upload]", "no-template", "modes: [template, upload]",
        "lease is written from a template; add template: {en: …, zh: …}.",
    ),
    "a template that uses what it was not given": one(
        "'I am {you.name}.'", "'I am {you.name}, {you.id}.'", "template-element", "{you.id}",
        "The template of statement uses {you.id}; add you.id to its 'elements'.",
    ),
    "a condition outside the choices": one(
        "you.drives, is: car", "you.drives, is: boat", "condition-value", "is: boat",
        "you.drives is compared with 'boat', but its choices are: car, nothing.",
    ),
    "a condition of the wrong type": one(
        "you.drives, is: car", "you.count, is: '2'", "condition-value", "is: '2'",
        "you.count is compared with '2', but it is a whole number.",
    ),
    "a condition on an order there is not": one(
        "you.drives, is: car", "you.drives, more_than: car", "condition-value", "more_than: car",
        "you.drives is a choice, which has no order; use 'is' or 'in' instead of 'more_than'.",
    ),
    "a condition on a date that is none": one(
        _FEE, "less_than: '1960'", "condition-value", "less_than: '1960'",
        "you.birth_date is compared with '1960', but it is a date such as 2026-11-30.",
    ),
    "a comparison of two types": one(
        "you.drives, is: car", "you.drives, same_as: you.count", "condition-value", "same_as: you.count",
        "you.drives is a choice and you.count a integer; compare elements of one type.",
    ),
}  # fmt: skip

WARNINGS: dict[str, Case] = {
    "a promise without slack": one(
        "limit_days: 5", "limit_days: 1", "promise-equals-limit", "promised_days: 1",
        "car-permit promises exactly its limit of 1 working days: there is no slack.",
    ),
    "evidence without fallback": one(
        "modes: [personal, upload]", "modes: [personal]", "no-fallback", "modes: [personal]",
        "If no personal has lease, nobody can file; add the mode upload.",
    ),
    "a service without law": one(
        "    law: Some law\n", "", "no-law", "  change-address:", "change-address names no legal source; add law: ….",
    ),
    "a register that cannot be done without": one(
        "zh: 公民身份号码}", "zh: 公民身份号码}, ask: false", "register-only", "      - you.id",
        "While its register is down nobody can tell you.id; let it be asked as well.",
    ),
    "a page entry nobody asks": one(
        "elements: [car.plate]", "elements: [car.plate, you.new_number]", "never-asked", "[car.plate, you.new_number]",
        "No service needs you.new_number; it is never asked.",
    ),
}  # fmt: skip
