"""The shop that `tiers generate` makes up, as SQL.

Every value is a hash of the seed, the name of a draw and a key. Customers are numbered as they
arrive and orders on from customer to customer, so no value depends on the chunk it is made in.
"""

SETTINGS = """
create temp macro seed() as {seed};
create temp macro customers() as {customers};
create temp macro months() as {months};
create temp macro opening() as timestamp '2022-01-05';
create temp macro closing() as opening() + to_months(months());
"""

# u is uniform in [0, 1). The inner hash joins its arguments by exclusive or: without the outer one,
# any two draws of a key would determine each other.
MACROS = """
create temp macro u(draw, key) as (hash(hash(seed(), draw, key)) >> 11) / 9007199254740992;
create temp macro below(n, draw, key) as floor(n * u(draw, key))::bigint;
create temp macro pick(choices, draw, key) as choices[1 + below(len(choices), draw, key)];
create temp macro exponential(draw, key) as -ln(1 - u(draw, key));
create temp macro normal(draw, key) as
  sqrt(2 * exponential(draw || ' radius', key)) * cos(2 * pi() * u(draw || ' angle', key));
create temp macro money(amount) as round(amount, 2)::decimal(14, 4);
create temp macro grade(value) as greatest(1, least(5, round(value)))::integer;
create temp macro days_late(draw, key) as
  if(u(draw || ' late', key) < .03, 1 + below(20, draw || ' days late', key), 0);
create temp macro loaded(happened_at, draw, key) as
  happened_at + to_seconds(3600 + below(18000, draw, key) + 86400 * days_late(draw, key));
create temp macro customer(n) as format('C{:07d}', n);
create temp macro product(n) as format('P{:03d}', n);
create temp macro list_rate(currency) as
  case currency when 'EUR' then 1.08 when 'GBP' then 1.26 when 'CNY' then .14 else 1 end;
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
  from (select unnest(range(opening(), closing(), interval 1 day)) as day)
)
"""

# 200 products, dearer as their number rises, from about 5 to 270; the cost of every third changes once.
ASSORTMENT = """
create temp table assortment as
select
  n,
  product(n) as product_id,
  ['Home', 'Kitchen', 'Garden', 'Office', 'Sports', 'Travel', 'Toys', 'Games'][1 + n % 8] as category,
  pick(['Basic', 'Classic', 'Compact', 'Deluxe', 'Pro', 'Studio'], 'product name', n)
    || ' ' || category || ' ' || n as product_name,
  if(n % 40 = 7, null, u('flagship', n) < .1) as is_flagship,
  floor(5 * exp(n / 50) * (.9 + .2 * u('price', n))) + .9 as price,
  price * (.4 + .35 * u('cost', n)) as cost,
  cost * (1.02 + .12 * u('later cost', n)) as later_cost,
  if(n % 3 = 0, date '2022-01-05' + below(30 * months(), 'later from', n)::integer, null) as later_from
from range(1, 201) as numbers(n)
"""

# Bought together in one of eighty orders each.
PAIRS = """
create temp table pair as
from (values (1, [23, 71]), (2, [38, 90]), (3, [52, 117]), (4, [64, 83]), (5, [101, 130])) as pairs(pair, products)
"""

# Used up after `cycle` days.
REFILLS = """
create temp table refill as
from (values (1, 36, 28), (2, 57, 35), (3, 79, 42), (4, 98, 56)) as refills(refill, refill_product, cycle)
"""

CAMPAIGNS = """
create temp table campaign as
select
  number,
  format('K{:02d}', number) as campaign_id,
  starts_at,
  ['email', 'sms', 'wechat', 'phone', 'app'][1 + number % 5] as channel,
  (select min(tick) from clock where day = starts_at) as start
from (select number, opening() + to_months(3 * number::integer) as starts_at from range(1, (months() + 2) // 3) as numbers(number))
"""

# Arrival and active time are in ticks, `rate` is repeat orders a month, and `taste` leads to more
# and dearer things. A geometric number of repeats is Poisson at an exponential rate.
#
# A regular comes for one product, every `rhythm` days, for `stays` days: to the end, or, if leaving,
# until some missed rhythms before it. Whose time is too short for eight rhythms is none.
ARRIVALS = """
create or replace temp table arrived as
select
  * exclude (refill, cycle) replace (if(is_regular, refill_product, null) as refill_product, is_regular and leaves as leaves),
  customer(n) as customer_id,
  leaves and u('sours', n) < .5 as sours,
  list_rate(currency) as fx
from (
  select
    *,
    case
      when u('type', n) < .85 then 'person' when u('type', n) < .985 then 'company'
      when u('type', n) < .995 then 'internal' else 'anonymous'
    end as customer_type,
    pick(['EMEA', 'EMEA', 'EMEA', 'EMEA', 'APAC', 'APAC', 'APAC', 'AMER', 'AMER', null], 'region', n)
      as region,
    case region
      when 'EMEA' then pick(['EUR', 'EUR', 'GBP', 'USD', 'USD'], 'currency', n)
      when 'APAC' then pick(['CNY', 'CNY', 'USD'], 'currency', n)
      else 'USD'
    end as currency,
    if(u('opts out', n) < .12, pick(['email', 'email', 'email|phone', 'all'], 'opted out of', n), null)
      as opted_out_of,
    if(customer_type = 'company', .4, 0) as size,
    exp(size + .45 * normal('taste', n)) as taste,
    least(8, .43 * exp(size + 1.3 * normal('rate', n))) as rate,
    1 + floor(15 * ticks_a_month * exponential('lifetime', n))::bigint as lifetime,
    least(lifetime, ticks - arrival) as active,
    cycle * (.85 + .3 * u('rhythm', n)) as rhythm,
    u('leaves', n) < .5 as leaves,
    date_diff('day', arrived_on, closing()) - if(leaves, greatest(75, rhythm * (2.5 + 2 * u('missed', n))), 1)
      as stays,
    customer_type in ('person', 'company') as is_graded,
    coalesce(stays > 8 * rhythm and is_graded and n % 200 < 198, false) as is_regular
  from (
    select
      n,
      ticks,
      ticks / months() as ticks_a_month,
      floor(ticks * (n - u('arrival', n)) / customers())::bigint as arrival,
      if(u('regular', n) < .03, 1 + below(4, 'refill', n), null) as refill
    from range(getvariable('first_customer'), getvariable('end_customer')) as numbers(n),
      (select count(*) as ticks from clock)
  )
  join (select tick as arrival, day as arrived_on from clock) using (arrival)
  left join refill using (refill)
)
"""

# Three of ten who are addressed respond, and two of three of these order once more because of it, if
# they are not gone yet, and no regulars.
RESPONDS, ORDERS_MORE = .3, 2 / 3
MEMBERS = f"""
create or replace temp table member as
select
  *,
  campaign_id || '-' || n as membership,
  1000 * n + number as key,
  u('treated', key) < .6 as is_treated,
  starts_at - to_seconds(86400 + below(86400, 'assigned', key)) as assigned_at,
  is_treated and u('responds', key) < {RESPONDS} as responds,
  responds and not is_regular and start < arrival + active and u('orders more', key) < {ORDERS_MORE} as orders_more,
  starts_at + to_seconds(9 * 3600 + below(10 * 86400, 'responded', key)) as responded_at
from (select n, customer_id, arrival, active, arrived_on, is_regular from arrived where is_graded and opted_out_of is null)
join campaign on arrived_on + interval 3 day < starts_at and u('member', 1000 * n + number) < .1
"""

BUYERS = """
create or replace temp table buyer as
select
  *,
  1 + floor(exponential('repeats', n) / ln(1 + ticks_a_month / (rate * active)))::bigint as orders_if_any,
  case
    when is_regular then 1 + floor(stays / rhythm)::bigint
    when u('never orders', n) < .04 then 0
    else orders_if_any
  end as own_orders,
  own_orders + coalesce(len(responses), 0) as orders,
  sum(orders) over (order by n) - orders as orders_before
from arrived
left join (select n, list(responded_at order by key) as responses from member where orders_more group by n) using (n)
"""

PURCHASES = """
create or replace temp table purchase as
select
  n,
  buyer,
  customer_id,
  taste,
  currency,
  fx,
  refill_product,
  is_sour,
  format('O{:09d}', n) as order_id,
  coalesce(
    responded_at,
    if(is_regular, arrived_on + to_days(greatest(0, round((nth - 1 - .25 * u('early', n)) * rhythm))::integer), day)
      + to_seconds(7 * 3600 + below(8 * 3600, 'time', n) + below(8 * 3600, 'more time', n))
  ) as ordered_at,
  loaded(ordered_at, 'orders', n) as loaded_at,
  if(u('promoted', n) < .15, pick([5, 10, 15, 20], 'promotion', n), null) as percent_off,
  if(refill_product is null and u('pair', n) < .0625, 1 + below(5, 'which pair', n), null) as pair,
  u('refunded', n) < .05 as is_refunded
from (
  select
    *,
    sours and nth > orders - 3 as is_sour,
    if(nth = 1 or is_regular, arrival, arrival + below(active, 'tick', n)) as tick
  from (
    select
      * rename (n as buyer),
      (getvariable('orders_before') + orders_before + nth)::bigint as n,
      if(nth > own_orders, responses[nth - own_orders], null) as responded_at
    from (select *, unnest(range(1, orders + 1)) as nth from buyer)
  )
)
join clock using (tick)
"""

LINES = """
select
  line.n,
  line_number,
  line_n as key,
  order_id,
  ordered_at,
  (1 + floor(5 * u('quantity', line_n) ** (5 / taste)))::decimal(10, 3) as quantity,
  money(price * (1 + .03 * (year(ordered_at) - 2022)) / fx) as unit_price,
  product_id,
  money(quantity * unit_price * percent_off / 100) as discount_amount,
  if(u('cost known', line_n) < .9, money(if(ordered_at >= later_from, later_cost, cost) / fx), null) as unit_cost,
  loaded_at
from (
  select
    *,
    8 * n + line_number as line_n,
    case
      when line_number = 1 and refill_product is not null then refill_product
      when line_number <= 2 and products is not null then products[line_number]
      else 1 + floor(200 * u('product', line_n) ** (2.5 / taste))::bigint
    end as product
  from (
    select
      *,
      greatest(if(pair is null, 1, 2), 1 + least(5, floor(exponential('lines', n) / .44)::bigint)) as lines,
      unnest(range(1, lines + 1))::integer as line_number
    from {purchases} left join pair using (pair)
  )
) as line
join assortment on assortment.n = product
"""

CONTACTS = """
select 'O' || n as contact, buyer, customer_id, ordered_at + to_seconds(86400 + below(9 * 86400, 'contact after', n)) as occurred_at,
  case
    when is_sour or u('contact', n) < if(is_refunded, .25, .01) then 'complaint'
    when u('contact', n) between .25 and .3 then 'support'
    when u('contact', n) > .9 then 'survey'
  end as interaction_type,
  is_sour, null::varchar as channel, null::varchar as campaign_id, null::varchar as referred_customer_id
from purchase
union all
select 'C' || n || '-' || nth, n, customer_id,
  day + to_seconds(8 * 3600 + below(12 * 3600, 'contact time', 10 * n + nth)),
  pick(
    ['inquiry', 'inquiry', 'inquiry', 'visit', 'survey', 'survey', 'event_attendance', 'other']
      || if(customer_type = 'company', ['visit', 'visit'], []),
    'contact type', 10 * n + nth
  ),
  false, null, null, null
from (
  select *, arrival + below(active, 'contact tick', 10 * n + nth) as tick
  from (select *, unnest(range(1, 1 + below(4, 'contacts', n))) as nth from buyer)
)
join clock using (tick)
union all
select 'R' || n, referrer, customer(referrer), signed_up_at - to_seconds(1800), 'referral', false, null, null, customer_id
from signed_up where referrer is not null
union all
select 'T' || membership, n, customer_id, starts_at + to_seconds(8 * 3600 + below(3600, 'touched', key)), 'campaign_touch', false,
  channel, campaign_id, null
from member where is_treated
union all
select 'A' || membership, n, customer_id, responded_at, 'campaign_response', false, channel, campaign_id, null
from member where responds
"""

CONTACT_TYPES = """
create temp table contact_type as
from (values
  ('inquiry', ['phone', 'email', 'chat', 'wechat', 'web', 'app'], 'inbound', 3),
  ('support', ['phone', 'email', 'chat', 'wechat', 'app'], 'inbound', 5),
  ('complaint', ['phone', 'email', 'chat', 'wechat', 'store'], 'inbound', 9),
  ('visit', ['store', 'store', 'phone'], 'outbound', 12),
  ('survey', ['email', 'sms', 'app', 'web'], 'outbound', .4),
  ('event_attendance', ['event'], 'inbound', 18),
  ('referral', ['store', 'email', 'wechat', 'web'], 'inbound', 0),
  ('campaign_touch', null, 'outbound', .3),
  ('campaign_response', null, 'inbound', .5),
  ('other', ['phone', 'other'], null, 2)
) as contact_types(interaction_type, channels, direction, usual_cost)
"""

SIGN_UPS = """
create or replace temp table signed_up as
select
  *,
  pick(['search', 'search', 'ads', 'social', 'referral', 'store', 'partner', null], 'acquisition', n)
    as acquisition_channel,
  if(acquisition_channel = 'referral' and n > 1, 1 + below(n - 1, 'referred by', n), null) as referrer,
  arrived_on + to_seconds(7 * 3600 - floor(12 * 3600 * exponential('signs up', n))::bigint) as signed_up_at
from buyer
"""

ONCE = (MACROS, CLOCK, ASSORTMENT, PAIRS, REFILLS, CAMPAIGNS, CONTACT_TYPES)
PER_CHUNK = (ARRIVALS, MEMBERS, BUYERS, PURCHASES, SIGN_UPS)

# The tables that do not grow with the customers. Every select below has a `key` that is no column.
FIXED = {
    "products": """
select 2 * n as key, product_id, date '2022-01-01' as valid_from, product_name, category, is_flagship,
  money(cost) as unit_cost, timestamp '2022-01-01 03:00' as loaded_at
from assortment
union all
select 2 * n + 1, product_id, later_from, product_name, category, is_flagship, money(later_cost), loaded(later_from, 'products', n)
from assortment where later_from is not null
""",
    "exchange_rates": """
select
  1000 * number + month_number as key,
  ['EUR', 'GBP', 'CNY'][number] as currency,
  (date '2021-12-01' + to_months(month_number::integer))::date as valid_from,
  round(list_rate(currency) * (1 + .06 * sin(month_number / 4 + number) + .02 * u('rate', key)), 6)::decimal(12, 6)
    as rate_to_reporting,
  loaded(valid_from, 'exchange_rates', key) as loaded_at
from range(1, 4) as currencies(number), range(months() + 2) as months(month_number)
""",
}

# The tables that do, from what is known of the customers and orders of a chunk.
CHUNKED = {
    "customers": """
select
  n as key,
  customer_id,
  pick(['Ada', 'Bo', 'Chen', 'Dina', 'Emil', 'Fatou', 'Goran', 'Hana', 'Ivo', 'Jun'], 'name', n) || ' '
    || pick(['Adler', 'Brook', 'Costa', 'Diaz', 'Eze', 'Fox', 'Gao', 'Hill', 'Ito', 'Kaya'], 'surname', n)
    || if(customer_type = 'company', ' Ltd', '') as customer_name,
  if(customer_type = 'person' and u('type unknown', n) < .03, null, customer_type) as customer_type,
  if(customer_type = 'company', pick(['retail', 'industry', 'services', 'health'], 'industry', n), null)
    as industry,
  region,
  acquisition_channel,
  customer(referrer) as referred_by,
  if(u('sign-up unknown', n) < .03, null, signed_up_at) as signed_up_at,
  if(n % 200 = 199, customer(n - 1), null) as merged_into,
  opted_out_of,
  loaded(signed_up.signed_up_at, 'customers', n) as loaded_at
from signed_up
""",
    "orders": """
select
  n as key,
  order_id,
  if(refill_product is null and u('unattributed', n) < .015, null, customer_id) as customer_id,
  ordered_at,
  case
    when u('status', n) < .94 or refill_product is not null then 'completed'
    when u('status', n) < .96 then 'pending'
    else 'cancelled'
  end as status,
  currency,
  pick(['web', 'web', 'web', 'web', 'app', 'app', 'app', 'store', 'store', 'store'], 'channel', n)
    as channel,
  ['WINTER', 'SPRING', 'SUMMER', 'AUTUMN'][quarter(ordered_at)] || percent_off as promotion_code,
  if(channel <> 'store' and u('ships', n) < .8, money((3 + 6 * u('shipping', n)) / fx), null) as shipping_cost,
  loaded_at
from purchase
""",
    "order_items": f"""
select key, order_id, line_number, quantity, unit_price, product_id, discount_amount, unit_cost, loaded_at
from ({LINES.format(purchases="purchase")})
""",
    "refunds": f"""
select
  n as key,
  format('R{{:09d}}', n) as refund_id,
  order_id,
  refunded_at,
  money(sum(share * (quantity * unit_price - coalesce(discount_amount, 0)))) as refund_amount,
  returned_line as line_number,
  returned_quantity,
  loaded(refunded_at, 'refunds', n) as loaded_at
from (
  select
    *,
    ordered_at + to_seconds(86400 + floor(18 * 86400 * exponential('refunded after', n))::bigint) as refunded_at,
    if(u('refund', n) < .6, 1 + below(max(line_number) over (partition by n), 'returned line', n), null)::integer
      as returned_line,
    if(returned_line is not null, 1 + below(quantity, 'returned', n), null)::decimal(10, 3) as returned_quantity,
    case when returned_line is not null then returned_quantity / quantity when u('refund', n) < .9 then 1 else .1 end
      as share
  from ({LINES.format(purchases="(from purchase where is_refunded)")})
)
where coalesce(returned_line = line_number, true) and refunded_at < closing()
group by n, order_id, refunded_at, returned_line, returned_quantity
""",
    "interactions": f"""
select
  key,
  'I' || contact as interaction_id,
  customer_id,
  occurred_at,
  coalesce(channel, pick(channels, 'contact channel', key)) as channel,
  interaction_type,
  if(u('direction known', key) < .95, direction, null) as direction,
  if(
    interaction_type in ('survey', 'support', 'complaint') and (is_sour or u('answers', key) < .7),
    grade(4.2 + .6 * normal('mood', buyer) + .5 * normal('answer', key)
      - if(interaction_type = 'complaint', 2, 0) - if(is_sour, 1, 0)),
    null
  ) as satisfaction_score,
  if(u('handling known', key) < .95, money(usual_cost * (.5 + u('handling', key))), null) as handling_cost,
  campaign_id,
  referred_customer_id,
  null::varchar as action_id,
  loaded(occurred_at, 'interactions', key) as loaded_at
from (select *, hash(contact) as key from ({CONTACTS}))
join contact_type using (interaction_type)
where occurred_at < closing()
""",
    "campaign_members": """
select key, campaign_id, customer_id, assigned_at, if(is_treated, 'treatment', 'control') as member_group,
  loaded(assigned_at, 'campaign_members', key) as loaded_at
from member
""",
    "assessments": """
select
  100 * n + 10 * nth + number as key,
  format('A{:07d}-{}{}', n, nth, number) as assessment_id,
  customer_id,
  (arrived_on + to_days(365 * nth::integer - 185 + below(60, 'assessed', 10 * n + nth)::integer))::date as assessed_on,
  ['industry_standing', 'growth_prospect', 'strategic_importance', 'relationship_strength'][number] as criterion,
  grade(.5 + 5 * u('judgement', 10 * n + number) ** .6 + .5 * normal('this time', key)) as score,
  pick(['account manager', 'sales director'], 'assessed by', n) as assessed_by,
  loaded(assessed_on, 'assessments', key) as loaded_at
from buyer, range(1, 30) as years(nth), range(1, 5) as criteria(number)
where customer_type = 'company' and taste > 1.5 and rate > .5 and assessed_on < closing()
""",
    "tier_overrides": """
select
  n as key,
  customer_id,
  pick(['key_value', 'key_growth', 'key_growth', 'standard_value'], 'granted', n) as tier,
  (arrived_on + to_days(30 + below(150, 'granted after', n)::integer))::date as valid_from,
  if(u('granted for good', n) < .3, null, valid_from + 90 + below(180, 'granted for', n)::integer) as valid_to,
  pick(['framework agreement signed', 'pilot customer', 'delivery dispute being settled'], 'granted why', n) as reason,
  pick(['head of sales', 'head of service'], 'granted by', n) as approved_by,
  loaded(valid_from - interval 2 day, 'tier_overrides', n) as loaded_at
from buyer
where n % 80 = 40 and is_graded and valid_from < closing()
""",
}

# What a row said before it was corrected. A merge is always a correction: nobody signs up as a double.
FIRST_VERSIONS = {
    "products": {"unit_cost": "(unit_cost * 1.1)::decimal(14, 4)"},
    "exchange_rates": {"rate_to_reporting": "(rate_to_reporting * 1.1)::decimal(12, 6)"},
    "customers": {"region": "'APAC'", "merged_into": "null"},
    "orders": {"status": "'pending'", "shipping_cost": "null"},
    "order_items": {"quantity": "(quantity + 1)::decimal(10, 3)"},
    "refunds": {"refund_amount": "(refund_amount + 1)::decimal(14, 4)"},
    "interactions": {"satisfaction_score": "null"},
    "campaign_members": {"assigned_at": "assigned_at - interval 1 hour"},
    "assessments": {"score": "6 - score"},
    "tier_overrides": {"valid_to": "null"},
}
ALWAYS_CORRECTED = {"customers": "merged_into is not null"}

DATED = """
select *, if({always} or u('{table} corrected', key) < .01, 1 + below(30, '{table} corrected after', key), 0)
  ::integer as corrected_after
from ({select})
"""


def last_versions(table: str, select: str) -> str:
    """The rows of a table, each as it was last sent."""
    return f"""
        select * exclude (key, corrected_after) replace (loaded_at + to_days(corrected_after) as loaded_at)
        from ({_dated(table, select)})
    """


def other_versions(table: str, select: str) -> str:
    """What else was sent of them: what some said before they were corrected, and exact copies of a few others."""
    first = ", ".join(f"if(corrected_after > 0, {value}, {column}) as {column}" for column, value in FIRST_VERSIONS[table].items())
    return f"""
        select * exclude (key, corrected_after) replace ({first})
        from ({_dated(table, select)})
        where corrected_after > 0 or u('{table} twice', key) < .002
    """


def _dated(table: str, select: str) -> str:
    return DATED.format(table=table, select=select, always=ALWAYS_CORRECTED.get(table, "false"))


# What models have to find, see the package.
PLANTED = {
    "product_pairs": "select product(products[1]) as product_id, product(products[2]) as other_product_id from pair",
    "refilled_products": "select product(refill_product) as product_id, cycle as cycle_days from refill",
    "campaigns": f"""
select campaign_id, starts_at::date as starts_on, {RESPONDS * ORDERS_MORE:.3f}::decimal(4, 3) as orders_more
from campaign
""",
}
PLANTED_CHUNKED = {
    "regulars": """
select
  customer_id,
  product(refill_product) as product_id,
  round(rhythm, 1)::decimal(6, 1) as rhythm_days,
  own_orders as orders,
  first_order_on,
  last_order_on,
  leaves as has_stopped,
  sours as complained
from buyer
join (
  select buyer as n, min(ordered_at)::date as first_order_on, max(ordered_at)::date as last_order_on
  from purchase where refill_product is not null group by buyer
) using (n)
""",
}
