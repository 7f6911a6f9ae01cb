{# Stops the run with one line if a var has a value that no model can work with. #}
{% macro check_vars() %}
    {%- set date_pattern = '[0-9]{4}-[0-9]{2}-[0-9]{2}' -%}
    {%- set allowed = {
        'review_cadence': ['day', 'week', 'month', 'quarter'],
        'score_by': [none, 'customer_type', 'industry', 'region', 'acquisition_channel', 'referred_by'],
        'tier_soft_landing': [true, false],
        'clv_model': ['bg_nbd', 'mbg_nbd'],
        'publish_facts': [true, false],
    } -%}
    {%- for name, values in allowed.items() -%}
        {%- if var(name) not in values -%}
            {{ exceptions.raise_compiler_error("var " ~ name ~ " is " ~ var(name) ~ "; it must be one of " ~ values | join(', ')) }}
        {%- endif -%}
    {%- endfor -%}
    {%- for name, least in {'window_days': 1, 'min_scored_customers': 1, 'tier_grace_reviews': 0}.items() -%}
        {%- if var(name) is not integer or var(name) < least -%}
            {{ exceptions.raise_compiler_error("var " ~ name ~ " is " ~ var(name) ~ "; it must be a whole number from " ~ least ~ " on") }}
        {%- endif -%}
    {%- endfor -%}
    {%- if var('clv_horizon_days') is not integer or not 1 <= var('clv_horizon_days') <= 3650 -%}
        {{ exceptions.raise_compiler_error("var clv_horizon_days is " ~ var('clv_horizon_days') ~ "; it must be a whole number from 1 to 3650") }}
    {%- endif -%}
    {%- if not modules.re.fullmatch('[0-9]([.][0-9]{1,6})?', var('clv_discount_rate') | string) -%}
        {{ exceptions.raise_compiler_error("var clv_discount_rate is " ~ var('clv_discount_rate') ~ "; it must be a rate a year such as 0.12, from 0 to below 10, with six places at most") }}
    {%- endif -%}
    {%- for name in ['as_of_date', 'history_start'] -%}
        {%- if var(name) is not none and not modules.re.fullmatch(date_pattern, var(name) | string) -%}
            {{ exceptions.raise_compiler_error("var " ~ name ~ " is " ~ var(name) ~ "; it must be a date, YYYY-MM-DD") }}
        {%- endif -%}
    {%- endfor -%}
    {%- if var('known_at') is not none and not modules.re.fullmatch(iso_8601_pattern(), var('known_at') | string) -%}
        {{ exceptions.raise_compiler_error("var known_at is " ~ var('known_at') ~ "; it must be a time in ISO 8601") }}
    {%- endif -%}
    {%- if var('business_timezone') not in modules.pytz.all_timezones -%}
        {{ exceptions.raise_compiler_error("var business_timezone is " ~ var('business_timezone') ~ "; it must be a time zone such as Europe/Berlin") }}
    {%- endif -%}
    {%- if not modules.re.fullmatch('[A-Za-z0-9]{1,10}', var('reporting_currency') | string) -%}
        {{ exceptions.raise_compiler_error("var reporting_currency is " ~ var('reporting_currency') ~ "; it must be a currency such as USD") }}
    {%- endif -%}
{% endmacro %}
