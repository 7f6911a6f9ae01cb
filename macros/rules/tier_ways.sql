{#
    The ways to earn or keep a tier, one dict for each alternative of tier_rules; newest version first, in it the highest tier:
        number (from 1), version (its valid_from), tier, tier_rank, label_en, label_zh, kind, alternative,
        conditions: dicts of metric, unit, label_en, label_zh, min_value and max_value, by name of metric.
    Rows of a table have no order, so that of the names is the one every engine agrees on.
#}
{% macro tier_ways() %}
    {%- set metrics, ways = words_of_metrics(), [] -%}
    {%- set rules, tiers = rule_rows('tier_rules'), rule_rows('tiers') -%}
    {%- for version in rules | map(attribute='valid_from') | unique | sort(reverse=true) -%}
        {%- for rank in tiers | map(attribute='tier_rank') | map('int') | sort(reverse=true) -%}
            {%- set tier = tiers | selectattr('tier_rank', 'equalto', rank | string) | first -%}
            {%- for kind in ['entry', 'retain'] -%}
                {%- set rows = rules | selectattr('valid_from', 'equalto', version) | selectattr('tier', 'equalto', tier.tier) | selectattr('kind', 'equalto', kind) | list -%}
                {%- for alternative in alternatives_in_order(rows) -%}
                    {%- set conditions = [] -%}
                    {%- for row in rows | selectattr('alternative', 'equalto', alternative) | sort(attribute='metric') -%}
                        {%- do conditions.append(dict(metrics[row.metric], metric=row.metric, min_value=row.min_value, max_value=row.max_value)) -%}
                    {%- endfor -%}
                    {%- do ways.append({
                        'number': ways | length + 1, 'version': version, 'tier': tier.tier, 'tier_rank': rank, 'label_en': tier.label_en, 'label_zh': tier.label_zh,
                        'kind': kind, 'alternative': alternative, 'conditions': conditions,
                    }) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(ways) }}
{% endmacro %}

{# The alternatives of rules, by number; those that are no number first, by name. #}
{% macro alternatives_in_order(rows) %}
    {%- set keys = [] -%}
    {%- for alternative in rows | map(attribute='alternative') | unique -%}
        {%- set name = alternative or '' -%}
        {%- do keys.append((name | int if name.isdecimal() else 0, name, alternative)) -%}
    {%- endfor -%}
    {{ return(keys | sort | map('last') | list) }}
{% endmacro %}

{# The names of the metrics these ways look at. #}
{% macro metrics_of(ways) %}
    {%- set found = [] -%}
    {%- for way in ways -%}{%- do found.extend(way.conditions | map(attribute='metric')) -%}{%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{#
    Of each metric its unit and what readers call it: metric → dict of unit, label_en, label_zh; one without a label goes by its name.
    Those of fct_customer_patterns are there even if a metrics.csv of one's own leaves them out: the shipped causes of churn ask for them.
#}
{% macro words_of_metrics() %}
    {%- set metrics = {} -%}
    {%- for metric in pattern_metrics() -%}
        {%- do metrics.update({metric: {'unit': 'ratio', 'label_en': metric | replace('_', ' '), 'label_zh': metric}}) -%}
    {%- endfor -%}
    {%- for row in rule_rows('metrics') -%}
        {%- do metrics.update({row.metric: {'unit': row.unit, 'label_en': row.metric | replace('_', ' '), 'label_zh': row.metric}}) -%}
    {%- endfor -%}
    {%- for row in rule_rows('metric_labels') if row.metric in metrics -%}
        {%- do metrics[row.metric].update(label_en=row.label_en, label_zh=row.label_zh) -%}
    {%- endfor -%}
    {{ return(metrics) }}
{% endmacro %}
