-- Within a review and score group the values behind one score all lie below those behind the next, so no tie is ever split;
-- a score is 0 exactly where nothing was bought in the window, else 1 and one more for each breakpoint exceeded.
{% set metrics = {'recency': '-recency_days', 'frequency': 'frequency', 'monetary': 'monetary', 'profit': 'net_profit'} %}
with profiles as (
    select
        review_date,
        score_group,
        frequency > 0 as is_buyer,
        {%- for metric, goodness in metrics.items() %}
        {{ metric }}_score,
        cast(min({{ goodness }}) as decimal(22, 4)) as worst_{{ metric }},
        cast(max({{ goodness }}) as decimal(22, 4)) as best_{{ metric }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_scored_reviews') }}
    where review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
    group by review_date, score_group, frequency > 0
        {%- for metric in metrics %}, {{ metric }}_score{% endfor %}
),

by_score as (
    {%- for metric in metrics %}
    select
        review_date,
        score_group,
        '{{ metric }}' as metric,
        {{ metric }}_score as score,
        is_buyer,
        min(worst_{{ metric }}) as worst,
        max(best_{{ metric }}) as best
    from profiles
    group by review_date, score_group, {{ metric }}_score, is_buyer
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

compared as (
    select
        by_score.*,
        lag(by_score.best) over (
            partition by by_score.review_date, by_score.score_group, by_score.metric, by_score.is_buyer
            order by by_score.score
        ) as best_below,
        {%- for number in [1, 2, 3, 4] %}
        case when by_score.metric = 'recency' then -breakpoints.b{{ number }} else breakpoints.b{{ number }} end as b{{ number }},
        {%- endfor %}
        breakpoints.metric is null as has_no_breakpoints
    from by_score
    left join {{ ref('fct_score_breakpoints') }} as breakpoints
        on
            by_score.review_date = breakpoints.review_date
            and by_score.score_group = breakpoints.score_group
            and by_score.metric = breakpoints.metric
)

select
    review_date,
    score_group,
    metric,
    score
from compared
where
    (score = 0) = is_buyer
    or coalesce(score not between 0 and 5, true)
    or (is_buyer and has_no_breakpoints)
    or (is_buyer and best_below >= worst)
    or (is_buyer and b1 is null and score <> 3)
    {%- for number in [1, 2, 3, 4] %}
    or (is_buyer and (worst > b{{ number }}) <> (score > {{ number }}))
    or (is_buyer and (best > b{{ number }}) <> (score > {{ number }}))
    {%- endfor %}
