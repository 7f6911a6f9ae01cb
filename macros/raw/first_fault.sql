{# The first reason that applies to a typed row among its own columns' faults, quarantining ones or repairing ones; null where there is none. #}
{% macro first_fault(table_name, quarantines) %}
    {%- set branches = [] -%}
    {%- set columns = raw_columns(table_name) -%}
    {%- for kind in ['missing_key', 'missing_', 'unparseable_', 'unknown_', 'out_of_range_'] -%}
        {%- for column in columns -%}
            {%- for fault in column_faults(column) -%}
                {%- set is_kind = fault.kind == kind if kind == 'missing_key' else fault.kind != 'missing_key' and fault.kind.startswith(kind) -%}
                {%- if is_kind and fault.quarantines == quarantines -%}
                    {%- do branches.append("when " ~ fault.condition ~ " then '" ~ fault.kind ~ "'") -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not branches -%}cast(null as string){%- else -%}
    case
            {{ branches | join('\n            ') }}
        end
    {%- endif -%}
{% endmacro %}
