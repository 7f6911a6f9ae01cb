{# The valid_from of the version of the tier rules (see tier_ways) in force at a review: the latest up to it; before the first, the first. #}
{% macro rules_version(ways, review_date) -%}
    case
        {%- for version in ways | map(attribute='version') | unique %}
        when {{ 'true' if loop.last else review_date ~ " >= date '" ~ version ~ "'" }} then '{{ version }}'
        {%- else %}
        when true then ''
        {%- endfor %}
    end
{%- endmacro %}
