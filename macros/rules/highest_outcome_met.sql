{# The outcome with the highest rank whose conditions a row meets, null if none: of a seed without versions, such as composite_classes. #}
{% macro highest_outcome_met(seed_name, outcome, rank) %}
    {%- set conditions = [] -%}
    {%- for rule in rule_rows(seed_name) -%}
        {%- do conditions.append(dict(rule, valid_from='', rank=rule[rank] | int, outcome=quoted(rule[outcome]))) -%}
    {%- endfor -%}
    {{ highest_met(conditions, ['']) if conditions else 'cast(null as string)' }}
{% endmacro %}
