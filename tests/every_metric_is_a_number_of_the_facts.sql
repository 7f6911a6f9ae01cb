-- Rules may use any metric of seeds/rules/metrics.csv, and all of them are there: the seed and the numeric columns are one list.
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
    coalesce(metrics.metric, facts.metric) as metric,
    case when facts.metric is null then 'no such number in the facts' else 'not in metrics.csv, or twice' end as problem
from facts
full outer join (
    select metric, count(*) as row_count
    from {{ ref('metrics') }}
    group by metric
) as metrics on facts.metric = metrics.metric
where facts.metric is null or coalesce(metrics.row_count, 0) <> 1
