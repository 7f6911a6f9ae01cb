-- Grain: one row: what cross_sell_limits.csv asks of pairs, refills and products, as columns.
{{ config(materialized='view') }}
{% set types = {
    'min_orders': 'int',
    'min_support': 'decimal(9, 6)',
    'min_lift': 'decimal(9, 4)',
    'min_refills': 'int',
    'due_within_days': 'int',
    'sold_within_days': 'int',
    'min_upsell_step': 'decimal(9, 4)',
} %}

select
    {%- for name, type in types.items() %}
    max(case when name = '{{ name }}' then cast(value as {{ type }}) end) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ ref('cross_sell_limits') }}
