-- Grain: one row per graded customer, review and scheme in which they have a class. A view: classes of the past are worked out when asked for.
{{ config(materialized='view') }}

-- depends_on: {{ ref('fct_scored_reviews') }}

{% set schemes = rule_rows('class_rules') | map(attribute='scheme') | unique | sort %}

with by_rule as (
    {%- for scheme in schemes %}
    select customer_id, review_date, {{ quoted(scheme) }} as scheme, {{ highest_class_met(scheme) }} as class
    from {{ ref('fct_scored_reviews') }}

    union all
    {%- endfor %}

    select customer_id, review_date, 'abc_class' as scheme, abc_class as class
    from {{ ref('fct_abc_classes') }}
)

select customer_id, review_date, scheme, class
from by_rule
where class is not null
