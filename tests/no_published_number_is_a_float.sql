-- Money is decimal from the raw row to the mart, and every type is one that any reader knows. Read from the catalogue, whatever is declared.
-- depends_on: {{ ref('customer_tier') }}, {{ ref('customer_tier_history') }}, {{ ref('tier_migration') }}, {{ ref('customer_classes') }}
-- depends_on: {{ ref('data_quality') }}, {{ ref('revenue_bridge') }}, {{ ref('fct_customer_reviews') }}, {{ ref('fct_customer_classes') }}
-- depends_on: {{ ref('fct_score_breakpoints') }}, {{ ref('fct_tier_reviews') }}, {{ ref('fct_customer_clv') }}
-- depends_on: {{ ref('clv_parameters') }}, {{ ref('clv_validation') }}
-- depends_on: {{ ref('fct_customer_composite') }}, {{ ref('churn_warning') }}, {{ ref('customer_priority') }}
-- depends_on: {{ ref('fct_customer_clusters') }}, {{ ref('customer_clusters') }}, {{ ref('product_affinity') }}, {{ ref('next_best_product') }}
{%- set wrong = [] -%}
{%- for node in graph.nodes.values() if execute and node.resource_type == 'model' and node.path.split('/')[0] in ['facts', 'marts'] -%}
{%- for column in adapter.get_columns_in_relation(adapter.get_relation(node.database, node.schema, node.name)) -%}
{%- if not modules.re.fullmatch('varchar|string|date|boolean|integer|int|bigint|decimal.*', column.dtype | lower) -%}
{%- do wrong.append(node.name ~ '.' ~ column.name ~ ' is ' ~ column.dtype) -%}
{%- endif -%}
{%- endfor -%}
{%- endfor %}

{% for column in wrong -%}
select {{ quoted(column) }} as problem
{{ 'union all\n' if not loop.last }}
{%- else -%}
select cast(null as string) as problem
where false
{%- endfor %}
