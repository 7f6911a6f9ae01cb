{#
    A relation of reviews (fct_customer_reviews or what is made of it) as it is, or with those of these metrics beside it that are not kept
    with every review: of contacts, assessments and patterns of purchases. Few have them and few rules ask for any: who asks for none pays for none.
    reviews: a relation of the reviews, by review_date, at which they are wanted; there are none at others.
    customers, lines: as in pattern_rows.
#}
{% macro with_metrics(relation, metrics, reviews, customers=none, lines=none) -%}
    {#- all are made before it is known which are asked for, because dbt looks for refs before it knows the rules -#}
    {%- set kinds = [
        ('contacts', contact_metrics(), contact_rows(reviews, customers)),
        ('assessments', assessment_metrics(), assessment_rows(reviews, customers)),
        ('patterns', pattern_metrics(), pattern_rows(reviews, metrics, customers, lines)),
    ] -%}
    {%- set columns, joins = [], [] -%}
    {%- for kind, offered, rows in kinds -%}
        {%- set asked_for = offered | select('in', metrics) | list -%}
        {%- if asked_for -%}
            {%- do columns.append(metric_columns(kind, asked_for)) -%}
            {%- do joins.append('left join (' ~ rows ~ ') as ' ~ kind ~ ' on facts.customer_id = ' ~ kind ~ '.customer_id and facts.review_date = ' ~ kind ~ '.review_date') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not joins -%}{{ relation }}
    {%- else -%}
    (
        select facts.*, {{ columns | join(', ') }}
        from {{ relation }} as facts
        {{ joins | join('\n        ') }}
    )
    {%- endif -%}
{%- endmacro %}

{# The metrics of contacts that rules may use; those of profit are kept with every review. #}
{% macro contact_metrics() %}
    {%- set counts = ['interactions', 'inbound', 'outbound', 'complaints', 'events_attended', 'campaign_touches', 'campaign_responses', 'referrals', 'converted_referrals'] -%}
    {{ return(counts + ['satisfaction']) }}
{% endmacro %}

{# Those of assessments: the criteria. #}
{% macro assessment_metrics() %}
    {{- return(['industry_standing', 'growth_prospect', 'strategic_importance', 'relationship_strength']) -}}
{% endmacro %}

{# Those of fct_customer_patterns. #}
{% macro pattern_metrics() %}
    {{- return(['promotion_share', 'flagship_share', 'categories', 'average_interval_days', 'recency_intervals', 'frequency_trend', 'monetary_trend']) -}}
{% endmacro %}

{# These metrics as columns of a relation that has no row for whoever has none of them: where there is nothing to count the number is 0. #}
{% macro metric_columns(relation, metrics) -%}
    {%- set counts = contact_metrics() | reject('equalto', 'satisfaction') | list + ['categories'] -%}
    {%- for metric in metrics -%}
    {{ 'coalesce(' ~ relation ~ '.' ~ metric ~ ', 0) as ' ~ metric if metric in counts else relation ~ '.' ~ metric }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# The contacts in the window of each of these reviews: one row per customer who had any so far. Arguments: as in with_metrics. #}
{% macro contact_rows(reviews, customers=none) %}
        select runs.*, reviews.review_date
        from {{ ref('int_contact_runs') }} as runs
        inner join {{ reviews }} as reviews on runs.holds_from <= reviews.review_date and runs.holds_until > reviews.review_date
        {%- if customers %}
        where runs.customer_id in (select few.customer_id from {{ customers }} as few)
        {%- endif %}
{% endmacro %}

{# The latest assessments by each of these reviews: one row per customer assessed so far. Arguments: as in with_metrics. #}
{% macro assessment_rows(reviews, customers=none) %}
        select
            runs.customer_id,
            reviews.review_date
            {%- for criterion in assessment_metrics() %},
            max(case when runs.criterion = '{{ criterion }}' then runs.score end) as {{ criterion }}
            {%- endfor %}
        from {{ ref('int_assessment_runs') }} as runs
        inner join {{ reviews }} as reviews on runs.holds_from <= reviews.review_date and runs.holds_until > reviews.review_date
        {%- if customers %}
        where runs.customer_id in (select few.customer_id from {{ customers }} as few)
        {%- endif %}
        group by runs.customer_id, reviews.review_date
{% endmacro %}
