{#
    The number of the first way (see tier_ways) of a kind, to the tier of a rank, that a row meets in the version rules_version;
    null if it meets none.
#}
{% macro first_way_met(ways, kind, rank) -%}
    case
        {%- for version, of_version in ways | selectattr('kind', 'equalto', kind) | groupby('version') %}
        when rules_version = '{{ version }}' then
            case
                {%- for way in of_version %}
                {%- set tests = [rank ~ ' = ' ~ way.tier_rank] -%}
                {%- for condition in way.conditions -%}{%- do tests.append(condition_met(condition)) -%}{%- endfor %}
                when {{ tests | join(' and ') }} then {{ way.number }}
                {%- endfor %}
            end
        {%- else %}
        when false then 0
        {%- endfor %}
    end
{%- endmacro %}
