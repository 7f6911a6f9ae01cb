{#
    The columns are a key: no two rows share them and none of them is null, except those named in `nullable`.
    For tables that are built in parts, add a where to the test's config.
#}
{% test has_grain(model, columns, nullable=[]) %}
select {{ columns | join(', ') }}, count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {%- for column in columns if column not in nullable %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
