{#
    What became of every raw row so far, from a CTE `placed`: typed_rows plus
        effective_on: the business date on which the row counts (null: always),
        quarantine_reason, repair_reason: what the row's surroundings say against it, after its own columns.
    Gives the typed columns with bad optional values repaired, `carried` columns of `placed`, effective_on, and
        outcome: not_yet_visible (loaded after known_at), quarantined, superseded, or current,
        outcome_reason: why it is quarantined, or what was repaired in a current row,
        raw_row: a quarantined row as it came, as JSON.
    Of the usable rows of a key the greatest loaded_at is current, then the greatest text, column by column.
    Only keys that occur twice are ranked: ranking tens of millions of single rows would cost more than all else.
#}
{% macro judged_rows(table_name, carried=[]) %}
    {%- set columns = raw_columns(table_name) -%}
    {%- set keys, given, ranks = [], {}, [] -%}
    {%- for column in columns -%}
        {%- do given.update({column.name: 'raw_' ~ column.name}) -%}
        {%- if column.key -%}{%- do keys.append(column.name) -%}{%- endif -%}
        {%- if column.name != 'loaded_at' -%}
            {%- do ranks.append('cast(raw_' ~ column.name ~ ' as string) desc nulls last') -%}
        {%- endif -%}
    {%- endfor -%}
    repeated_keys as (
        select {{ row_hash(keys) if execute }} as key_hash
        from ({{ typed_rows(table_name, only_keys=true) }}) as keys_only
        group by 1
        having count(*) > 1
    ),

    judged as {{ read_once_each() }} (
        select
            *,
            {{ row_hash(keys) if execute }} as key_hash,
            case
                when {{ is_not_visible() }} then 'not_yet_visible'
                when coalesce(own_quarantine_reason, quarantine_reason) is not null then 'quarantined'
                else 'current'
            end as verdict
        from (
            select
                *,
                {{ first_fault(table_name, quarantines=true) }} as own_quarantine_reason,
                {{ first_fault(table_name, quarantines=false) }} as own_repair_reason
            from placed
        ) as reasoned
    ),

    versions as (
        select judged.*, 1 as version_rank
        from judged
        anti join repeated_keys on judged.key_hash = repeated_keys.key_hash

        union all

        select
            judged.*,
            row_number() over (
                partition by {{ (keys + ['verdict']) | join(', ') }}
                order by coalesce(loaded_at, timestamp '1970-01-01 00:00:00') desc, {{ ranks | join(', ') }}
            ) as version_rank
        from judged
        semi join repeated_keys on judged.key_hash = repeated_keys.key_hash
    )

    select
        {%- for column in columns %}
        {{ repaired(column) }} as {{ column.name }},
        {%- endfor %}
        {%- for column in carried %}
        {{ column }},
        {%- endfor %}
        effective_on,
        case when verdict = 'current' and version_rank > 1 then 'superseded' else verdict end as outcome,
        case
            when verdict = 'quarantined' then coalesce(own_quarantine_reason, quarantine_reason)
            when verdict = 'current' and version_rank = 1 then coalesce(own_repair_reason, repair_reason)
        end as outcome_reason,
        case when verdict = 'quarantined' then {{ row_as_json(given) }} end as raw_row
    from versions
{% endmacro %}

{# Loaded after known_at: as of then, the row did not exist. #}
{% macro is_not_visible() -%}
    {%- if var('known_at') is none -%}false{%- else -%}coalesce(loaded_at > {{ to_utc(quoted(var('known_at'))) }}, false){%- endif -%}
{%- endmacro %}

{# A typed column of a row that counts: what is wrong but does not quarantine becomes null, or the word for all others. #}
{% macro repaired(column) %}
    {%- if column.type == 'listed' and (column.otherwise or not column.quarantines) -%}
        case when {{ column.name }} not in ({{ listed_values(column) }}) then {{ quoted(column.otherwise) if column.otherwise else 'null' }} else {{ column.name }} end
    {%- elif column.type == 'score' and not column.quarantines -%}
        case when {{ column.name }} between {{ column.at_least }} and {{ column.at_most }} then {{ column.name }} end
    {%- else -%}
        {{ column.name }}
    {%- endif -%}
{% endmacro %}
