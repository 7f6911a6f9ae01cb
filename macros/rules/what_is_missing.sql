{#
    What a customer who does not meet a condition lacks, as a dict of two SQL expressions: metric, the metric that must change,
    and gap, what must be added to it so that the condition is just met (negative: taken away; null: it has no value, or none
    would do). For a score that is too low it is the metric behind the score and the value that earns it, a column such as
    monetary_for_4 (see values_earning_scores); where that is there already, or a purchase would bring it, it is an order.
#}
{% macro what_is_missing(condition) %}
    {%- set metric, low, high = condition.metric, condition.min_value, condition.max_value -%}
    {%- set scored = metric.removesuffix('_score') -%}
    {%- set behind = scored_metrics().get(scored) if scored != metric -%}
    {%- if low is none or not behind -%}
        {%- set name = quoted(metric) -%}
        {%- set gap = (low if low is not none else high if high is not none else 'null') ~ ' - ' ~ metric -%}
    {%- else -%}
        {%- set least = [(low | float) | round(0, 'ceil') | int, 1] | max -%}
        {%- set earning = scored ~ '_for_' ~ least if least <= 5 else 'null' -%}
        {%- set lacks_order = 'frequency = 0 and ' ~ ('coalesce(recency_days, 0) <= ' if scored == 'recency' else behind ~ ' >= ') ~ earning -%}
        {%- set name = 'case when ' ~ lacks_order ~ " then 'frequency' else " ~ quoted(behind) ~ ' end' -%}
        {%- set gap = 'case when ' ~ lacks_order ~ ' then 1 else ' ~ earning ~ ' - ' ~ behind ~ ' end' -%}
    {%- endif -%}
    {%- if low is not none and high is not none -%}
        {%- set name = 'case when ' ~ metric ~ ' > ' ~ high ~ ' then ' ~ quoted(metric) ~ ' else ' ~ name ~ ' end' -%}
        {%- set gap = 'case when ' ~ metric ~ ' > ' ~ high ~ ' then ' ~ high ~ ' - ' ~ metric ~ ' else ' ~ gap ~ ' end' -%}
    {%- endif -%}
    {{ return({'metric': name, 'gap': 'cast(' ~ gap ~ ' as decimal(22, 4))'}) }}
{% endmacro %}
