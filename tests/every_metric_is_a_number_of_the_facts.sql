-- Rules may use any metric of seeds/rules/metrics.csv: each is a numeric column of the facts, and is listed once.
{% set facts = ref('fct_current_metrics') %}
{% set numbers = [] %}
{% if execute %}
    {% for column in adapter.get_columns_in_relation(facts) %}
        {% if modules.re.match('decimal|(tiny|small|big|huge)?int|double|float', column.dtype | lower) %}{% do numbers.append(column.name | lower) %}{% endif %}
    {% endfor %}
{% endif %}

with facts as (
    {%- for number in numbers %}
    select {{ quoted(number) }} as metric
    {{ 'union all' if not loop.last }}
    {%- else %}
    select cast(null as string) as metric
    {%- endfor %}
)

select
    metrics.metric,
    case when facts.metric is null then 'no such number in the facts' else 'listed twice' end as problem
from (
    select metric, count(*) as row_count
    from {{ ref('metrics') }}
    group by metric
) as metrics
left join facts on metrics.metric = facts.metric
where facts.metric is null or metrics.row_count > 1
