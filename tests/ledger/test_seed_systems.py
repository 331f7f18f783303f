"""Each system of the seed document that is a matter of the ledger, with the numbers quoted there (seed_systems.yaml)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from carbonacct.ledger import Ledger, LedgerError, emission, neutralisation, neutrality, reduction
from tests.ledger.conftest import A, B, code


def test_carbon_accounts_of_enterprises(ledger: Ledger) -> None:
    """企业碳账户专区: emission, reduction and neutrality records after authorisation, more than 2000 by 2024-04-30."""
    companies = [code(number) for number in range(100, 120)]
    for company in companies:
        ledger.open_account(company, "X")
        ledger.consent(company, "authorisation")
    batch = []
    for number in range(2001):
        company, year = companies[number % 20], 2020 + number % 4
        if number % 3 == 0:
            batch.append(emission(company, year, number, gwp="SAR", source="national_ets", part=str(number)))
        elif number % 3 == 1:
            batch.append(reduction(company, year, number, source="self_computed", subject=f"project:{number}"))
        else:
            batch.append(
                neutralisation(company, year, instrument="CCER", series="s", first=number, last=number, retired="2024-04-30")
            )
    ledger.append(batch)
    statistics = ledger.statistics()
    assert statistics.entries.sum() == 2001 > 2000
    assert statistics.groupby("kind").entries.sum().to_dict() == {"emission": 667, "reduction": 667, "neutralisation": 667}
    assert ledger.verify().ok


def test_xinwang_bank(ledger: Ledger) -> None:
    """碳惠天府机制: 11185.20 t of CDCER retired for all own operations from the opening to the end of June 2022 (check C18)."""
    emitted = {2016: "12.30", 2017: "1500", 2018: "2000", 2019: "2200", 2020: "2300", 2021: "2400", 2022: "772.90"}
    assert sum(map(Decimal, emitted.values())) == Decimal("11185.20")
    ledger.append([emission(A, year, amount, gwp="AR6", source="third_party_verified") for year, amount in emitted.items()])
    ledger.append(
        [neutralisation(A, 2022, "11185.20", instrument="CDCER", series="CD", first=1, last=11186, retired="2022-08-01")]
    )
    found = ledger.neutrality(A, range(2016, 2023))
    assert (found.rate, found.net, found.surplus, found.neutral) == (1, 0, 0, True)
    assert found.retired - found.footprint == 0


def test_judicial_restoration(ledger: Ledger) -> None:
    """熊猫司法碳普惠平台: over 900000 CNY, almost 10000 t of VCU, 2023-08-15: 90 CNY/t (check C11); not the offender's neutrality."""
    damage, price = Decimal(900_000), Decimal(90)
    units = int(damage / price)
    assert units == 10_000
    case = "restoration:2023-08-15"
    given = {"instrument": "VCU", "series": "planted forest, 36500 ha", "first": 1, "last": units, "retired": "2023-08-15"}
    ledger.append([neutralisation(A, 2023, subject=case, beneficiary="public interest", **given)])
    ledger.append([emission(A, 2023, 20_000, gwp="AR6", source="self_declared")])
    assert ledger.balance(A, 2023, case).retired == 10_000
    assert ledger.neutrality(A, 2023).rate == 0
    with pytest.raises(LedgerError, match="not a subject of a neutrality claim"):
        ledger.neutrality(A, 2023, case)
    with pytest.raises(LedgerError, match="retired already"):
        ledger.append([neutralisation(A, 2023, **given)])


def test_events(ledger: Ledger) -> None:
    """点点碳中和平台: 4232 events with over 41000 persons, each neutral by units of its own; 大运会, 川渝 (from 2023-04) likewise."""
    events = [f"event:{number}" for number in range(4230)] + ["event:成都大运会", "event:川渝"]
    ledger.append(
        [
            emission(A, 2023, 1, gwp="AR6", source="self_declared", subject=event, details={"persons": 10 if n < 3000 else 9})
            for n, event in enumerate(events)
        ]
    )
    ledger.append(
        [
            neutralisation(A, 2023, instrument="CDCER", series="s", first=n, last=n, retired="2023-04-30", subject=event)
            for n, event in enumerate(events)
        ]
    )
    statement = ledger.statement(A)
    assert len(statement.balances) == 4232
    assert (statement.balances.rate == 1).all()
    assert sum(entry["details"].get("persons", 0) for entry in statement.to_dict()["entries"]) == 41_088 > 41_000
    assert ledger.neutrality(A, 2023, "event:成都大运会").neutral


def test_loan_on_a_carbon_account(ledger: Ledger) -> None:
    """可持续发展挂钩贷款（基于碳账户）: the indicator comes from the ledger, as it stood when the rate was set."""
    ledger.append(
        [
            emission(A, 2022, 1000, gwp="AR6", source="third_party_verified"),
            emission(A, 2023, 900, gwp="AR6", source="third_party_verified"),
        ]
    )
    noted = ledger.head
    ledger.append([emission(A, 2023, 950, gwp="AR6", source="government_check")])

    def change(upto: int | None) -> Decimal:
        before, after = (ledger.balance(A, year, as_of=upto).emission for year in (2022, 2023))
        assert before is not None and after is not None
        return (after - before) / before

    assert (change(noted.seq), change(None)) == (Decimal("-0.1"), Decimal("-0.05"))


def test_the_ledger_can_be_exported(ledger: Ledger) -> None:
    """碳信用信息数据库, 绿色金融决策辅助系统: accounts, statements and statistics as plain data."""
    ledger.append([emission(A, 2023, 1, gwp="AR6", source="self_declared")])
    assert ledger.accounts() == {A: "甲公司", B: "Company B"}
    exported = [ledger.statement(account).to_dict() for account in ledger.accounts()]
    assert [len(account["entries"]) for account in exported] == [1, 0]
    assert ledger.statistics().to_dict("records") == [{"kind": "emission", "period": 2023, "entries": 1, "accounts": 1}]


@pytest.mark.parametrize(("f", "c"), [(1000, 650), ("0.000001", "12345678"), (3, 1)])
def test_the_rate_lies_between_zero_and_one(f: object, c: object) -> None:  # reference I07
    found = neutrality(str(f), str(c))
    assert 0 <= found.rate <= 1
    assert found.footprint - found.net + found.surplus == found.retired
