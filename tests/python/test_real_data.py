"""Public data sets from end to end: imported from their packages, refreshed, and held against published figures; and a
made-up shop beside them.

CDNOW: the 1/10 sample of Fader, Hardie & Lee (2005); calibration runs to 1997-09-30, with one event a customer and day.
Complete Journey: the households of 84.51°, as the R package `completejourney` ships them.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest


@dataclass(frozen=True)
class Graded:
    """A data set after `tiers import` (or `tiers generate`) and `tiers refresh`."""

    raw: Path
    warehouse: duckdb.DuckDBPyConnection
    summary: dict

    def rows(self, sql: str) -> list[tuple]:
        return self.warehouse.execute(sql).fetchall()

    def row(self, sql: str) -> tuple:
        (row,) = self.rows(sql)
        return row


@pytest.fixture(scope="module")
def graded(tiers, tmp_path_factory):
    """Imports (or, named "generated", makes up) and refreshes a data set by its name, once."""
    made: dict[str, Graded] = {}

    def grade(name: str) -> Graded:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            source = ["generate", "--customers", 5_000] if name == "generated" else ["import", name]
            for arguments in ([*source, "--out", "raw"], ["refresh", "--raw", "raw", "--warehouse", "w.duckdb", "--publish", "p.duckdb", "--json"]):
                done = tiers(*arguments, cwd=folder)
                assert done.returncode == 0, done.stderr
            made[name] = Graded(folder / "raw", duckdb.connect(str(folder / "w.duckdb"), read_only=True), json.loads(done.stdout))
        return made[name]

    yield grade
    for data in made.values():
        data.warehouse.close()


@pytest.fixture(scope="module")
def cds(graded) -> Graded:
    return graded("cdnow")


@pytest.fixture(scope="module")
def journey(graded) -> Graded:
    return graded("complete-journey")


@pytest.fixture(scope="module", params=["cdnow", "complete-journey"])
def either(request, graded) -> Graded:
    return graded(request.param)


@pytest.fixture(scope="module", params=["cdnow", "complete-journey", "generated"])
def each(request, graded) -> Graded:
    return graded(request.param)


@pytest.fixture(scope="module", params=["cdnow", "generated"])
def lasting(request, graded) -> Graded:
    """More than one window: Complete Journey ends with its first."""
    return graded(request.param)


# Nothing is lost


def test_the_ledger_adds_up_to_the_raw_files_and_every_row_is_accepted(either):
    in_files = {
        file.stem: either.row(f"select count(*) from '{file}'") for file in either.raw.glob("*.parquet")
    }
    ledger = either.rows("select table_name, sum(row_count), bool_and(outcome = 'accepted'), bool_and(reason is null) from data_quality group by all")
    assert {table: (count,) for table, count, *_ in ledger} == in_files
    assert all(is_accepted and is_clean for *_, is_accepted, is_clean in ledger)


def test_every_customer_with_an_order_has_a_tier(either):
    assert either.row(
        f"""
        select count(*), count(tier), count(distinct customer_id)
        from (select distinct customer_id from '{either.raw}/orders.parquet') left join customer_tier using (customer_id)
        """
    ) in {(2_357,) * 3, (2_469,) * 3}


# CDNOW: counts of the 1/10 sample


def test_cdnow_has_the_published_lines_customers_days_and_dollars(cds):
    assert cds.row(
        "select sum(orders), count(distinct customer_id), count(*), sum(net) from int_purchase_days"
    ) == (6_919, 2_357, 6_696, Decimal("244091.94"))
    assert cds.summary["rows"]["customer_tier"] == 2_357


def test_cdnow_has_the_published_repeat_counts_of_the_calibration(cds):
    """Repeat customer-days x, weeks to the last of them t_x, and weeks observed T, up to 1997-09-30, each to two places."""
    calibration = """
        select
            count(*) - 1 as x,
            round((max(business_date) - min(business_date))::decimal(9, 0) / 7, 2)::decimal(9, 2) as t_x,
            round((date '1997-09-30' - min(business_date))::decimal(9, 0) / 7, 2)::decimal(9, 2) as t
        from int_purchase_days
        where business_date <= '1997-09-30'
        group by customer_id
    """
    assert cds.row(f"select count(*), sum(x), sum(t_x), sum(t) from ({calibration})") == (2_357, 2_457, Decimal("16135.52"), Decimal("77111.21"))
    assert [row[1] for row in cds.rows(f"select x, count(*) from ({calibration}) where x <= 7 group by x order by x")] == [
        1411, 439, 214, 100, 62, 38, 29, 23
    ]  # fmt: skip


def test_cdnow_is_held_out_where_the_papers_hold_it_out_and_has_their_parameters(cds):
    """Half of its 546 days is the 39 weeks after 1997-09-30. test_clv.py names the sources, and what the fit has to reproduce."""
    assert cds.rows("select model, r, alpha, a, b, log_likelihood, customers, converged from clv_parameters where as_of_date = '1997-09-30' and r is not null") == [
        ("mbg_nbd", Decimal("0.524843"), Decimal("6.183085"), Decimal("0.891359"), Decimal("1.614002"), Decimal("-9582.1357"), 2_357, True)
    ]
    assert cds.rows("select round(p, 2), round(q, 2), round(v, 2), log_likelihood, customers, converged from clv_parameters where as_of_date = '1997-09-30' and p is not null") == [
        (Decimal("6.25"), Decimal("3.74"), Decimal("15.44"), Decimal("-4055.9177"), 946, True)
    ]
    assert cds.row("select sum(customers), sum(actual_orders), sum(actual_revenue), round(sum(naive_orders)) from clv_validation") == (
        2_357, 1_882, Decimal("70976.39"), 2_930
    )  # fmt: skip
    assert [row[0] for row in cds.rows("select round(actual_orders / customers, 4) from clv_validation order by repeat_orders")] == [
        0.2367, 0.6970, 1.3925, 1.5600, 2.5323, 2.9474, 3.8621, 6.3594
    ]  # fmt: skip


def test_the_model_is_nearer_to_what_came_than_the_naive_guess(either):
    predicted, naive = either.row("select sum(predicted_orders_off), sum(naive_orders_off) from clv_validation")
    assert predicted < naive
    predicted, naive = either.row("select abs(sum(predicted_revenue - actual_revenue)), abs(sum(naive_revenue - actual_revenue)) from clv_validation")
    assert predicted < naive


# Complete Journey


def test_complete_journey_grades_every_household_and_keeps_every_cent(journey):
    assert journey.row("select count(*), count(tier), count(distinct customer_id) from customer_tier") == (2_469,) * 3
    assert journey.row("select sum(orders), sum(net) from int_purchase_days") == (155_848, Decimal("4596039.58"))
    assert journey.row("select amount from data_quality where table_name = 'order_items'") == (Decimal("4596039.58"),)


# What the shipped rules promise to any sensible company


def test_no_tier_is_empty_but_where_nobody_was_assessed_the_one_that_takes_it(each):
    held = {row[0] for row in each.rows("select tier from customer_tier")}
    assessed = each.row("select count(*) from stg_assessments")[0]
    assert held == {row[0] for row in each.rows("select tier from tiers")} - (set() if assessed else {"strategic_partner"})


def test_the_top_two_tiers_are_few_and_bring_much(each):
    """Key value and above: at most 20 % of the buyers, at least 45 % of net profit."""
    buyers, profit = each.row(
        """
        select
            count(*) filter (tier_rank >= 4) / count(*) filter (frequency >= 1),
            sum(net_profit) filter (tier_rank >= 4) / sum(net_profit)
        from customer_tier
        """
    )
    assert 0 < buyers <= 0.20
    assert profit >= 0.45


def test_no_better_customer_earns_less(each):
    """At the last review, nobody who is no worse on any metric that the rules name has the lower earned tier."""
    metrics = ["recency_score", "frequency_score", "monetary_score", "profit_score", "lifetime_orders", "tenure_days", "-recency_days"]
    metrics += [f"coalesce({criterion}, 0)" for criterion in ("industry_standing", "growth_prospect", "strategic_importance", "relationship_strength")]
    no_worse = " and ".join(f"better[{number}] >= worse[{number}]" for number in range(1, len(metrics) + 1))
    assert each.row(
        f"""
        with earned as (
            select [{", ".join(metrics)}] as goodness, min(tiers.tier_rank::int) as lowest, max(tiers.tier_rank::int) as highest
            from fct_scored_reviews
            join fct_customer_engagement using (customer_id, review_date)
            join (select customer_id, review_date, earned_tier from fct_tier_reviews) using (customer_id, review_date)
            join tiers on tier = earned_tier
            where review_date = (select max(review_date) from fct_tier_reviews)
            group by goodness
        )
        select count(*)
        from (select goodness as better, lowest from earned) join (select goodness as worse, highest from earned)
            on {no_worse} and lowest < highest
        """
    ) == (0,)


def test_tiers_are_steady_after_the_first_window(lasting):
    """At most one change per customer and year."""
    per_customer_and_year = lasting.row(
        """
        with steady as (
            select min(review_date) + 1 as begins from fct_score_breakpoints where not is_warm_up
        )
        select
            count(*) filter (change_type <> 'entered')
            / ((select count(*) from customer_tier) * (select as_of_date + 1 - begins from int_as_of, steady) / 365)
        from customer_tier_history join steady on valid_from >= begins
        """
    )[0]
    assert 0 < per_customer_and_year <= 1
