{# The tier of a rank, from tiers. #}
{% macro tier_name(rank) -%}
    case {{ rank }}
        {%- for tier in rule_rows('tiers') %} when {{ tier.tier_rank }} then {{ quoted(tier.tier) }}{% endfor %}
        {%- if not execute %} when 0 then ''{% endif %} end
{%- endmacro %}
