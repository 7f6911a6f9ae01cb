"""Synthetic raw files of a shop, at any size, in the memory of one chunk of customers.

Every value is a function of the seed, the name of a draw and a key, so under one DuckDB version the
same arguments give the same rows, whatever the chunk size. Customers arrive one after another, buy
at a rate of their own and leave without notice (Pareto/NBD); the clock ticks faster on busy days.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from tiers.errors import UsageError

CHUNK = 50_000  # customers made at a time

# u is uniform in [0, 1). The inner hash joins its arguments by exclusive or: without the outer one,
# any two draws of a key would determine each other.
MACROS = """
create temp macro u(draw, key) as (hash(hash({seed}, draw, key)) >> 11) / 9007199254740992;
create temp macro below(n, draw, key) as floor(n * u(draw, key))::bigint;
create temp macro pick(choices, draw, key) as choices[1 + below(len(choices), draw, key)];
create temp macro exponential(draw, key) as -ln(1 - u(draw, key));
create temp macro normal(draw, key) as
  sqrt(2 * exponential(draw || ' radius', key)) * cos(2 * pi() * u(draw || ' angle', key));
create temp macro money(amount) as round(amount, 2)::decimal(14, 4);
create temp macro days_late(draw, key) as
  if(u(draw || ' late', key) < .03, 1 + below(20, draw || ' days late', key), 0);
create temp macro loaded(happened_at, draw, key) as
  happened_at + to_seconds(3600 + below(18000, draw, key) + 86400 * days_late(draw, key));
"""

# Days have ticks in proportion to their trade: weekends have more, and the weeks before Christmas.
CLOCK = """
create temp table clock as
select row_number() over (order by day) - 1 as tick, day
from (
  select
    day,
    [.9, .85, .95, .95, 1, .95, .85, .9, 1, 1.05, 1.45, 1.5][month(day)] as season,
    unnest(range(round(10 * season * if(isodow(day) > 5, 1.2, 1))::bigint))
  from (
    select unnest(range(opening, opening + interval {months} month, interval 1 day)) as day
    from (select timestamp '2022-01-05' as opening)
  )
)
"""

# 200 products, dearer as their number rises, from about 5 to 270; the cost of every third changes once.
ASSORTMENT = """
create temp table assortment as
select
  n,
  format('P{{:03d}}', n) as product_id,
  ['Home', 'Kitchen', 'Garden', 'Office', 'Sports', 'Travel', 'Toys', 'Games'][1 + n % 8] as category,
  pick(['Basic', 'Classic', 'Compact', 'Deluxe', 'Pro', 'Studio'], 'product name', n)
    || ' ' || category || ' ' || n as product_name,
  u('flagship', n) < .1 as is_flagship,
  floor(5 * exp(n / 50) * (.9 + .2 * u('price', n))) + .9 as price,
  price * (.4 + .35 * u('cost', n)) as cost,
  cost * (1.02 + .12 * u('later cost', n)) as later_cost,
  if(n % 3 = 0, date '2022-01-05' + below(30 * {months}, 'later from', n)::integer, null) as later_from
from range(1, 201) as numbers(n)
"""

# Arrival and active time are in ticks, `rate` is repeat orders a month, and `taste` leads to more
# and dearer things. A geometric number of repeats is Poisson at an exponential rate.
BUYERS = """
create or replace temp table buyer as
select
  *,
  format('C{{:07d}}', n) as customer_id,
  1 + floor(exponential('repeats', n) / ln(1 + ticks_a_month / (rate * active)))::bigint as orders_if_any,
  if(u('never orders', n) < .04, 0, orders_if_any) as orders,
  sum(orders) over (order by n) - orders as orders_before
from (
  select
    n,
    ticks_a_month,
    case
      when u('type', n) < .85 then 'person' when u('type', n) < .99 then 'company' else 'internal'
    end as customer_type,
    if(customer_type = 'company', .4, 0) as size,
    exp(size + .45 * normal('taste', n)) as taste,
    least(8, .44 * exp(size + 1.3 * normal('rate', n))) as rate,
    floor(ticks * (n - u('arrival', n)) / {customers})::bigint as arrival,
    1 + floor(15 * ticks_a_month * exponential('lifetime', n))::bigint as lifetime,
    least(lifetime, ticks - arrival) as active
  from range({first}, {end}) as numbers(n),
    (select count(*) as ticks, ticks / {months} as ticks_a_month from clock)
)
"""

PURCHASES = """
create or replace temp table purchase as
select
  n,
  customer_id,
  taste,
  format('O{{:09d}}', n) as order_id,
  day + to_seconds(7 * 3600 + below(8 * 3600, 'time', n) + below(8 * 3600, 'more time', n)) as ordered_at,
  loaded(ordered_at, 'order loaded', n) as loaded_at,
  if(u('promoted', n) < .15, pick([5, 10, 15, 20], 'promotion', n), null) as percent_off
from (
  select *, if(nth = 1, arrival, arrival + below(active, 'tick', n)) as tick
  from (
    select customer_id, taste, arrival, active, nth, ({orders} + orders_before + nth)::bigint as n
    from (select *, unnest(range(1, orders + 1)) as nth from buyer)
  )
)
join clock using (tick)
"""

PRODUCTS = """
select product_id, valid_from, product_name, category, is_flagship, money(cost) as unit_cost,
  valid_from::timestamp as loaded_at
from (
  select * replace (later_cost as cost), later_from as valid_from from assortment where n % 3 = 0
  union all
  select *, date '2022-01-01' from assortment
)
order by product_id, valid_from
"""

# The tables that grow with the customers, as selects from the `buyer` and `purchase` of a chunk.
CHUNKED = {
    "customers": """
select
  customer_id,
  pick(['Ada', 'Bo', 'Chen', 'Dina', 'Emil', 'Fatou', 'Goran', 'Hana', 'Ivo', 'Jun'], 'name', n) || ' '
    || pick(['Adler', 'Brook', 'Costa', 'Diaz', 'Eze', 'Fox', 'Gao', 'Hill', 'Ito', 'Kaya'], 'surname', n)
    || if(customer_type = 'company', ' Ltd', '') as customer_name,
  customer_type,
  if(customer_type = 'company', pick(['retail', 'industry', 'services', 'health'], 'industry', n), null)
    as industry,
  pick(['EMEA', 'EMEA', 'EMEA', 'EMEA', 'APAC', 'APAC', 'APAC', 'AMER', 'AMER', null], 'region', n)
    as region,
  pick(['search', 'search', 'ads', 'social', 'referral', 'store', 'partner', null], 'acquisition', n)
    as acquisition_channel,
  if(acquisition_channel = 'referral' and n > 1, format('C{:07d}', 1 + below(n - 1, 'referred by', n)), null)
    as referred_by,
  day + to_seconds(7 * 3600 - floor(12 * 3600 * exponential('signs up', n))::bigint) as signed_up_at,
  if(n % 200 = 199, format('C{:07d}', n - 1), null) as merged_into,
  if(u('opts out', n) < .12, pick(['email', 'email', 'email|phone', 'all'], 'opted out of', n), null)
    as opted_out_of,
  loaded(signed_up_at, 'customer loaded', n) as loaded_at
from buyer join clock on tick = arrival
""",
    "orders": """
select
  order_id,
  customer_id,
  ordered_at,
  case
    when u('status', n) < .94 then 'completed' when u('status', n) < .96 then 'pending' else 'cancelled'
  end as status,
  'USD' as currency,
  pick(['web', 'web', 'web', 'web', 'app', 'app', 'app', 'store', 'store', 'store'], 'channel', n)
    as channel,
  ['WINTER', 'SPRING', 'SUMMER', 'AUTUMN'][quarter(ordered_at)] || percent_off as promotion_code,
  if(channel <> 'store' and u('ships', n) < .8, money(3 + 6 * u('shipping', n)), null) as shipping_cost,
  loaded_at
from purchase
""",
    "order_items": """
select
  order_id,
  line_number,
  (1 + floor(5 * u('quantity', line_n) ** (5 / taste)))::decimal(10, 3) as quantity,
  money(price * (1 + .03 * (year(ordered_at) - 2022))) as unit_price,
  product_id,
  money(quantity * unit_price * percent_off / 100) as discount_amount,
  if(u('cost known', line_n) < .9, money(if(ordered_at >= later_from, later_cost, cost)), null) as unit_cost,
  loaded_at
from (
  select
    *,
    8 * n + line_number as line_n,
    1 + floor(200 * u('product', line_n) ** (2.5 / taste))::bigint as product
  from (
    select
      *,
      unnest(range(1, 2 + least(5, floor(exponential('lines', n) / .44)::bigint)))::integer as line_number
    from purchase
  )
) as line
join assortment on assortment.n = product
""",
}


def generate(
    customers: int, months: int, seed: int, out: Path, progress: Callable[[int, int], None] | None = None
) -> dict[str, int]:
    """Write the raw tables of a shop as folders of parquet files in `out`; return their row counts.

    The shop opens on 2022-01-05 and the orders end `months` months later. `progress` is told after
    each chunk how many of how many customers are done. `out` appears once all is written. Raises
    UsageError when `out` is anything but a new or empty folder, or a count is less than 1.
    """
    if customers < 1 or months < 1:
        raise UsageError(f"customers and months must be at least 1, not {customers} and {months}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not an empty folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    rows: Counter[str] = Counter()
    with TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as temp, duckdb.connect() as con:
        raw = Path(temp, "raw")

        def write(table: str, part: int, select: str) -> None:
            file = raw / table / f"part-{part:05d}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            quoted = str(file).replace("'", "''")
            rows[table] += con.execute(f"copy ({select}) to '{quoted}'").fetchall()[0][0]

        for sql in (MACROS, CLOCK, ASSORTMENT):
            con.execute(sql.format(seed=seed, months=months))
        write("products", 0, PRODUCTS)
        for part, first in enumerate(range(1, customers + 1, CHUNK)):
            end = min(first + CHUNK, customers + 1)
            con.execute(BUYERS.format(customers=customers, months=months, first=first, end=end))
            con.execute(PURCHASES.format(orders=rows["orders"]))
            for table, select in CHUNKED.items():
                write(table, part, select)
            if progress:
                progress(end - 1, customers)
        if out.exists():
            out.rmdir()
        raw.rename(out)
    return dict(rows)
