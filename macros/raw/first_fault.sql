{# The first reason that applies to a typed row among its own columns' faults, quarantining ones or repairing ones; null where there is none. #}
{% macro first_fault(columns, quarantines) %}
    {%- set branches = [] -%}
    {%- for kind in ['missing_key', 'missing_', 'unparseable_', 'unknown_', 'out_of_range_'] -%}
        {%- for fault in faults_of(columns, quarantines) -%}
            {%- set is_kind = fault.kind == kind if kind == 'missing_key' else fault.kind != 'missing_key' and fault.kind.startswith(kind) -%}
            {%- if is_kind -%}{%- do branches.append("when " ~ fault.condition ~ " then '" ~ fault.kind ~ "'") -%}{%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not branches -%}cast(null as string){%- else -%}
    case
                {{ branches | join('\n                ') }}
            end
    {%- endif -%}
{% endmacro %}

{# True where a typed row has a fault that quarantines it; null or false where not. The same conditions in any order. #}
{% macro any_fault(columns) %}
    {%- set conditions = faults_of(columns, quarantines=true) | map(attribute='condition') | list -%}
    {{ conditions | join('\n                or ') or 'false' }}
{%- endmacro %}

{# The faults of all columns that quarantine, or that repair, column by column. #}
{% macro faults_of(columns, quarantines) %}
    {%- set faults = [] -%}
    {%- for column in columns -%}
        {%- for fault in column_faults(column) if fault.quarantines == quarantines -%}{%- do faults.append(fault) -%}{%- endfor -%}
    {%- endfor -%}
    {{ return(faults) }}
{% endmacro %}
