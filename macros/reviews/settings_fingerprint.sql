{#
    A fingerprint of all that makes a review besides its data and tier rules: vars, scoring, tiers and the code.
    The harness names the code (TIERS_CODE); without it any run may hold other macros than the last, so nothing is taken over.
#}
{% macro settings_fingerprint() -%}
    {%- set settings = [env_var('TIERS_CODE', '') or invocation_id, target.type] -%}
    {%- for name in ['reporting_currency', 'business_timezone', 'history_start', 'review_cadence', 'window_days', 'score_by', 'min_scored_customers', 'tier_grace_reviews', 'tier_soft_landing'] -%}
        {%- do settings.append(name ~ '=' ~ var(name)) -%}
    {%- endfor -%}
    {%- for row in rule_rows('score_methods', 'true order by metric') + rule_rows('tiers', 'true order by tier') -%}
        {%- do settings.append(row | string) -%}
    {%- endfor -%}
    {{ local_md5(settings | join('|')) }}
{%- endmacro %}
