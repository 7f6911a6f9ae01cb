-- Money is decimal from the raw row to the mart, and every type is one that any reader knows. Read from the catalogue: contracts cover the marts only as declared.
-- depends_on: {{ ref('customer_tier') }}, {{ ref('customer_tier_history') }}, {{ ref('tier_migration') }}, {{ ref('customer_classes') }}, {{ ref('data_quality') }}, {{ ref('revenue_bridge') }}
-- depends_on: {{ ref('fct_customer_reviews') }}, {{ ref('fct_score_breakpoints') }}, {{ ref('fct_tier_reviews') }}, {{ ref('fct_customer_classes') }}
{% set wrong = [] %}
{% if execute %}
    {% for node in graph.nodes.values() if node.resource_type == 'model' and (node.path.startswith('marts') or node.path.startswith('facts')) %}
        {% for column in adapter.get_columns_in_relation(adapter.get_relation(node.database, node.schema, node.name)) %}
            {% if not modules.re.fullmatch('varchar|string|date|boolean|integer|int|bigint|decimal.*', column.dtype | lower) %}
                {% do wrong.append([node.name, column.name, column.dtype]) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
{% endif %}

{%- for table_name, column_name, type in wrong %}
select {{ quoted(table_name) }} as table_name, {{ quoted(column_name) }} as column_name, {{ quoted(type) }} as data_type
{{ 'union all' if not loop.last }}
{%- else %}
select cast(null as string) as table_name, cast(null as string) as column_name, cast(null as string) as data_type
where false
{%- endfor %}
