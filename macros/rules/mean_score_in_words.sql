{# What a mean score says, by cluster_words, in English (en) or Chinese (zh); null where that has no words for it. #}
{% macro mean_score_in_words(metric, language) -%}
    case
        {%- for row in rule_rows('cluster_words', "metric = '" ~ metric ~ "' order by cast(min_value as decimal(9, 4)) desc") %}
        when {{ metric }} >= {{ row.min_value }} then {{ quoted(row['words_' ~ language]) }}
        {%- else %}
        when false then ''
        {%- endfor %}
    end
{%- endmacro %}
