{# The tier of a rank, or another column of its row, from tiers. #}
{% macro tier_name(rank, column='tier') -%}
    case {{ rank }}
        {%- for tier in rule_rows('tiers') %} when {{ tier.tier_rank }} then {{ quoted(tier[column]) }}{% endfor %}
        {%- if not execute %} when 0 then ''{% endif %} end
{%- endmacro %}
