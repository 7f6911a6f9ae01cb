{# The mean of the satisfaction scores of some contacts, of their number and sum; null without one. #}
{% macro satisfaction() -%}
case when satisfaction_answers > 0 then {{ ratio('cast(cast(satisfaction_total as decimal(20, 4)) * 10000 as bigint)', '(10000 * cast(satisfaction_answers as bigint))') }} end
{%- endmacro %}
