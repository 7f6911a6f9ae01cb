{#
    Of these ways (see tier_ways) the number of the one to the next tier that can be earned above the rank tier_rank, null if there is none:
    of its alternatives in the version rules_version the one with the fewest conditions on metrics without a value, of these the one
    with the fewest unmet, of several the first. Nobody can say how far off is what was never measured.
#}
{% macro nearest_way(ways) -%}
    case
        {%- for version, of_version in ways | groupby('version') %}
        when rules_version = '{{ version }}' then
            case
                {%- for rank, of_rank in of_version | groupby('tier_rank') %}
                {%- set unmet = [] -%}
                {%- for way in of_rank -%}
                    {%- set tests = [] -%}
                    {%- for condition in way.conditions -%}{%- do tests.append('case when ' ~ condition_met(condition) ~ ' then 0 when ' ~ condition.metric ~ ' is null then 100 else 1 end') -%}{%- endfor -%}
                    {%- do unmet.append('10000 * (' ~ tests | join(' + ') ~ ') + ' ~ way.number) -%}
                {%- endfor %}
                when tier_rank < {{ rank }} then {{ of_rank[0].number if of_rank | length == 1 else 'least(' ~ unmet | join(', ') ~ ') % 10000' }}
                {%- endfor %}
            end
        {%- else %}
        when false then 0
        {%- endfor %}
    end
{%- endmacro %}
