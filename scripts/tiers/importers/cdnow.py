"""The CDNOW 1/10 sample of Fader & Hardie, from the PyPI package `lifetimes`, as raw files.

2,357 people who first bought CDs online in the first quarter of 1997, and all they bought up to
1998-06-30: 6,919 lines of master id, sample id, day, number of CDs and dollars. Decisions:

- Each line is an order of one item. Two lines of one customer and day stay two orders, $0 lines
  stay orders; models that count one event per customer-day find 6,696 of them.
- `quantity × unit_price − discount_amount` is the dollars exactly. A unit price has four decimals,
  so it is rounded up and `discount_amount` takes back the excess, less than `quantity` × $0.0001.
- `customer_id` is the sample id with its zeros (0001 to 2357). Nothing else is known of a person,
  so there is no `customers` table. Products and costs are unknown: null.
- A day without a time is its midnight, UTC. A row is loaded when it happened.
"""

from pathlib import Path

import duckdb

from tiers.importers.raw_files import data_folder, one_clear_line, write_raw

FILE = "CDNOW_sample.txt"

PURCHASES = """
    create view purchases as
    with fields as (
        select regexp_split_to_array(trim(line), ' +') as field from lines
    ),

    typed as (
        select
            field[2] as customer_id,
            strptime(field[3], '%Y%m%d') as ordered_at,
            field[4]::integer as cds,
            field[5]::decimal(14, 4) as dollars
        from fields
    )

    select
        *,
        concat_ws(
            '-', customer_id, strftime(ordered_at, '%Y%m%d'),
            row_number() over (partition by customer_id, ordered_at order by cds, dollars)
        ) as order_id
    from typed"""

SELECTS = {
    "orders": """
        select
            order_id,
            customer_id,
            ordered_at,
            'completed' as status,
            'USD' as currency,
            'web' as channel,
            ordered_at as loaded_at
        from purchases
        order by order_id""",
    "order_items": """
        select
            order_id,
            1 as line_number,
            cds as quantity,
            price_rounded_up(dollars, cds) as unit_price,
            cds * unit_price - dollars as discount_amount,
            ordered_at as loaded_at
        from purchases
        order by order_id""",
}


def import_raw(src: Path | None, out: Path) -> dict[str, int]:
    """Write the CDNOW sample as `orders.parquet` and `order_items.parquet` into the folder `out`.

    `src` is a folder holding CDNOW_sample.txt; None finds it in the installed package
    `lifetimes`, which is not imported. Money is in US dollars; what the file does not know is
    null. Returns the number of rows per table. The same file gives the same rows and ids,
    whatever the order of its lines.

    Raises UsageError, leaving nothing behind, when the package or the file is missing, a line
    does not parse, or `out` is not empty.
    """
    folder = data_folder(src, "lifetimes", "datasets", [FILE])
    with one_clear_line(folder), duckdb.connect() as con:
        con.read_csv(
            str(folder / FILE), header=False, sep="|", columns={"line": "VARCHAR"}
        ).create_view("lines")
        con.execute(PURCHASES)
        return write_raw(con, SELECTS, out)
