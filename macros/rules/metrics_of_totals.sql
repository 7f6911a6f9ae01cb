{#
    The metrics that follow from what a window adds up to, as columns: purchases and contacts are the names of relations that
    hold these sums; whoever had no contact may have no row of contacts.
#}
{% macro metrics_of_totals(purchases, contacts) -%}
    {{ purchases }}.cost_of_goods,
    cast({{ purchases }}.monetary - {{ purchases }}.cost_of_goods as decimal(18, 2)) as gross_profit,
    coalesce({{ contacts }}.service_cost, 0) as service_cost,
    {{ purchases }}.shipping_cost,
    cast({{ purchases }}.monetary - {{ purchases }}.cost_of_goods - coalesce({{ contacts }}.service_cost, 0) - {{ purchases }}.shipping_cost as decimal(18, 2)) as net_profit,
    {{ purchases }}.cost_coverage,
    coalesce({{ contacts }}.interactions, 0) as interactions,
    coalesce({{ contacts }}.inbound, 0) as inbound,
    coalesce({{ contacts }}.outbound, 0) as outbound,
    coalesce({{ contacts }}.complaints, 0) as complaints,
    coalesce({{ contacts }}.events_attended, 0) as events_attended,
    coalesce({{ contacts }}.campaign_touches, 0) as campaign_touches,
    coalesce({{ contacts }}.campaign_responses, 0) as campaign_responses,
    coalesce({{ contacts }}.referrals, 0) as referrals,
    coalesce({{ contacts }}.converted_referrals, 0) as converted_referrals,
    case when {{ contacts }}.satisfaction_answers > 0 then {{ ratio('cast(cast(' ~ contacts ~ '.satisfaction_total as decimal(20, 4)) * 10000 as bigint)', '(10000 * cast(' ~ contacts ~ '.satisfaction_answers as bigint))') }} end as satisfaction
{%- endmacro %}
