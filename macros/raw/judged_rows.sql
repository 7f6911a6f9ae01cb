{#
    What became of every raw row of a table so far, as one select. The call block says what a row's surroundings add to it:
    given the name of a relation of typed_rows, it selects everything from it and
        effective_on: the business date on which the row counts (null: always),
        quarantine_reason, repair_reason: what is to be said against the row besides its own columns,
        and the columns named in `carried`.
    Gives the typed columns with bad optional values repaired, the carried ones, effective_on, and
        outcome: not_yet_visible (loaded after known_at), quarantined, superseded, or current,
        outcome_reason: why it is quarantined, or what was repaired in a current row,
        raw_row: a quarantined row as it came, as JSON.
    Of the usable rows of a key the greatest loaded_at is current, then the greatest text, column by column.
    Only rows whose key occurs twice are ranked: ranking tens of millions of single rows would cost more than all else.
#}
{% macro judged_rows(table_name, carried=[]) %}
    {%- set placed_rows = caller -%}  {# a call block has a caller of its own #}
    {%- set columns = raw_columns(table_name) -%}
    {%- set as_they_came = '(' ~ rows_as_they_came(table_name, columns) ~ ') as as_it_came' -%}
with repeated_rows as (
        select as_it_came.*
        from {{ as_they_came }}
        semi join (
            select {{ key_hash(columns) }} as key_hash
            from {{ as_they_came }}
            group by 1
            having count(*) > 1
        ) as repeated_hashes on {{ key_hash(columns) }} = repeated_hashes.key_hash
    ),

    judged_repeated_rows as (
        {%- call(rows) judged_repeated_rows(table_name, 'repeated_rows', carried) -%}{{ placed_rows(rows) }}{%- endcall %}
    )

    {% call(rows) judged_single_rows(table_name, 'judged_repeated_rows', carried) -%}{{ placed_rows(rows) }}{%- endcall %}

    union all

    select *
    from judged_repeated_rows
{% endmacro %}

{# The same of the rows of some keys alone, each of which is given with all its rows. rows: the name of a relation of them, as they came. #}
{% macro judged_repeated_rows(table_name, rows, carried) %}
    {%- set columns = raw_columns(table_name) -%}
    {%- set keys, texts = ['verdict'], [] -%}
    {%- for column in columns -%}
        {%- if column.key -%}{%- do keys.append(column.name) -%}{%- endif -%}
        {%- if column.name != 'loaded_at' -%}{%- do texts.append('cast(raw_' ~ column.name ~ ' as string) desc nulls last') -%}{%- endif -%}
    {%- endfor %}
        with typed_repeated_rows as (
            {{- typed_rows(columns, rows) }}
        ),

        placed_repeated_rows as (
            {{- caller('typed_repeated_rows') }}),

        with_verdict as (
            select *, {{ verdict(columns) }} as verdict
            from placed_repeated_rows
        ),

        versions as (
            select
                *,
                row_number() over (
                    partition by {{ keys | join(', ') }}
                    order by coalesce(loaded_at, timestamp '1970-01-01 00:00:00') desc, {{ texts | join(', ') }}
                ) as version_rank
            from with_verdict
        ),

        with_outcome as (
            select *, case when verdict = 'current' and version_rank > 1 then 'superseded' else verdict end as outcome
            from versions
        )

        {{ with_reasons(columns, carried) }}
        from with_outcome
{% endmacro %}

{# The same of all other rows of the table, each of which is the only one of its key. but_for: the name of a relation of judged_repeated_rows. #}
{% macro judged_single_rows(table_name, but_for, carried) %}
    {%- set columns = raw_columns(table_name) -%}
    {%- set keys = columns | selectattr('key', 'defined') | map(attribute='name') | list -%}
    select *
    from (
        with typed_rows as (
            {{- typed_rows(columns, '(' ~ rows_as_they_came(table_name, columns) ~ ') as as_it_came') }}
        ),

        placed_rows as (
            {{- caller('typed_rows') }}),

        with_outcome as (
            select *, {{ verdict(columns) }} as outcome
            from placed_rows
            anti join (select distinct {{ keys | join(', ') }} from {{ but_for }}) as repeated_keys
                on
                    {%- for key in keys %}
                    placed_rows.{{ key }} is not distinct from repeated_keys.{{ key }}{{ ' and' if not loop.last }}
                    {%- endfor %}
        )

        {{ with_reasons(columns, carried) }}
        from with_outcome
    ) as single_rows
{% endmacro %}

{# What a row comes to, as the beginning of a select: its columns, its outcome and the reason for it. #}
{% macro with_reasons(columns, carried) -%}
    {%- set words = ref('accepted_values') -%}  {# named here because dbt looks for refs before it knows the columns #}
    {%- set given = {} -%}
    {%- for column in columns -%}{%- do given.update({column.name: 'cast(raw_' ~ column.name ~ ' as string)'}) -%}{%- endfor -%}
        select
            {%- for column in columns %}
            {{ repaired(column) }} as {{ column.name }},
            {%- endfor %}
            {%- for column in carried %}
            {{ column }},
            {%- endfor %}
            effective_on,
            outcome,
            case
                when outcome = 'quarantined' then coalesce({{ first_fault(columns, quarantines=true) }}, quarantine_reason)
                when outcome = 'current' then coalesce({{ first_fault(columns, quarantines=false) }}, repair_reason)
            end as outcome_reason,
            case when outcome = 'quarantined' then {{ row_as_json(given) }} end as raw_row
{%- endmacro %}

{# What a row is on its own, before its other versions are looked at. #}
{% macro verdict(columns) -%}
    case
            when {{ is_not_visible() }} then 'not_yet_visible'
            when quarantine_reason is not null or {{ any_fault(columns) }} then 'quarantined'
            else 'current'
        end
{%- endmacro %}

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
