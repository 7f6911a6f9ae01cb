{# The rows of a staging model that count: current ones whose own date is not after as_of_date. #}
{% macro accepted(staging_model) -%}
(
        select judged.*
        from {{ ref(staging_model) }} as judged
        cross join {{ ref('int_as_of') }} as as_of
        where judged.outcome = 'current' and (judged.effective_on is null or judged.effective_on <= as_of.as_of_date)
    )
{%- endmacro %}
