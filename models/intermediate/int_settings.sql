-- Grain: one row per var of the project but raw_schema: what this warehouse was last built with, as JSON.
-- An answer can be explained only by the settings it was given under, and a refresh may have been told others than the files say.
{% set names = [
    'reporting_currency', 'business_timezone', 'as_of_date', 'known_at', 'history_start', 'review_cadence', 'window_days', 'score_by',
    'min_scored_customers', 'tier_grace_reviews', 'tier_soft_landing', 'abc_metric', 'clv_model', 'clv_horizon_days', 'clv_discount_rate', 'publish_facts',
] %}

{%- for name in names %}
select '{{ name }}' as var_name, {{ quoted(tojson(var(name))) }} as setting
{{ 'union all' if not loop.last }}
{%- endfor %}
