{#
    The metrics of fct_customer_profit, as columns, of what a window adds up to: purchases and contacts are the names of relations
    that hold these sums; whoever had no contact may have no row of contacts.
#}
{% macro profit_of_totals(purchases, contacts) -%}
    {{ purchases }}.cost_of_goods,
    cast({{ purchases }}.monetary - {{ purchases }}.cost_of_goods as decimal(18, 2)) as gross_profit,
    coalesce({{ contacts }}.service_cost, 0) as service_cost,
    {{ purchases }}.shipping_cost,
    cast({{ purchases }}.monetary - {{ purchases }}.cost_of_goods - coalesce({{ contacts }}.service_cost, 0) - {{ purchases }}.shipping_cost as decimal(18, 2)) as net_profit,
    {{ purchases }}.cost_coverage
{%- endmacro %}
