{#
    SQL for a sentence that a row which meets a way (see tier_ways) meets it, with its values, in English (en) or Chinese (zh).
    It says first if the tier is provisional (is_provisional). One concat, because a chain of || copies the sentence at every link.
#}
{% macro way_in_words(way, language) %}
    {%- set label, alternative = way['label_' ~ language], way.alternative or '' -%}
    {%- set facts, bounds = [], [] -%}
    {%- for condition in way.conditions -%}
        {%- do bounds.append(condition.metric == 'tenure_days' and condition.max_value is none and (condition.min_value or 0) | float <= 0) -%}
        {%- set name = condition['label_' ~ language] ~ {'en': ' ', 'zh': ''}[language] -%}
        {%- set joint = '' if loop.first else {'en': ', ', 'zh': '，'}[language] -%}
        {%- do facts.append(quoted(joint ~ name) ~ ', ' ~ value_in_words(condition.metric, condition.unit, language)) -%}
    {%- endfor -%}
    {%- if way.kind == 'entry' and bounds | min -%}
        {%- set words = quoted({'en': 'No higher tier is earned; ' ~ label ~ ' is open to everyone.', 'zh': '未获得更高等级；' ~ label ~ '面向所有客户。'}[language]) -%}
    {%- elif language == 'en' -%}
        {%- set rule = ['Meets rule', alternative, 'for', {'entry': 'earning', 'retain': 'keeping'}[way.kind], label] | select | join(' ') -%}
        {%- set words = quoted(rule ~ ': ') ~ ', ' ~ facts | join(', ') ~ ", '.'" -%}
    {%- else -%}
        {%- set rule = '符合' ~ {'entry': '获得', 'retain': '保留'}[way.kind] ~ label ~ '的规则' ~ alternative -%}
        {%- set words = quoted(rule ~ '：') ~ ', ' ~ facts | join(', ') ~ ", '。'" -%}
    {%- endif -%}
    {%- set opening = 'case when is_provisional then ' ~ {'en': "'Provisional. '", 'zh': "'暂定。'"}[language] ~ " else '' end" -%}
    {{ return('concat(' ~ opening ~ ', ' ~ words ~ ')') }}
{% endmacro %}
