-- Grain: one row per customer of the last review: the next tier that has an entry rule, and what the nearest alternative of that rule
-- lacks by the metrics and breakpoints of that review.
{{ config(materialized='view') }}

{% set ways = tier_ways() | selectattr('kind', 'equalto', 'entry') | list %}

with breakpoints as (
    {{ breakpoints_by_group() }}
),

earning as (
    select
        review_date,
        score_group,
        {{ values_earning_scores() }}
    from breakpoints
),

reviewed as (
    select
        scored.*,
        {%- for metric in scored_metrics() %}{% for least in [1, 2, 3, 4, 5] %}
        earning.{{ metric }}_for_{{ least }},
        {%- endfor %}{% endfor %}
        tiers.tier_rank,
        {{ rules_version(ways, 'scored.review_date') }} as rules_version
    from {{ ref('fct_current_metrics') }} as scored
    inner join {{ ref('fct_current_tiers') }} as tiers on scored.customer_id = tiers.customer_id
    left join earning on scored.review_date = earning.review_date and scored.score_group = earning.score_group
),

nearest as (
    select
        *,
        {{ nearest_way(ways) }} as way_number
    from reviewed
),

-- of several unmet conditions the first whose metric has a value speaks for the way: 100 × its number + that of the condition
speaking as (
    select
        *,
        case way_number
            {%- for way in ways %}
            {%- set measured, others = [], [] -%}
            {%- for condition in way.conditions -%}
                {%- do measured.append('when not (' ~ condition_met(condition) ~ ') then ' ~ (100 * way.number + loop.index)) -%}
                {%- do others.append('when ' ~ condition.metric ~ ' is null then ' ~ (100 * way.number + loop.index)) -%}
            {%- endfor %}
            when {{ way.number }} then case {{ (measured + others) | join(' ') }} end
            {%- else %}
            when 0 then 0
            {%- endfor %}
        end as condition_number
    from nearest
)

select
    customer_id,
    case way_number
        {%- for way in ways %}
        when {{ way.number }} then {{ quoted(way.tier) }}
        {%- else %}
        when 0 then ''
        {%- endfor %}
    end as next_tier,
    {%- for column in ['metric', 'gap'] %}
    case condition_number
        {%- for way in ways %}{% for condition in way.conditions %}
        when {{ 100 * way.number + loop.index }} then {{ what_is_missing(condition)[column] }}
        {%- endfor %}{% endfor %}
        else cast(null as {{ {'metric': 'string', 'gap': 'decimal(22, 4)'}[column] }})
    end as next_tier_{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from speaking
