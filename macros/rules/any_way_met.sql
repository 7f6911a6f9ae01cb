{#
    SQL that is true where a row meets one of these ways (see tier_ways), in the version rules_version, to the tier of a rank or to
    a higher one, else false. A case, because engines work out all of a long `or` for every row.
#}
{% macro any_way_met(ways, rank) -%}
    case
        {%- for way in ways %}
        {%- set tests = [rank ~ ' <= ' ~ way.tier_rank, "rules_version = '" ~ way.version ~ "'"] -%}
        {%- for condition in way.conditions -%}{%- do tests.append(condition_met(condition)) -%}{%- endfor %}
        when {{ tests | join(' and ') }} then true
        {%- else %}
        when false then true
        {%- endfor %}
        else false
    end
{%- endmacro %}

{# Those of the ways that, once met, are met at every later review if nothing more happens: they look at nothing that ages or leaves the window. #}
{% macro lasting_ways(ways) %}
    {%- set lasting = ['lifetime_orders', 'lifetime_monetary', 'industry_standing', 'growth_prospect', 'strategic_importance', 'relationship_strength', 'is_company'] -%}
    {%- set found = [] -%}
    {%- for way in ways -%}
        {%- set fading = [] -%}
        {%- for condition in way.conditions if condition.metric not in lasting and not (condition.metric == 'tenure_days' and condition.max_value is none) -%}
            {%- do fading.append(condition) -%}
        {%- endfor -%}
        {%- if not fading -%}{%- do found.append(way) -%}{%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
