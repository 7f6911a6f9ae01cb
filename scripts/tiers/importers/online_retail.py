"""Online Retail of the UCI Machine Learning Repository (CC BY 4.0), as raw files.

541,909 invoice lines of a UK online shop, 2010-12-01 to 2011-12-09, many of its customers
wholesalers. No Python package ships it: the folder given holds it as `online_retail.parquet`, with
the columns of the original workbook. Decisions:

- An invoice is an order, a line an order line. Lines are numbered over the distinct lines of their
  invoice, so exact duplicates arrive with the same key and the staging models supersede them.
- A line of a cancellation (invoice C…) is a refund at the line's own price, of the latest earlier
  invoice line of that customer and stock code with enough unreturned quantity, lines of the same
  price first. Earlier is an earlier time; cancellations are matched in the order they happened.
- A cancellation that takes back no line known here stays too: as a refund of an order of its own,
  with the cancellation's number, status `cancelled` and no lines. Refunds of an order that was
  never completed are accepted and readable, but lower nobody's revenue. `findings` says how many
  they are, and why.
- `refund_id` is the cancellation's number, the number of its line, and the stock code.
- What else the shop booked as an invoice stays as it came, for the staging models to quarantine:
  stock written off (quantity below 0), bad debt (invoices A…: status `adjustment`, which is none).
  A price of 0 is a price.
- Postage, manual entries, fees and the like are products as any other stock code. A product has
  its commonest description, of lines that were sold if there is any. Costs are unknown: null.
- `region` is the customer's country, of several the latest. Who is a company is unknown: null.
- Money is in pounds: refresh with `reporting_currency: GBP`, or add exchange rates. Times are as
  in the file, taken as UTC. A row is loaded when it happened, a customer when first seen.
"""

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import duckdb

from tiers.errors import UsageError
from tiers.importers.raw_files import one_clear_line, write_raw

FILE = "online_retail.parquet"

LINES = """
    create table lines as
    select
        "InvoiceNo"::varchar as invoice_no,
        dense_rank() over (
            partition by "InvoiceNo"
            order by
                "StockCode", "Description", "Quantity", "UnitPrice", "InvoiceDate", "CustomerID",
                "Country"
        ) as line_number,
        "StockCode"::varchar as stock_code,
        nullif(trim("Description"), '') as description,
        "Quantity"::decimal(10, 3) as quantity,
        "InvoiceDate"::timestamp as invoiced_at,
        "UnitPrice"::decimal(14, 4) as unit_price,
        "CustomerID"::bigint::varchar as customer_id,
        "Country" as country,
        starts_with(invoice_no, 'C') as is_cancellation
    from source"""

CANCELLATIONS = """
    select distinct
        customer_id, stock_code, invoiced_at, unit_price, -quantity as pieces, invoice_no,
        line_number
    from lines
    where is_cancellation and quantity < 0 and customer_id is not null
    order by invoiced_at, invoice_no, line_number"""

# What can have been cancelled, the line to prefer last.
SALES = """
    select distinct
        customer_id, stock_code, invoiced_at, unit_price, quantity as pieces, invoice_no,
        line_number
    from lines
    semi join (from lines where is_cancellation) using (customer_id, stock_code)
    where not is_cancellation and quantity > 0
    order by invoiced_at, invoice_no, line_number desc"""

MATCHES = """
    create table matches as
    select
        unnest($1::varchar[]) as invoice_no,
        unnest($2::integer[]) as line_number,
        unnest($3::varchar[]) as order_id,
        unnest($4::integer[]) as order_line"""

SELECTS = {
    "customers": """
        select
            customer_id,
            arg_max(country, (invoiced_at, country)) as region,
            min(invoiced_at) as loaded_at
        from lines
        where customer_id is not null
        group by customer_id
        order by customer_id""",
    "products": """
        with described as (
            select
                stock_code,
                description,
                count(*) filter (quantity > 0 and unit_price > 0) as times_sold,
                count(*) as times
            from lines
            group by stock_code, description
        )

        select stock_code as product_id, description as product_name
        from described
        qualify 1 = row_number() over (
            partition by stock_code
            order by (description is null), times_sold desc, times desc, description
        )
        order by product_id""",
    "orders": """
        select
            invoice_no as order_id,
            min(customer_id) as customer_id,
            min(invoiced_at) as ordered_at,
            case
                when bool_or(is_cancellation) then 'cancelled'
                when starts_with(invoice_no, 'A') then 'adjustment'
                else 'completed'
            end as status,
            'GBP' as currency,
            'web' as channel,
            min(invoiced_at) as loaded_at
        from lines
        anti join matches using (invoice_no, line_number)
        group by invoice_no
        order by order_id""",
    "order_items": """
        select
            invoice_no as order_id,
            line_number,
            quantity,
            unit_price,
            stock_code as product_id,
            0 as discount_amount,
            invoiced_at as loaded_at
        from lines
        where not is_cancellation
        order by order_id, line_number""",
    "refunds": """
        select
            concat_ws('-', lines.invoice_no, lines.line_number, stock_code) as refund_id,
            coalesce(matches.order_id, lines.invoice_no) as order_id,
            invoiced_at as refunded_at,
            -quantity * unit_price as refund_amount,
            matches.order_line as line_number,
            -quantity as returned_quantity,
            invoiced_at as loaded_at
        from lines
        left join matches using (invoice_no, line_number)
        where is_cancellation
        order by refund_id""",
}

# Cancelled lines and their value, by what became of them; exact duplicates count once.
FINDINGS = """
    with refunds as (
        select distinct
            refunds.*,
            customer_id,
            regexp_replace(refund_id, '^[^-]*-[0-9]+-', '') as product_id
        from read_parquet($1 || '/refunds.parquet') as refunds
        left join read_parquet($1 || '/orders.parquet') as orders using (order_id)
    ),

    bought as (
        select customer_id, product_id, min(items.loaded_at) as first_at
        from read_parquet($1 || '/order_items.parquet') as items
        left join read_parquet($1 || '/orders.parquet') as orders using (order_id)
        where quantity > 0
        group by customer_id, product_id
    )

    select
        case
            when refunds.customer_id is null then 'unknown'
            when line_number is not null then 'matched'
            when first_at < refunded_at then 'too_many'
            else 'never_bought'
        end as fate,
        count(*) as lines,
        sum(refund_amount) as amount
    from refunds
    left join bought using (customer_id, product_id)
    group by fate"""

REPEATED = """
    select count(*) - count(distinct (order_id, line_number)) + (
        select count(*) - count(distinct refund_id)
        from read_parquet($1 || '/refunds.parquet')
    )
    from read_parquet($1 || '/order_items.parquet')"""


def import_raw(src: Path | None, out: Path) -> dict[str, int]:
    """Write Online Retail as `<table>.parquet` into the new or empty folder `out`.

    `src` is the folder that holds online_retail.parquet. Money is in pounds, what the file does
    not know is null. Returns the number of rows per table. The same file gives the same rows and
    ids, whatever the order of its rows.

    Raises UsageError, leaving nothing behind, when there is no such file, it is unreadable, a
    required value is missing, or `out` is not empty.
    """
    if src is None or not (src / FILE).is_file():
        raise UsageError(
            f"{FILE} is not in {src}; give the folder that holds it"
            if src
            else f"no Python package ships Online Retail; give SRC, the folder that holds {FILE}"
            " (UCI Machine Learning Repository, data set 352)"
        )
    with one_clear_line(src), duckdb.connect() as con:
        con.read_parquet(str(src / FILE)).create_view("source")
        con.execute(LINES)
        con.execute(MATCHES, _matches(con))
        return write_raw(con, SELECTS, out)


def _matches(con: duckdb.DuckDBPyConnection) -> list[list]:
    """Cancelled invoice and line, and the order and line it takes back: as four columns."""
    sales = defaultdict(list)
    for *of_whom, sold_at, price, pieces, invoice, line in con.execute(SALES).fetchall():
        sales[tuple(of_whom)].append([sold_at, price, pieces, invoice, line])
    columns = [[], [], [], []]
    for *of_whom, cancelled_at, price, pieces, invoice, line in con.execute(
        CANCELLATIONS
    ).fetchall():
        possible = [
            (sale[1] == price, at, sale)
            for at, sale in enumerate(sales[tuple(of_whom)])
            if sale[0] < cancelled_at and sale[2] >= pieces
        ]
        if possible:
            *_, sale = max(possible)
            sale[2] -= pieces
            for column, value in zip(columns, (invoice, line, *sale[3:]), strict=True):
                column.append(value)
    return columns


def findings(out: Path) -> list[str]:
    """What the raw files in `out` say of duplicates and of cancellations, as lines to read."""
    with duckdb.connect() as con:
        (repeated,) = con.execute(REPEATED, [str(out)]).fetchone()
        fates = {fate: counted for fate, *counted in con.execute(FINDINGS, [str(out)]).fetchall()}
    lines, values = zip(
        *(fates.get(fate, (0, Decimal(0))) for fate in ("matched", "never_bought", "too_many")),
        strict=True,
    )
    shares = [f"GBP {value:,.2f}, {100 * value / (sum(values) or 1):.1f} %" for value in values]
    return [
        f"exact duplicates, which a refresh supersedes: {repeated:,} lines",
        f"cancelled by known customers: {sum(lines):,} lines, GBP {sum(values):,.2f}",
        f"  matched, a refund of an earlier invoice: {lines[0]:,} lines, {shares[0]}",
        f"  not matched, never bought before in these data: {lines[1]:,} lines, {shares[1]}",
        f"  not matched, more than any one line had left: {lines[2]:,} lines, {shares[2]}",
        f"cancelled without a customer, not matched: {fates.get('unknown', (0,))[0]:,} lines",
        "what is not matched is a refund of an order with status cancelled: kept, but counted"
        " against nobody",
    ]
