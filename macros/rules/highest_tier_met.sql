{# The rank of the highest tier whose rule of a kind (entry, retain) a row meets, null if none; from tier_rules. #}
{% macro highest_tier_met(kind) %}
    {%- set ranks, conditions = {}, [] -%}
    {%- for tier in rule_rows('tiers') -%}{%- do ranks.update({tier.tier: tier.tier_rank | int}) -%}{%- endfor -%}
    {%- for rule in rule_rows('tier_rules') if rule.kind == kind -%}
        {%- do conditions.append(dict(rule, rank=ranks[rule.tier], outcome=ranks[rule.tier])) -%}
    {%- endfor -%}
    {%- set versions = rule_rows('tier_rules') | map(attribute='valid_from') | unique | sort(reverse=true) | list -%}
    {{ 'cast(' ~ highest_met(conditions, versions) ~ ' as int)' if conditions else 'cast(null as int)' }}
{% endmacro %}
