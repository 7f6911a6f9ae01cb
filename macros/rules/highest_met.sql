{#
    A case expression for the highest-ranked outcome whose conditions a row meets, null if none. conditions: dicts with
    valid_from, rank, outcome (SQL), alternative, metric, min_value, max_value: what tier_rules and class_rules hold.
    versions: the valid_from of all versions of the rules, newest first: one that has no such conditions is met by nobody.
    The version in force is the one with the greatest valid_from up to review_date; before the first, the first.
#}
{% macro highest_met(conditions, versions) %}
    case
        {%- for version in versions %}
        when {{ "review_date >= date '" ~ version ~ "'" if not loop.last else 'true' }} then
            case
                {%- set in_version = conditions | selectattr('valid_from', 'equalto', version) | list -%}
                {%- for rank in in_version | map(attribute='rank') | unique | sort(reverse=true) %}
                {%- set of_rank = in_version | selectattr('rank', 'equalto', rank) | list -%}
                {%- set alternatives = [] -%}
                {%- for alternative in of_rank | map(attribute='alternative') | unique -%}
                    {%- set tests = [] -%}
                    {%- for condition in of_rank | selectattr('alternative', 'equalto', alternative) -%}
                        {%- do tests.append(condition_met(condition)) -%}
                    {%- endfor -%}
                    {%- do alternatives.append(tests | join(' and ')) -%}
                {%- endfor %}
                when {{ alternatives | join('\n                    or ') }} then {{ of_rank[0].outcome }}
                {%- else %}
                when false then null
                {%- endfor %}
            end
        {%- endfor %}
    end
{% endmacro %}

{# One condition as SQL: bounds are inclusive, an empty bound is none, a null metric fails. #}
{% macro condition_met(condition) %}
    {%- set parts = [] -%}
    {%- if condition.min_value is not none -%}{%- do parts.append(condition.metric ~ ' >= ' ~ condition.min_value) -%}{%- endif -%}
    {%- if condition.max_value is not none -%}{%- do parts.append(condition.metric ~ ' <= ' ~ condition.max_value) -%}{%- endif -%}
    {{ return(parts | join(' and ') if parts else condition.metric ~ ' is not null') }}
{% endmacro %}
