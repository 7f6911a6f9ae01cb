{#
    One row per customer, review and scheme in which they have a class, from a relation with every metric the rules
    ask for: the schemes of class_rules, and abc_class.
#}
{% macro class_rows(reviews) %}
    {%- for scheme in rule_rows('class_rules') | map(attribute='scheme') | unique | sort %}
    select customer_id, review_date, {{ quoted(scheme) }} as scheme, {{ highest_class_met(scheme) }} as class
    from {{ reviews }}
    where {{ highest_class_met(scheme) }} is not null

    union all
    {% endfor %}
    select customer_id, review_date, 'abc_class' as scheme, abc_class as class
    from ({{ abc_rows(reviews, var('abc_metric')) }}) as abc
{% endmacro %}
