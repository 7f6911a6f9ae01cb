"""What the report says of a published file beyond tiers: how customers divide, what they promise, who may leave, what sells together.

All of it is sums; a section whose table is empty, or not published, has no figures.
"""

from __future__ import annotations

import duckdb

from tiers.database import rows

MOST_PAIRS = 10

CLASSES = """
    with classes as (
        select customer_id, scheme, class from customer_classes
        union all
        select customer_id, 'strategic_class' as scheme, strategic_class as class from customer_tier where strategic_class is not null
    )
    select scheme, class, count(*) as customers, sum(monetary) as monetary, sum(net_profit) as net_profit
    from classes
    inner join customer_tier using (customer_id)
    group by scheme, class
    order by scheme, avg(net_profit) desc, class
"""

CURVE = """
    select metric, 100 * share_of_customers as percent_of_customers, 100 * share_of_value as percent_of_value, if(is_end_of_class, abc_class, null) as ends
    from abc_curve
    where share_of_value is not null
    order by metric, customers
"""

LIFETIME_VALUES = """
    select
        tier,
        count(clv) as customers,
        cast(avg(probability_alive) as decimal(7, 4)) as probability_alive,
        sum(expected_orders) as expected_orders,
        sum(predicted_profit) as predicted_profit,
        sum(clv) as clv
    from customer_tier
    where clv is not null
    group by tier
"""

VALIDATION = """
    select as_of_date, horizon_days, repeat_orders, customers, actual_orders, predicted_orders, naive_orders
    from clv_validation
    order by repeat_orders
"""

WARNINGS = """
    select level_label_en as en, level_label_zh as zh, count(*) as customers, sum(profit_at_risk) as profit_at_risk
    from churn_warning
    group by level, level_label_en, level_label_zh
    order by coalesce(list_position(['high', 'medium', 'low'], level), 4), avg(churn_probability) desc
"""

CAUSES = """
    select cause, count(*) as customers
    from (select unnest(string_split(causes, ', ')) as cause from churn_warning)
    group by cause
    order by customers desc, cause
"""

AT_RISK_BY_TIER = """
    select tier, count(*) as customers, sum(profit_at_risk) as profit_at_risk
    from churn_warning
    inner join customer_tier using (customer_id)
    group by tier
"""

PRIORITIES = """
    select
        tier,
        count(*) as customers,
        count(*) filter (where priority_rank <= ceil((select count(*) from customer_priority) / 10)) as first_tenth,
        cast(avg(priorities.priority_score) as decimal(7, 4)) as priority_score,
        cast(avg(value_points) as decimal(7, 4)) as value_points,
        cast(avg(demand_points) as decimal(7, 4)) as demand_points,
        cast(avg(potential_points) as decimal(7, 4)) as potential_points
    from customer_priority as priorities
    inner join (select customer_id, tier from customer_tier) as tiers using (customer_id)
    group by tier
"""

CLUSTERS = "select cluster, customers, monetary, net_profit, description_en as en, description_zh as zh from customer_clusters order by cluster"

PAIRS = f"""
    select product_id, other_product_id, orders_with_both, support, lift
    from product_affinity
    where product_id < other_product_id
    order by orders_with_both desc, lift desc, product_id, other_product_id
    limit {MOST_PAIRS}
"""

SUGGESTIONS = """
    select kind, count(*) as suggestions, count(distinct customer_id) as customers
    from next_best_product
    group by kind
    order by suggestions desc, kind
"""


def classification_figures(connection: duckdb.DuckDBPyConnection, tables: set[str]) -> dict[str, object]:
    """The figures of each section; empty where its table is, and all of them for a file of a version that had none of it."""
    columns = {row["column_name"] for row in rows(connection, "select column_name from duckdb_columns() where table_name = 'customer_tier'")}
    if not {"strategic_class", "clv"} <= columns:
        tables = set()

    def of(table: str, sql: str) -> list[dict[str, object]]:
        return rows(connection, sql) if table in tables else []

    schemes: dict[str, list[dict[str, object]]] = {}
    for row in of("customer_classes", CLASSES):
        schemes.setdefault(row["scheme"], []).append(row)
    curves: dict[str, list[dict[str, object]]] = {}
    for row in of("abc_curve", CURVE):
        curves.setdefault(row["metric"], []).append(row)
    warnings = of("churn_warning", WARNINGS)
    return {
        "schemes": schemes,
        "curves": curves,
        "lifetime_values": {row["tier"]: row for row in of("clv_validation", LIFETIME_VALUES)},
        "validation": of("clv_validation", VALIDATION),
        "warnings": warnings,
        "causes": of("churn_warning", CAUSES),
        "at_risk": {row["tier"]: row for row in rows(connection, AT_RISK_BY_TIER)} if warnings else {},
        "priorities": {row["tier"]: row for row in of("customer_priority", PRIORITIES)},
        "clusters": of("customer_clusters", CLUSTERS),
        "pairs": of("product_affinity", PAIRS),
        "suggestions": of("next_best_product", SUGGESTIONS),
    }
