{# The ten raw tables, in the order in which the documentation names them. #}
{% macro raw_table_names() %}
    {{ return(['customers', 'products', 'orders', 'order_items', 'refunds', 'interactions', 'campaign_members', 'assessments', 'exchange_rates', 'tier_overrides']) }}
{% endmacro %}
