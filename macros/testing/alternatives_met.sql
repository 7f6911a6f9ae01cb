{#
    For data tests: which alternatives are met, the rules taken as rows and not as the SQL the models make of them. Reads
    two queries of the caller, scored (a row of the metrics that a seed of rules asks for) and conditions (metric, min_value, max_value), joined where
    `in_force` holds; gives the columns of `grain`, which name the scored row and the alternative.
#}
{% macro alternatives_met(rules, grain, in_force='true') %}
    select {{ grain | join(', ') }}
    from (
        select
            scored.*,
            conditions.*,
            case conditions.metric
                {%- for metric in rule_rows(rules) | map(attribute='metric') | unique %}
                when {{ quoted(metric) }} then cast(scored.{{ metric }} as decimal(28, 10))
                {%- else %}
                when '' then cast(0 as decimal(28, 10))
                {%- endfor %}
            end as metric_value
        from scored
        inner join conditions on {{ in_force }}
    ) as valued
    group by {{ grain | join(', ') }}
    having count(*) = count(*) filter (
        where metric_value >= coalesce(min_value, metric_value) and metric_value <= coalesce(max_value, metric_value)
    )
{% endmacro %}
