{#
    The ways to meet a cause of churn, one dict for each alternative of churn_causes, by name of the cause:
        number (from 1), cause, label_en, label_zh, conditions: dicts of metric, unit, label_en, label_zh, min_value and max_value.
#}
{% macro churn_ways() %}
    {%- set labels, ways = {}, [] -%}
    {%- for row in rule_rows('churn_labels') -%}{%- do labels.update({row.term: row}) -%}{%- endfor -%}
    {%- set rules, words = rule_rows('churn_causes'), words_of_metrics() -%}
    {%- for cause in rules | map(attribute='cause') | unique | sort -%}
        {%- set rows = rules | selectattr('cause', 'equalto', cause) | list -%}
        {%- for alternative in alternatives_in_order(rows) -%}
            {%- set conditions = [] -%}
            {%- for row in rows | selectattr('alternative', 'equalto', alternative) | sort(attribute='metric') -%}
                {%- do conditions.append(dict(words.get(row.metric, {}), metric=row.metric, min_value=row.min_value, max_value=row.max_value)) -%}
            {%- endfor -%}
            {%- do ways.append({
                'number': ways | length + 1, 'cause': cause, 'conditions': conditions,
                'label_en': labels.get(cause, {}).get('label_en', cause), 'label_zh': labels.get(cause, {}).get('label_zh', cause),
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(ways) }}
{% endmacro %}

{# The number of the first of these ways (see churn_ways) that a row meets, null if it meets none. #}
{% macro first_cause_met(ways) -%}
    case
        {%- for way in ways %}
        {%- set tests = [] -%}
        {%- for condition in way.conditions -%}{%- do tests.append(condition_met(condition)) -%}{%- endfor %}
        when {{ tests | join(' and ') }} then {{ way.number }}
        {%- else %}
        when false then 0
        {%- endfor %}
    end
{%- endmacro %}

{# The causes a row has a way for, as a text: their names (name) or what readers call them in English (en) or Chinese (zh). #}
{% macro causes_in_words(ways, language, joint) -%}
    concat_ws({{ quoted(joint) }}, cast(null as string)
    {%- for way in ways | unique(attribute='cause') -%}
        , case when {{ way.cause }}_way is not null then {{ quoted(way.cause if language == 'name' else way['label_' ~ language]) }} end
    {%- endfor -%}
    )
{%- endmacro %}

{# The metrics by which a row has causes, each once, with their values, as a text in English (en) or Chinese (zh). #}
{% macro values_in_words(ways, language, joint) -%}
    {%- set told = {} -%}
    {%- for way in ways -%}{%- for condition in way.conditions -%}
        {%- do told.setdefault(condition.metric, (condition, []))[1].append(way.cause ~ '_way = ' ~ way.number) -%}
    {%- endfor -%}{%- endfor -%}
    concat_ws({{ quoted(joint) }}, cast(null as string)
    {%- for metric, (condition, tests) in told | dictsort -%}
        , case when {{ tests | join(' or ') }} then concat({{ quoted(condition['label_' ~ language] ~ {'en': ' ', 'zh': ''}[language]) }}, {{ value_in_words(metric, condition.unit, language) }}) end
    {%- endfor -%}
    )
{%- endmacro %}
