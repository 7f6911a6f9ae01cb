{# The class of a scheme with the highest rank whose rule a row meets, null if none; from class_rules. #}
{% macro highest_class_met(scheme) %}
    {%- set conditions = [] -%}
    {%- for rule in rule_rows('class_rules', 'scheme = ' ~ quoted(scheme)) -%}
        {%- do conditions.append(dict(rule, rank=rule.class_rank | int, outcome=quoted(rule['class']))) -%}
    {%- endfor -%}
    {{ highest_met(conditions, conditions | map(attribute='valid_from') | unique | sort(reverse=true) | list) }}
{% endmacro %}
